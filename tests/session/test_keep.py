"""A grade goes to the results file at once and to the history, whoever made it."""

import asyncio
from pathlib import Path

import pytest

from grader.errors import LedgerFailed
from grader.ledger.ledger import Ledger
from grader.record import Cause, Grade
from grader.session.keep import KeptTogether, keep_in
from grader.session.result_lines import read_grades
from grader.session.results import Results
from tests.support.records import record

GRADE = record()


def numbered(count: int) -> list[Grade]:
    return [GRADE.model_copy(update={"answer_id": f"a{n}"}) for n in range(count)]


@pytest.mark.parametrize("together", [True, False])
def test_every_grade_is_in_the_results_and_in_the_history(
    ledger: Ledger, tmp_path: Path, together: bool
) -> None:
    results = Results(tmp_path / "out.jsonl", GRADE.judge)

    async def work() -> None:
        kept = KeptTogether(results, ledger)
        keep = kept.keep if together else keep_in(results, ledger)
        for grade in numbered(20):
            await keep(grade)
        await kept.finish()

    asyncio.run(work())
    names = [grade.answer_id for grade in numbered(20)]
    assert [grade.answer_id for grade in ledger.grades()] == names
    assert [grade.answer_id for grade in results.grades()] == names
    results.close()


def test_grades_that_come_one_by_one_do_not_wait_for_a_commit_each(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    async def work() -> None:
        written = asyncio.Event()

        async def slow(grade: Grade) -> None:
            begun.append(grade.answer_id)
            await written.wait()

        monkeypatch.setattr(ledger, "add_grade", slow)
        kept = KeptTogether(None, ledger)
        for grade in numbered(100):
            await kept.keep(grade)
        assert len(begun) == 100
        written.set()
        await kept.finish()

    asyncio.run(asyncio.wait_for(work(), 20))


def test_a_history_that_cannot_be_written_is_told_at_the_end(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: Grade) -> None:
        raise LedgerFailed("the disk is full")

    async def work() -> None:
        kept = KeptTogether(None, ledger)
        await kept.keep(GRADE)
        with pytest.raises(LedgerFailed):
            await kept.finish()

    monkeypatch.setattr(ledger, "add_grade", full)
    asyncio.run(work())


def test_what_a_run_leaves_ungraded_stays_in_its_file_and_goes_when_the_next_begins(
    tmp_path: Path,
) -> None:
    lost = {"verdict": None, "cause": Cause.NOT_JSON}
    points = tuple(point.model_copy(update=lost) for point in GRADE.key_points)
    ungraded = GRADE.model_copy(update={"answer_id": "b", "key_points": points})
    path = tmp_path / "out.jsonl"
    results = Results(path, GRADE.judge)
    for grade in (GRADE, ungraded, GRADE):  # one that replaces has the file written anew
        results.append(grade)
    results.finish()
    results.close()
    assert sorted(g.answer_id for g in read_grades(path)) == sorted([GRADE.answer_id, "b"])
    again = Results(path, GRADE.judge)
    again.close()
    assert [g.answer_id for g in read_grades(path)] == [GRADE.answer_id]

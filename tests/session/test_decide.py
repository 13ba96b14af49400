"""Decisions are appended to the records in a results file, and no run takes them away."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.decision import decided
from grader.errors import BadInput, OutFailed
from grader.ledger.decisions import AnswerRef, with_earlier_decisions
from grader.ledger.ledger import Ledger
from grader.ledger.merge import merge
from grader.record import Cause, Grade, MisconceptionGrade, Override, PointGrade, Verdict
from grader.session.decide import (
    AnswerDecision,
    DecidedMeanwhile,
    decide_in_file,
    decide_in_history,
    decision_of,
)
from grader.session.result_lines import read_grades
from grader.session.results import Results, open_results
from tests.support.records import record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MET = Override(key_point="broadcast", verdict=Verdict.MET, by="Ana", reason="aloud", at=NOON)


def write(path: Path, grades: Sequence[Grade]) -> Path:
    path.write_text("".join(g.to_json() + "\n" for g in grades), encoding="utf-8")
    return path


def named(*ids: str) -> list[Grade]:
    return [record(text=f"text of {name}", answer_id=name) for name in ids]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return write(tmp_path / "out.jsonl", named("a", "b", "c"))


def on(answer: str, question: str | None = None) -> AnswerDecision:
    return AnswerDecision(answer, MET, question)


def percents(path: Path) -> list[float | None]:
    return [decided(grade).score.percent for grade in read_grades(path)]


def test_only_the_line_that_is_decided_on_changes_and_the_judges_verdict_stays(out: Path) -> None:
    before = out.read_bytes().splitlines()
    (moved,) = decide_in_file(out, [on("b")])
    after = out.read_bytes().splitlines()
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False, True]
    assert (moved.before.overrides, moved.after.overrides) == ((), (MET,))
    assert [*read_grades(out)][1].key_points == moved.before.key_points
    assert percents(out) == [58.3, 91.7, 58.3]


def test_an_answer_is_known_by_the_start_of_its_digest_too(out: Path) -> None:
    digest = named("c")[0].digests.answer
    decide_in_file(out, [on(digest.removeprefix("sha256:")[:8])])
    decide_in_file(out, [on(digest)])
    assert [len(grade.overrides) for grade in read_grades(out)] == [0, 0, 2]


def test_a_last_line_that_was_cut_off_and_blank_lines_stay_as_they_are(out: Path) -> None:
    torn = out.read_bytes() + b"\n" + out.read_bytes()[:100]
    out.write_bytes(torn)
    decide_in_file(out, [on("a")])
    assert out.read_bytes().endswith(b"\n\n" + torn[:100])


@pytest.mark.parametrize(
    ("decision", "complaint"),
    [
        (on("d"), "no answer d in"),
        (on("a", "warp-divergence"), "no answer a to warp-divergence in"),
        (AnswerDecision("a", MET.model_copy(update={"key_point": "x"})), "--point x: the grade"),
    ],
)
def test_what_is_not_there_is_named_and_the_file_is_left_alone(
    out: Path, decision: AnswerDecision, complaint: str
) -> None:
    before = out.read_bytes()
    with pytest.raises(BadInput, match=complaint):
        decide_in_file(out, [on("a"), decision])
    assert out.read_bytes() == before
    assert [*out.parent.iterdir()] == [out]


def test_an_id_under_two_questions_and_a_digest_of_two_answers_need_a_word_more(
    tmp_path: Path,
) -> None:
    other = record(text="text of a", answer_id="a", question="warp-divergence")
    path = write(tmp_path / "r.jsonl", [*named("a"), other, record(text="same", answer_id="x")])
    with pytest.raises(BadInput, match="is to bank-conflict and warp-divergence: add --q ID"):
        decide_in_file(path, [on("a")])
    decide_in_file(path, [on("a", "bank-conflict")])
    assert percents(path) == [91.7, 58.3, 58.3]
    twice = write(tmp_path / "t.jsonl", [record(answer_id="x"), record(answer_id="y")])
    with pytest.raises(BadInput, match=r"may be several answers in .*: name one of x, y"):
        decide_in_file(twice, [on(record().digests.answer[:20])])


def test_a_file_that_a_run_is_writing_is_left_to_it(out: Path) -> None:
    results = Results(out, record().judge)
    with pytest.raises(OutFailed, match="another run is writing it"):
        decide_in_file(out, [on("a")])
    results.close()
    decide_in_file(out, [on("a")])


def test_a_line_that_is_no_record_is_named(out: Path) -> None:
    out.write_bytes(out.read_bytes() + b"{}\n")
    with pytest.raises(BadInput, match=r"out.jsonl:4: not a record of grade"):
        decide_in_file(out, [on("a")])


def graded_again(out: Path, *grades: Grade) -> Results:
    """A later run over the same file."""
    results = Results(out, record().judge)
    for grade in grades:
        results.append(grade)
    results.finish()
    results.close()
    return results


def test_a_second_run_keeps_decisions_also_where_it_judges_anew(out: Path) -> None:
    decide_in_file(out, [on("b")])
    anew = named("b")[0].model_copy(update={"feedback": "judged again"})
    graded_again(out, anew)
    assert {g.answer_id: decided(g).score.percent for g in read_grades(out)}["b"] == 91.7
    assert len([*read_grades(out)]) == 3


def test_what_the_network_left_open_is_judged_again_and_keeps_what_was_decided(
    tmp_path: Path,
) -> None:
    points = (
        PointGrade(id="broadcast", weight=2, verdict=Verdict.MISSED),
        PointGrade(id="banks", weight=3, verdict=None, cause=Cause.HTTP_ERROR),
    )
    out = write(tmp_path / "out.jsonl", [record(key_points=points)])
    decide_in_file(out, [on("a.txt")])
    before = out.read_bytes()
    results = Results(out, record().judge)
    asked = record()
    digests = asked.digests
    assert (
        results.kept(asked.question, "a.txt", digests.answer, digests.rubric, digests.prompt)
        is None
    )
    assert out.read_bytes() == before, "killed now, the decision is still there"
    results.append(
        record(
            key_points=(
                points[0],
                points[1].model_copy(update={"cause": None, "verdict": Verdict.MET}),
            )
        )
    )
    results.finish()
    results.close()
    (grade,) = read_grades(out)
    assert decided(grade).score.percent == 100
    assert grade.overrides == (MET,)


def test_what_was_open_and_is_decided_counts_as_graded(tmp_path: Path) -> None:
    points = (PointGrade(id="broadcast", weight=2, verdict=None, cause=Cause.HTTP_ERROR),)
    out = write(tmp_path / "out.jsonl", [record(key_points=points)])
    decide_in_file(out, [on("a.txt")])
    results = Results(out, record().judge)
    digests = record().digests
    kept = results.kept(record().question, "a.txt", digests.answer, digests.rubric, digests.prompt)
    results.close()
    assert kept == "graded"


def test_a_decision_on_another_text_is_not_carried_over_but_kept_beside(out: Path) -> None:
    decide_in_file(out, [on("b")])
    before = out.read_bytes().splitlines(keepends=True)[1]
    results = graded_again(out, record(text="rewritten", answer_id="b"))
    assert percents(out) == [58.3, 58.3, 58.3]
    assert results.put_aside == 1
    assert results.aside.read_bytes() == before


def test_a_record_of_another_judge_gets_what_was_decided_on_the_answer(out: Path) -> None:
    decide_in_file(out, [on("b")])
    other = record().judge.model_copy(update={"model": "other"})
    results = Results(out, other, "append")
    written = results.append(named("b")[0].model_copy(update={"judge": other}))
    results.close()
    assert written.overrides == (MET,)


def test_the_history_knows_it_and_takes_the_last_text_of_an_id(ledger: Ledger) -> None:
    for text in ("first", "second"):
        ledger.keep_grade(record(text=text))
    (moved,) = decide_in_history(ledger, [on("a.txt")])
    assert moved.after.digests == record(text="second").digests
    assert [decided(g).score.percent for g in ledger.grades()] == [58.3, 91.7]
    assert [p for (p,) in ledger.query("SELECT percent FROM grade ORDER BY id")] == [58.3, 91.7]


def test_the_history_names_what_it_does_not_have(ledger: Ledger) -> None:
    ledger.keep_grade(record())
    with pytest.raises(BadInput, match=r"no answer b.txt in the history .*; did you mean a.txt\?"):
        decide_in_history(ledger, [AnswerDecision("b.txt", MET)])
    assert decide_in_history(ledger, [on("b")], must_be_there=False) == ()


def test_an_answer_that_is_graded_again_takes_decisions_from_the_history(ledger: Ledger) -> None:
    ledger.keep_grade(record())
    decide_in_history(ledger, [on("a.txt")])
    assert decided(with_earlier_decisions(ledger, record())).score.percent == 91.7
    assert with_earlier_decisions(ledger, record(text="other")).overrides == ()


@pytest.mark.parametrize("first", ["one", "two"])
def test_merged_ledgers_have_the_decisions_of_both_in_any_order(tmp_path: Path, first: str) -> None:
    paths = {name: tmp_path / f"{name}.sqlite" for name in ("one", "two")}
    verdicts = {"one": Verdict.MET, "two": Verdict.PARTIAL}
    for day, (name, path) in enumerate(paths.items()):
        with Ledger(path) as each:
            each.keep_grade(record())
            at = NOON.replace(day=23 + day)
            made = MET.model_copy(update={"verdict": verdicts[name], "at": at, "by": name})
            decide_in_history(each, [AnswerDecision("a.txt", made)])
    second = {"one": "two", "two": "one"}[first]
    with Ledger(paths[first]) as into:
        for _ in range(2):
            merge(into, paths[second])
        (grade,) = into.grades()
        percent = next(into.query("SELECT percent FROM grade"))[0]
    assert [o.by for o in grade.overrides] == ["one", "two"]
    assert decided(grade).key_points[1].verdict is Verdict.PARTIAL
    assert percent == decided(grade).score.percent


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("p", None, "met", " ", "x"), "--by: a decision needs who made it and why"),
        (("p", None, "met", "x", ""), "--why: a decision needs who made it and why"),
        (("p", None, "met", "x", "y" * 2001), "--why: longer than 2,000 characters"),
        (("p", "m", "met", "x", "y"), "either --point ID or --misconception ID"),
        ((None, None, "met", "x", "y"), "either --point ID or --misconception ID"),
        (("p", None, "asserted", "x", "y"), "on a key point choose one of met, partial"),
        ((None, "m", "met", "x", "y"), "on a misconception choose one of asserted, not-asserted"),
    ],
)
def test_a_decision_that_lacks_something_is_refused(
    words: tuple[str, str | None, str, str, str], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        decision_of(*words)


def test_a_misconception_is_decided_alike(tmp_path: Path) -> None:
    held = MisconceptionGrade(id="global-banks", asserted=True, penalty=1)
    out = write(tmp_path / "out.jsonl", [record(misconceptions=(held,))])
    decision = decision_of(None, "global-banks", "not-asserted", "Ana", "quoted only")
    (moved,) = decide_in_file(out, [AnswerDecision("a.txt", decision)])
    assert (moved.before.score.percent, decided(moved.after).score.percent) == (41.7, 58.3)
    assert AnswerRef.of(moved.after) == AnswerRef.of(moved.before)


def test_who_did_not_see_an_earlier_decision_decides_nothing(out: Path) -> None:
    decide_in_file(out, [replace(on("b"), seen=0)])
    before = out.read_bytes()
    with pytest.raises(DecidedMeanwhile, match="answer b meanwhile"):
        decide_in_file(out, [on("a"), replace(on("b"), seen=0)])
    assert out.read_bytes() == before
    decide_in_file(out, [replace(on("b"), seen=1)])
    assert len([*read_grades(out)][1].overrides) == 2


def test_who_is_patient_decides_when_another_process_has_written(out: Path) -> None:
    held = open_results(out)
    ending = threading.Timer(0.2, held.close)
    ending.start()
    assert decide_in_file(out, [on("b")], patience=30)
    ending.join()
    with open_results(out), pytest.raises(OutFailed, match="another run is writing it"):
        decide_in_file(out, [on("b")])

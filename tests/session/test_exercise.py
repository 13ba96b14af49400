"""The steps of a practice: which question is next and why, its draft, its grade, what changed."""

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.errors import EmptyAnswer, ModelFailed, UnknownQuestion
from grader.judge.options import JudgeOptions
from grader.ledger.ledger import Ledger
from grader.record import Digests, Grade, JudgeInfo, PointGrade, Usage, Verdict
from grader.rubric.files import load_rubric
from grader.rubric.format import Rubric
from grader.scoring import total
from grader.session.answered import Answered
from grader.session.exercise import Exercise, NextQuestion, Practised, compare
from grader.session.grader import open_grader
from grader.session.practice import past_attempt
from grader.util.files import data_folder
from tests.support.stub import running

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAMES = ("bank-conflict", "paged-attention", "warp-divergence")
V = Verdict


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three of the shipped questions."""
    place = tmp_path / "rubrics"
    place.mkdir()
    for name in NAMES:
        shutil.copy(data_folder("rubrics") / f"{name}.toml", place)
    return place


@pytest.fixture
def exercise(folder: Path) -> Exercise:
    return Exercise((folder,))


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        yield


def graded(rubric: Rubric, verdict: Verdict | None, days_ago: float, text: str = "") -> Grade:
    points = tuple(
        PointGrade(id=point.id, weight=point.weight, verdict=verdict) for point in rubric.key_points
    )
    at = NOW - timedelta(days=days_ago)
    return Grade(
        question=rubric.id,
        answer_id="a",
        attempted_at=at,
        score=total(points),
        key_points=points,
        judge=JudgeInfo(kind="endpoint", model="m"),
        usage=Usage(),
        digests=Digests(answer=f"sha256:{text or days_ago}", rubric="r", prompt="p"),
        graded_at=at,
        version="0",
    )


def keep(folder: Path, verdicts: Mapping[str, tuple[Verdict | None, float]], ledger: Path) -> None:
    with Ledger(ledger) as opened:
        for name, (verdict, days_ago) in verdicts.items():
            opened.keep_grade(graded(load_rubric(name, (folder,)), verdict, days_ago))


def practise(exercise: Exercise, rubric: Rubric, text: str | None) -> Practised:
    async def grade() -> Practised:
        async with open_grader(JudgeOptions(model="stub")) as grader:
            return await exercise.grade(grader, rubric)

    if text is not None:
        exercise.draft(rubric).save(text)
    return asyncio.run(grade())


def order(exercise: Exercise, now: datetime = NOW) -> list[tuple[str, str]]:
    given: list[NextQuestion] = []
    while coming := exercise.next(now, [each.question for each in given]):
        given.append(coming)
    return [(each.question, each.why) for each in given]


def test_what_is_due_comes_before_what_is_new_and_that_before_what_is_early(
    folder: Path, exercise: Exercise, tmp_path: Path
) -> None:
    tried = {"bank-conflict": (V.MET, 0.5), "warp-divergence": (V.MISSED, 3)}
    keep(folder, tried, tmp_path / "ledger.sqlite")
    assert order(exercise) == [
        ("warp-divergence", "due"),
        ("paged-attention", "new"),
        ("bank-conflict", "early"),
    ]


def test_a_draft_comes_before_everything(folder: Path, exercise: Exercise, tmp_path: Path) -> None:
    keep(folder, {"warp-divergence": (V.MISSED, 3)}, tmp_path / "ledger.sqlite")
    exercise.draft(exercise.rubric("paged-attention")).save("Blocks of\n")
    coming = exercise.next(NOW)
    assert coming is not None
    assert (coming.question, coming.why) == ("paged-attention", "draft")
    assert coming.draft_at is not None


def test_a_question_says_how_much_is_due_and_not_what(
    folder: Path, exercise: Exercise, tmp_path: Path
) -> None:
    keep(folder, {"warp-divergence": (V.CONTRADICTED, 3)}, tmp_path / "ledger.sqlite")
    points = len(exercise.rubric("warp-divergence").key_points)
    coming = exercise.choose("warp-divergence", NOW)
    assert (coming.why, coming.due, coming.missed) == ("asked", points, points)
    assert coming.tried_at == NOW - timedelta(days=3)


def test_a_question_of_which_nothing_could_be_graded_is_still_new(
    folder: Path, exercise: Exercise, tmp_path: Path
) -> None:
    keep(folder, {"bank-conflict": (None, 3)}, tmp_path / "ledger.sqlite")
    assert order(exercise)[0] == ("bank-conflict", "new")


def test_a_key_point_that_the_rubric_no_longer_has_makes_nothing_due(
    folder: Path, exercise: Exercise, tmp_path: Path
) -> None:
    rubric = load_rubric("bank-conflict", (folder,))
    gone = graded(rubric, V.MISSED, 3).model_copy(
        update={"key_points": (PointGrade(id="gone", weight=3, verdict=V.MISSED),)}
    )
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.keep_grade(gone)
    assert {why for _, why in order(exercise)} == {"new"}


def test_a_mistyped_question_is_answered_with_the_nearest(exercise: Exercise) -> None:
    with pytest.raises(UnknownQuestion, match="did you mean bank-conflict"):
        exercise.choose("bank-conflct", NOW)


def test_a_broken_rubric_is_named_and_the_others_are_asked(folder: Path) -> None:
    (folder / "bank-conflict.toml").write_text("schema = 7\n")
    exercise = Exercise((folder,))
    assert [name for name, _ in order(exercise)] == ["paged-attention", "warp-divergence"]
    assert "bank-conflict.toml" in str(exercise.faults[0])


@pytest.mark.usefixtures("stub")
def test_a_graded_draft_is_gone_and_the_next_attempt_is_compared_with_it(
    exercise: Exercise,
) -> None:
    rubric = exercise.rubric("bank-conflict")
    first = practise(exercise, rubric, "Shared memory has 32 banks.\n")
    assert first.change is None
    assert first.due_at is not None
    assert not exercise.draft(rubric).is_written
    second = practise(exercise, rubric, "Two lanes meet in one bank.\n")
    assert second.change is not None
    assert (second.change.before, second.change.after) == (first.grade.score, second.grade.score)
    was = {point.id: point.verdict for point in first.grade.key_points}
    now = {point.id: point.verdict for point in second.grade.key_points}
    assert {p.id: (p.before, p.after) for p in second.change.points} == {
        name: (was[name], now[name]) for name in was if was[name] != now[name]
    }


@pytest.mark.usefixtures("stub")
def test_an_answer_that_could_not_be_graded_is_kept_and_is_the_same_attempt_again(
    exercise: Exercise, tmp_path: Path
) -> None:
    rubric = exercise.rubric("bank-conflict")
    answer = "32 banks. stub:not-json\n"
    failed = practise(exercise, rubric, answer)
    assert failed.draft_kept
    assert exercise.draft(rubric).text() == answer
    again = practise(exercise, rubric, None)
    assert again.grade.attempted_at == failed.grade.attempted_at
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert len({grade.attempted_at for grade in ledger.grades()}) == 1


@pytest.mark.usefixtures("stub")
def test_an_endpoint_that_refuses_costs_no_answer(exercise: Exercise) -> None:
    rubric = exercise.rubric("bank-conflict")
    with pytest.raises(ModelFailed):
        practise(exercise, rubric, "32 banks. stub:401\n")
    assert exercise.draft(rubric).text() == "32 banks. stub:401\n"


@pytest.mark.usefixtures("stub")
def test_the_same_words_some_time_later_are_another_attempt(
    exercise: Exercise, tmp_path: Path
) -> None:
    rubric = exercise.rubric("bank-conflict")
    for _ in range(2):
        practise(exercise, rubric, "Shared memory has 32 banks.\n")
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert len({grade.attempted_at for grade in ledger.grades()}) == 2


@pytest.mark.usefixtures("stub")
def test_nothing_written_is_nothing_graded(exercise: Exercise, tmp_path: Path) -> None:
    with pytest.raises(EmptyAnswer):
        practise(exercise, exercise.rubric("bank-conflict"), "\n")
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert not list(ledger.grades())


def test_only_what_was_graded_both_times_can_have_changed(bank_conflict: Rubric) -> None:
    before, after = (past_attempt(graded(bank_conflict, v, 1)) for v in (None, V.MET))
    assert compare(before, after).points == ()


def test_all_questions_stand_in_the_order_in_which_they_come_up(
    folder: Path, exercise: Exercise, tmp_path: Path
) -> None:
    tried = {"bank-conflict": (V.MET, 0.5), "warp-divergence": (V.MISSED, 3)}
    keep(folder, tried, tmp_path / "ledger.sqlite")
    assert [(each.question, each.why) for each in exercise.plan(NOW)] == order(exercise)


def test_an_attempt_can_be_read_again_with_its_text_and_evidence(
    exercise: Exercise, stub: None
) -> None:
    rubric = exercise.rubric("bank-conflict")
    practise(exercise, rubric, "Banks of 4 bytes.\n")
    practise(exercise, rubric, "共享内存分成 32 个 bank。\n")
    first, second = exercise.attempts(rubric)
    assert exercise.text(first) == "Banks of 4 bytes.\n"
    text = exercise.text(second)
    assert text == "共享内存分成 32 个 bank。\n"
    pieces = [piece for point in second.key_points for piece in point.evidence]
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)


def test_of_an_attempt_from_elsewhere_only_the_record_is_there(
    folder: Path, exercise: Exercise, tmp_path: Path
) -> None:
    keep(folder, {"bank-conflict": (V.MET, 3)}, tmp_path / "ledger.sqlite")
    (only,) = exercise.attempts(exercise.rubric("bank-conflict"))
    assert exercise.text(only) is None


def test_a_record_names_no_file_outside_of_the_folder_of_answers(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    rubric = load_rubric("bank-conflict", (data_folder("rubrics"),))
    odd = graded(rubric, V.MET, 1).model_copy(
        update={"digests": Digests(answer="sha256:../secret", rubric="r", prompt="p")}
    )
    assert Answered(tmp_path / "answers").text(odd) is None


def test_each_verdict_is_told_while_an_answer_is_graded(exercise: Exercise, stub: None) -> None:
    rubric, told = exercise.rubric("bank-conflict"), list[str]()
    exercise.draft(rubric).save("Banks of 4 bytes.\n")

    async def grade() -> Practised:
        async with open_grader(JudgeOptions(model="stub")) as grader:
            return await exercise.grade(grader, rubric, lambda graded: told.append(graded.id))

    practised = asyncio.run(grade())
    assert {point.id for point in practised.grade.key_points} <= set(told)

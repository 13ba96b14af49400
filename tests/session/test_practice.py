"""Attempts are compared over weeks, and what was missed comes back first."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from grader.cli.app import app
from grader.ledger.ledger import Ledger
from grader.record import Digests, Grade, JudgeInfo, PointGrade, Usage, Verdict
from grader.scoring import total
from grader.session.practice import INTERVALS_DAYS, as_json, histories, next_up, weakest

START = datetime(2026, 10, 1, 12, tzinfo=UTC)
V = Verdict


def attempt(
    day: float,
    verdicts: dict[str, Verdict | None],
    question: str = "bank-conflict",
    text: str | None = None,
    candidate: str | None = None,
    regraded: int = 0,
) -> Grade:
    points = tuple(
        PointGrade(id=name, weight=3 if name == "core" else 1, verdict=verdict)
        for name, verdict in verdicts.items()
    )
    when = START + timedelta(days=day)
    digest = f"sha256:{text or day}"
    return Grade(
        question=question,
        answer_id=f"{question}-{day}",
        candidate=candidate,
        attempted_at=when,
        score=total(points),
        key_points=points,
        judge=JudgeInfo(kind="endpoint", model="m"),
        usage=Usage(),
        digests=Digests(answer=digest, rubric="r", prompt="p"),
        graded_at=when + timedelta(days=regraded),
        version="0",
    )


def test_what_was_missed_is_due_at_once_and_what_was_met_later_each_time() -> None:
    grades = [attempt(0, {"core": V.MET, "more": V.MISSED})]
    for row, days in enumerate(INTERVALS_DAYS[1:], start=1):
        (found,) = histories(grades)
        core, more = found.points
        latest = found.attempts[-1].at
        assert core.in_a_row == row
        assert core.due == latest + timedelta(days=days)
        assert more.due == latest
        assert more.missed_at == latest
        grades.append(attempt(10.0 * row, {"core": V.MET, "more": V.MISSED}))


def test_a_miss_sends_a_key_point_back_to_the_beginning() -> None:
    grades = [attempt(day, {"core": v}) for day, v in enumerate([V.MET, V.MET, V.PARTIAL, V.MET])]
    (core,) = histories(grades)[0].points
    assert core.verdicts == (V.MET, V.MET, V.PARTIAL, V.MET)
    assert core.in_a_row == 1
    assert core.missed_at == START + timedelta(days=2)


def test_an_ungraded_point_neither_helps_nor_harms() -> None:
    (core,) = histories([attempt(0, {"core": V.MET}), attempt(1, {"core": None})])[0].points
    assert core.in_a_row == 1
    assert core.seen_at == START


def test_the_same_answer_graded_again_is_one_attempt_with_its_latest_grade() -> None:
    first = attempt(0, {"core": V.MISSED}, text="same")
    again = attempt(0, {"core": V.MET}, text="same", regraded=3)
    (found,) = histories([first, again])
    assert len(found.attempts) == 1
    assert found.points[0].verdicts == (V.MET,)


def test_the_most_overdue_question_comes_first_and_what_is_not_due_not_at_all() -> None:
    now = START + timedelta(days=2)
    grades = [
        attempt(0, {"core": V.MET, "more": V.MISSED}, "half-known"),
        attempt(0, {"core": V.MISSED, "more": V.MISSED}, "unknown"),
        attempt(2, {"core": V.MET, "more": V.MET}, "fresh"),
    ]
    found = histories(grades)
    assert [q.id for q in next_up(found, now)] == ["unknown", "half-known"]
    (half,) = (q for q in found if q.id == "half-known")
    assert [p.id for p in half.due(now)] == ["core", "more"]
    assert [q["question"] for q in json.loads(as_json(found, now))][-1] == "fresh"


def test_the_weakest_points_are_those_missed_often_and_not_met_since() -> None:
    grades = [
        attempt(0, {"core": V.MISSED, "more": V.CONTRADICTED, "learnt": V.MISSED}),
        attempt(1, {"core": V.PARTIAL, "more": V.MISSED, "learnt": V.MET}),
    ]
    assert [(p.id, p.misses) for p in weakest(histories(grades))] == [("core", 2), ("more", 2)]


def test_candidates_are_told_apart() -> None:
    grades = [
        attempt(0, {"core": V.MET}, candidate="alice"),
        attempt(1, {"core": V.MISSED}, candidate="bob"),
    ]
    assert histories(grades, "alice")[0].points[0].verdicts == (V.MET,)
    assert histories(grades, "carol") == ()


def test_a_rubric_that_changed_shows_the_points_of_the_latest() -> None:
    grades = [attempt(0, {"old": V.MET}), attempt(1, {"core": V.MET})]
    (found,) = histories(grades)
    assert [(p.id, p.verdicts) for p in found.points] == [("core", (None, V.MET))]


def test_the_command_compares_the_attempts_in_the_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.keep_grade(attempt(0, {"core": V.MISSED, "more": V.MET}))
        ledger.keep_grade(attempt(9, {"core": V.MET, "more": V.MET}))
    whole = CliRunner().invoke(app, ["progress"])
    assert whole.exit_code == 0, whole.output
    assert "Practise next" in whole.output
    one = CliRunner().invoke(app, ["progress", "--q", "bank-conflict"])
    assert "2026-10-10" in one.output
    core = next(line for line in one.output.splitlines() if line.startswith("core"))
    assert "○" in core
    assert "✓" in core
    due = CliRunner().invoke(app, ["progress", "--json", "--lang", "zh"])
    assert json.loads(due.output)[0]["key_points"][0]["verdicts"] == ["missed", "met"]


def test_an_empty_ledger_says_what_to_do_first() -> None:
    done = CliRunner().invoke(app, ["progress"])
    assert done.exit_code == 2
    assert "grade an answer" in done.output

"""What stands beside a question and beside its grade, in both languages."""

from datetime import UTC, datetime

import pytest

from grader.record import Verdict
from grader.report.blocks import Grid, Heading, Line
from grader.report.exercise import change_blocks, question_blocks
from grader.session.exercise import AttemptChange, NextQuestion, PointChange, Practised
from tests.support.records import RUBRIC, record

WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def shown(coming: NextQuestion, language: str) -> str:
    parts = question_blocks(coming, RUBRIC, language)
    return "\n".join(part.text for part in parts if not isinstance(part, Grid))


@pytest.mark.parametrize(
    ("language", "due", "new", "early", "draft"),
    [
        ("en", "Key points due: 3, missed last time: 2", "not tried", "Nothing is due", "A draft"),
        ("zh", "待练要点 3 个,其中上次没说到或说反 2 个", "还没有练过", "没有待练", "草稿"),
    ],
)
def test_a_question_says_why_it_comes_next(
    language: str, due: str, new: str, early: str, draft: str
) -> None:
    name = RUBRIC.id
    is_due = NextQuestion(name, "due", due=3, missed=2, tried_at=WHEN, due_at=WHEN)
    assert due in shown(is_due, language)
    assert "2026-11-20" in shown(is_due, language)
    assert new in shown(NextQuestion(name, "new"), language)
    assert early in shown(NextQuestion(name, "early", tried_at=WHEN, due_at=WHEN), language)
    assert draft in shown(NextQuestion(name, "draft", draft_at=WHEN), language)


def test_a_question_that_was_asked_for_and_is_not_due_needs_no_reason() -> None:
    asked = NextQuestion(RUBRIC.id, "asked", tried_at=WHEN, due_at=WHEN)
    assert shown(asked, "en") == f"{RUBRIC.id}\n{RUBRIC.question.text('en')}"


def practised(*points: PointChange) -> Practised:
    after = record()
    change = AttemptChange(WHEN, after.score, after.score, points)
    return Practised(after, change, WHEN, draft_kept=False)


def test_what_changed_is_told_in_the_words_of_the_key_point() -> None:
    moved = practised(PointChange("banks", Verdict.MISSED, Verdict.MET))
    [heading, grid, due] = change_blocks(moved, RUBRIC, "en", hints=False)
    assert isinstance(heading, Heading)
    assert "2026-11-20" in heading.text
    assert isinstance(grid, Grid)
    assert grid.rows == (("missed → met", "Shared memory has 32 banks"),)
    assert isinstance(due, Line)


def test_where_nothing_changed_it_says_so() -> None:
    parts = change_blocks(practised(), RUBRIC, "zh", hints=False)
    assert any(isinstance(part, Line) and "相同" in part.text for part in parts)

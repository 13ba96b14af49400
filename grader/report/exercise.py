"""What a practice shows beside the grade: why a question comes next, and what changed since."""

from collections.abc import Iterator
from datetime import datetime

from grader.record import Score
from grader.report import words
from grader.report.blocks import Block, Grid, Heading, Line
from grader.report.hints import view_of
from grader.rubric.format import Rubric
from grader.session.exercise import AttemptChange, NextQuestion, Practised
from grader.text.catalogue import Catalogue, words_in


def question_blocks(coming: NextQuestion, rubric: Rubric, language: str) -> Iterator[Block]:
    """The question and why it comes next; nothing of what a good answer says."""
    say = words_in(language)["exercise"]
    yield Heading(rubric.id)
    yield Line(rubric.question.text(language), "strong")
    if reason := _reason(coming, say):
        yield Line(reason, "note")
    if coming.draft_at is not None:
        yield Line(say["draft"].format(when=_minute(coming.draft_at)), "note")


def _reason(coming: NextQuestion, say: Catalogue) -> str:
    if coming.due and coming.tried_at is not None:
        day = _day(coming.tried_at)
        return str(say["due"].format(due=coming.due, missed=coming.missed, day=day))
    if coming.due_at is None:
        return str(say["new"])
    return str(say["early"].format(day=_day(coming.due_at))) if coming.why == "early" else ""


def change_blocks(
    practised: Practised, rubric: Rubric, language: str, *, hints: bool
) -> Iterator[Block]:
    """What changed since the attempt before, and when the question is due again.

    Args:
        hints: a hint stands in place of each key point that is not met.
    """
    catalogue = words_in(language)
    say = catalogue["exercise"]
    if practised.change is not None:
        seen = view_of(practised.grade, rubric, language, hints=hints)
        claims = {point.id: point.claim for point in seen.points}
        yield from _changes(practised.change, claims, catalogue)
    if practised.due_at is not None:
        yield Line(say["due_at"].format(day=_day(practised.due_at)), "note")


def _changes(
    change: AttemptChange, claims: dict[str, str], catalogue: Catalogue
) -> Iterator[Block]:
    say = catalogue["exercise"]
    before, after = _percent(change.before), _percent(change.after)
    yield Heading(say["since"].format(day=_day(change.since), before=before, after=after))
    rows = tuple(
        (
            f"{words.verdict(point.before, catalogue)} → {words.verdict(point.after, catalogue)}",
            claims.get(point.id, point.id),
        )
        for point in change.points
    )
    yield Grid((), rows, numbers_from=2) if rows else Line(say["same"], "note")


def _percent(score: Score) -> str:
    if score.percent is None:
        return f"{words.number(score.low)}–{words.number(score.high)} %"
    return f"{words.number(score.percent)} %"


def _day(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"


def _minute(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d %H:%M}"

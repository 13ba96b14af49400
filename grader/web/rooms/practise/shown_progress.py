"""Progress by key point over weeks: what each week ended with, and how well it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from grader.record import Score, Verdict
from grader.report import words
from grader.report.grade_view import SIGNS
from grader.rubric.format import Rubric
from grader.session.practice import PastAttempt, PointHistory, QuestionHistory
from grader.text.catalogue import Catalogue, words_in

_WEEKS = 7
"""As many as stand side by side on a phone, beside what was before."""


@dataclass(frozen=True)
class WeekMark:
    """The last verdict of a week."""

    verdict: str
    sign: str
    word: str


@dataclass(frozen=True)
class PointProgress:
    """One key point: its marks by week, None where it was not graded, and its memory."""

    claim: str
    marks: tuple[WeekMark | None, ...]
    recalled: float | None
    """Per cent likely to be recalled now; None where it was never graded surely."""
    stability: float | None
    """Days until that is 90 per cent."""
    due: datetime | None
    is_due: bool


@dataclass(frozen=True)
class QuestionProgress:
    """One question over weeks.

    Attributes:
        weeks: their Mondays; None is all that was before the others.
        scores: the last score of each week, None where there was none.
    """

    id: str
    asked: str
    attempts: int
    weeks: tuple[date | None, ...]
    scores: tuple[str | None, ...]
    points: tuple[PointProgress, ...]


def question_progress(
    history: QuestionHistory, rubric: Rubric, now: datetime, language: str
) -> QuestionProgress:
    """Returns how one question went over weeks, with its key points in *language*."""
    weeks = _weeks(history.attempts, now)
    placed = [_place(attempt, weeks) for attempt in history.attempts]
    claims = {point.id: point.text(language) for point in rubric.key_points}
    scores: list[str | None] = [None] * len(weeks)
    for attempt, place in zip(history.attempts, placed, strict=True):
        scores[place] = _percent(attempt.score)
    say = words_in(language)
    points = tuple(
        _point(p, claims.get(p.id, p.id), placed, len(weeks), now, say) for p in history.points
    )
    asked = rubric.question.text(language)
    return QuestionProgress(history.id, asked, len(history.attempts), weeks, tuple(scores), points)


def _weeks(attempts: Sequence[PastAttempt], now: datetime) -> tuple[date | None, ...]:
    this, first = _monday(now), min(_monday(attempt.at) for attempt in attempts)
    count = min((this - first).days // 7 + 1, _WEEKS)
    recent = tuple(this - timedelta(weeks=back) for back in reversed(range(max(count, 1))))
    return (None, *recent) if first < recent[0] else recent


def _place(attempt: PastAttempt, weeks: Sequence[date | None]) -> int:
    """The column of an attempt; of one that is dated later than now, the last."""
    monday = _monday(attempt.at)
    later = [n for n, week in enumerate(weeks) if week is None or week <= monday]
    return later[-1] if later else 0


def _monday(time: datetime) -> date:
    day = time.astimezone().date()
    return day - timedelta(days=day.weekday())


def _point(
    point: PointHistory,
    claim: str,
    placed: Sequence[int],
    weeks: int,
    now: datetime,
    say: Catalogue,
) -> PointProgress:
    marks: list[WeekMark | None] = [None] * weeks
    for verdict, place in zip(point.verdicts, placed, strict=True):
        if verdict is not None:
            marks[place] = _mark(verdict, say)
    memory = point.memory
    return PointProgress(
        claim=claim,
        marks=tuple(marks),
        recalled=100 * memory.retrievability(now) if memory else None,
        stability=memory.stability if memory else None,
        due=point.due,
        is_due=point.is_due(now),
    )


def _mark(verdict: Verdict, say: Catalogue) -> WeekMark:
    return WeekMark(verdict.value, SIGNS[verdict.value], words.verdict(verdict, say))


def _percent(score: Score) -> str:
    if score.percent is None:
        return f"{words.percent(score.low)}–{words.percent(score.high)}"
    return words.percent(score.percent)

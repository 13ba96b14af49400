"""What ``grade progress`` prints, as plain tables."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from grader.catalogue import Catalogue, words_in
from grader.overview import Table
from grader.practice import PointHistory, QuestionHistory, next_up, weakest
from grader.record import Score, Verdict
from grader.view import SIGNS
from grader.words import number

_MOST_ATTEMPTS = 8


def tables(questions: tuple[QuestionHistory, ...], now: datetime, language: str) -> Iterator[Table]:
    """All questions, the weakest key points, and what to practise next; those that have rows."""
    say = words_in(language)["practice"]
    found = (
        _questions(questions, now, say),
        _weakest(weakest(questions), say),
        _next(next_up(questions, now), now, say),
    )
    return (table for table in found if table.rows)


def attempts(question: QuestionHistory, now: datetime, language: str) -> Table:
    """The latest attempts at one question side by side, point by point."""
    say = words_in(language)["practice"]
    shown = question.attempts[-_MOST_ATTEMPTS:]
    columns = (say["key_point"], say["weight"], *(_day(a.at) for a in shown), say["due"])
    rows = [
        (
            point.id,
            f"×{point.weight}",
            *(_sign(verdict) for verdict in point.verdicts[-_MOST_ATTEMPTS:]),
            _due(point, now, say),
        )
        for point in question.points
    ]
    rows.append((say["score"], "", *(_score(a.score) for a in shown), ""))
    numbers = frozenset(range(1, len(shown) + 2))
    return Table(question.id, columns, tuple(rows), numbers)


def _questions(questions: Iterable[QuestionHistory], now: datetime, say: Catalogue) -> Table:
    rows = tuple(
        (
            question.id,
            str(len(question.attempts)),
            _score(question.attempts[0].score),
            _score(question.attempts[-1].score),
            _day(question.attempts[-1].at),
            str(len(question.due(now))),
        )
        for question in questions
    )
    names = ("question", "attempts", "first", "latest", "when", "points_due")
    columns = tuple(str(say[name]) for name in names)
    return Table(say["questions"], columns, rows, frozenset({1, 2, 3, 4, 5}))


def _weakest(points: Iterable[PointHistory], say: Catalogue) -> Table:
    rows = tuple(
        (point.question, point.id, f"×{point.weight}", "".join(map(_sign, point.verdicts[-12:])))
        for point in points
    )
    columns = (say["question"], say["key_point"], say["weight"], say["attempts"])
    return Table(say["weakest"], columns, rows, frozenset({2}))


def _next(questions: Iterable[QuestionHistory], now: datetime, say: Catalogue) -> Table:
    rows = tuple(
        (question.id, ", ".join(p.id for p in due), _missed(due))
        for question in questions
        if (due := question.due(now))
    )
    return Table(say["next"], (say["question"], say["points_due"], say["missed"]), rows)


def _missed(points: Iterable[PointHistory]) -> str:
    """When one of *points* was missed last."""
    return max((_day(p.missed_at) for p in points if p.missed_at), default="")


def _due(point: PointHistory, now: datetime, say: Catalogue) -> str:
    if point.due is None:
        return ""
    return str(say["now"]) if point.due <= now else _day(point.due)


def _sign(verdict: Verdict | None) -> str:
    return SIGNS[verdict.value if verdict else "ungraded"]


def _score(score: Score) -> str:
    if score.percent is None:
        return f"{number(score.low)}–{number(score.high)} %"
    return f"{number(score.percent)} %"


def _day(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"

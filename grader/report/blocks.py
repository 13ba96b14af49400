"""A report for the terminal as plain values: headings, lines, tables and findings.

With those of a session and of ``grade progress``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from grader.record import Score, Verdict
from grader.report import words
from grader.report.grade_view import SIGNS
from grader.report.words import mean, number
from grader.session.outcome import SessionOutcome
from grader.session.practice import PointHistory, QuestionHistory, next_up, weakest
from grader.session.summary import Summary
from grader.text.catalogue import Catalogue, words_in

Tone = Literal["plain", "note", "good", "fair", "bad", "strong"]
"""How a line is meant; never the only thing that says so."""


@dataclass(frozen=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True)
class Line:
    """A paragraph."""

    text: str
    tone: Tone = "plain"
    indent: int = 0


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        heads: titles of the columns; empty for none.
        numbers_from: the first column of numbers, which are set to the right.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int = 1


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and how it is.

    Attributes:
        good: None where it could not be found out.
        way_out: what to do; empty where nothing needs doing.
    """

    name: str
    good: bool | None
    found: str
    way_out: str = ""


Block = Heading | Line | Grid


_MOST_ROWS = 40


@dataclass(frozen=True)
class Table:
    """A table: its title, the columns' names, and rows of as many cells.

    Attributes:
        numbers: the columns that hold numbers, by their place.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


def session_tables(outcome: SessionOutcome, language: str) -> Iterator[Table]:
    """The tables that have a row, in the order in which they are read."""
    summary, catalogue = outcome.summary(), words_in(language)
    say = catalogue["report"] | catalogue["session"]
    found = (
        _by_question(summary, say),
        _by_candidate(summary, say),
        _weakest(summary, say),
        _flips(outcome, say),
        _ungraded(outcome, catalogue),
    )
    return (table for table in found if table.rows)


def _by_question(summary: Summary, say: Catalogue) -> Table:
    rows = tuple(
        (question.id, str(question.scores.answers), mean(question.scores, say))
        for question in summary.questions
    )
    columns = (say["question"], say["count"], say["mean"])
    return Table(say["by_question"], columns, rows, frozenset({1, 2}))


def _by_candidate(summary: Summary, say: Catalogue) -> Table:
    rows = tuple(
        (candidate.name, str(candidate.scores.answers), mean(candidate.scores, say))
        for candidate in summary.candidates[:_MOST_ROWS]
    )
    more = len(summary.candidates) - _MOST_ROWS
    if more > 0:
        rows += ((f"… +{more}", "", ""),)
    columns = (say["candidate"], say["count"], say["mean"])
    return Table(say["by_candidate"], columns, rows, frozenset({1, 2}))


def _weakest(summary: Summary, say: Catalogue) -> Table:
    rows = tuple(
        (point.question, point.id, f"×{number(point.worth)}", f"{point.met}/{point.graded}")
        for point in summary.weakest()
    )
    columns = (say["question"], say["key_point"], say["weight"], say["met"])
    return Table(say["weakest"], columns, rows, frozenset({2, 3}))


def _flips(outcome: SessionOutcome, say: Catalogue) -> Table:
    changing = [(name, f) for name, f in outcome.flips.items() if f.flipped]
    changing.sort(key=lambda item: -item[1].rate)
    rows = tuple(
        (question, point, f"{100 * f.rate:.0f} %", f"{f.flipped}/{f.sampled}")
        for (question, point), f in changing[:_MOST_ROWS]
    )
    columns = (say["question"], say["key_point"], say["flip_rate"], say["flipped"])
    return Table(say["flips"], columns, rows, frozenset({2, 3}))


def _ungraded(outcome: SessionOutcome, say: Catalogue) -> Table:
    rows = tuple(
        (question, name, "; ".join(words.why(cause, detail, say) for cause, detail in causes))
        for question, name, causes in outcome.named
    )
    more = outcome.ungraded - len(outcome.named)
    if more > 0:
        rows += ((f"… +{more}", "", ""),)
    report = say["report"]
    columns = (report["question"], report["answer"], report["why"])
    return Table(report["ungraded_points"], columns, rows)


_MOST_ATTEMPTS = 8
_FEW_ATTEMPTS = 2


def practice_tables(
    questions: tuple[QuestionHistory, ...], now: datetime, language: str
) -> Iterator[Table]:
    """All questions, the weakest key points, and what to practise next; those that have rows."""
    say = words_in(language)["practice"]
    found = (
        _questions(questions, now, say),
        _weakest_first(weakest(questions), say),
        _next(next_up(questions, now), now, say),
    )
    return (table for table in found if table.rows)


def attempts(question: QuestionHistory, now: datetime, language: str) -> Table:
    """The latest attempts at one question side by side, point by point."""
    say = words_in(language)["practice"]
    shown = question.attempts[-_MOST_ATTEMPTS:]
    # Of many, the year would leave no room for the key points
    days = tuple(_day(a.at)[0 if len(shown) <= _FEW_ATTEMPTS else 5 :] for a in shown)
    columns = (say["key_point"], say["weight"], *days, say["due"], say["recall"])
    rows = [
        (
            point.id,
            f"×{point.weight}",
            *(_sign(verdict) for verdict in point.verdicts[-_MOST_ATTEMPTS:]),
            _due(point, now, say),
            _recall(point, now),
        )
        for point in question.points
    ]
    rows.append((say["score"], "", *(_score(a.score) for a in shown), "", ""))
    numbers = frozenset(range(1, len(columns)))
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
            _day(question.next_due) if question.next_due else "",
        )
        for question in questions
    )
    names = ("question", "attempts", "first", "latest", "when", "points_due", "due_from")
    columns = tuple(str(say[name]) for name in names)
    return Table(say["questions"], columns, rows, frozenset(range(1, len(names))))


def _weakest_first(points: Iterable[PointHistory], say: Catalogue) -> Table:
    rows = tuple(
        (
            point.question,
            point.id,
            f"×{number(point.worth)}",
            "".join(map(_sign, point.verdicts[-12:])),
        )
        for point in points
    )
    columns = (say["question"], say["key_point"], say["weight"], say["attempts"])
    return Table(say["weakest"], columns, rows, frozenset({2}))


def _next(questions: Iterable[QuestionHistory], now: datetime, say: Catalogue) -> Table:
    rows = tuple(
        (question.id, ", ".join(p.id for p in due), _missed(due), _lowest_recall(due, now))
        for question in questions
        if (due := question.due(now))
    )
    columns = (say["question"], say["points_due"], say["missed"], say["recall"])
    return Table(say["next"], columns, rows, frozenset({3}))


def _missed(points: Iterable[PointHistory]) -> str:
    """When one of *points* was missed last."""
    return max((_day(p.missed_at) for p in points if p.missed_at), default="")


def _due(point: PointHistory, now: datetime, say: Catalogue) -> str:
    if point.due is None:
        return ""
    return str(say["now"]) if point.due <= now else _day(point.due)


def _recall(point: PointHistory, now: datetime) -> str:
    """The probability that it is recalled, in per cent; empty if it was never reviewed."""
    return f"{100 * point.memory.retrievability(now):.0f} %" if point.memory else ""


def _lowest_recall(points: Iterable[PointHistory], now: datetime) -> str:
    known = [point for point in points if point.memory]
    return _recall(max(known, key=lambda p: p.urgency(now)), now) if known else ""


def _sign(verdict: Verdict | None) -> str:
    return SIGNS[verdict.value if verdict else "ungraded"]


def _score(score: Score) -> str:
    if score.percent is None:
        return f"{number(score.low)}–{number(score.high)} %"
    return f"{number(score.percent)} %"


def _day(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d}"

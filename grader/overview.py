"""The tables at the end of a session, as plain rows that the terminal shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.catalogue import Catalogue, words_in
from grader.outcome import Outcome
from grader.summary import Summary
from grader.totals import mean

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


def tables(outcome: Outcome, language: str) -> Iterator[Table]:
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
        (point.question, point.id, f"×{point.weight}", f"{point.met}/{point.graded}")
        for point in summary.weakest()
    )
    columns = (say["question"], say["key_point"], say["weight"], say["met"])
    return Table(say["weakest"], columns, rows, frozenset({2, 3}))


def _flips(outcome: Outcome, say: Catalogue) -> Table:
    changing = [(name, f) for name, f in outcome.flips.items() if f.flipped]
    changing.sort(key=lambda item: -item[1].rate)
    rows = tuple(
        (question, point, f"{100 * f.rate:.0f} %", f"{f.flipped}/{f.sampled}")
        for (question, point), f in changing[:_MOST_ROWS]
    )
    columns = (say["question"], say["key_point"], say["flip_rate"], say["flipped"])
    return Table(say["flips"], columns, rows, frozenset({2, 3}))


def _ungraded(outcome: Outcome, say: Catalogue) -> Table:
    rows = tuple(
        (name, "; ".join(say["causes"][cause.value] for cause in causes))
        for name, causes in outcome.named
    )
    more = outcome.ungraded - len(outcome.named)
    if more > 0:
        rows += ((f"… +{more}", ""),)
    report = say["report"]
    return Table(report["ungraded_points"], (report["answer"], report["why"]), rows)

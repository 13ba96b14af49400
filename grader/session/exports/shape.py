"""What a table of answers is: which columns name the person, and which hold an answer to what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

IDS = ("id", "identifier", "number", "email", "username", "canvas", "name")
"""What a person may be known by, what is surest first: the first that a row has is its id."""


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column with answers.

    Attributes:
        column: its name in small letters.
        question: the id of the question that it answers; None where it is to be looked for.
        wording: the question's words, where the heading has them.
        asked: the column with the question's id or words in each row.
        points: what the platform gives for a full answer.
    """

    column: str
    question: str | None = None
    wording: str | None = None
    asked: str | None = None
    points: float | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table is laid out.

    Attributes:
        platform: ``moodle``, ``canvas``, ``google-forms``, ``label-studio`` or ``table``.
        person: columns by what of a person they hold: one of :data:`IDS`, ``first``, ``last``,
            or another that goes back with the grades.
        attempted: the column with the time at which the answers were handed in.
        state: the column that says whether the attempt came to its end.
        absent: what *state* begins with where nothing was handed in.
        unfinished: what it begins with where an attempt was not handed in.
        blank: cells that stand for no answer.
        total: points of the whole, where the heading says them.
        summary: what the name of a row begins with that sums the others up.
        by_attempt: whether each row is one attempt at all the questions.
        headings: how the platform writes those of a table that goes back, by what they hold.
    """

    platform: str
    person: Mapping[str, str]
    answers: tuple[AnswerColumn, ...]
    attempted: str | None = None
    state: str | None = None
    absent: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    blank: frozenset[str] = frozenset()
    total: float | None = None
    summary: str | None = None
    by_attempt: bool = False
    headings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Who handed in, as the table has it.

    Attributes:
        id: names their answers; of a second attempt with its number behind.
        known: what the row says of them, by what it is.
        attempt: counted from 1.
    """

    id: str
    known: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1

    @property
    def name(self) -> str | None:
        """The name as people read it, None where the table has none."""
        parts = (self.known.get("first"), self.known.get("last"))
        return self.known.get("name") or " ".join(filter(None, parts)) or None


def present(names: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Columns by field, of those *names* that *wanted* gives a field; the first for each."""
    columns: dict[str, str] = {}
    for name in names:
        if name in wanted:
            columns.setdefault(wanted[name], name)
    return columns

"""Tables of answers, whatever file they are in: opened the same way for reading and for grades."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from grader.session.entry import Problem, Questions
from grader.session.exports.columns import Columns, shape_of
from grader.session.exports.rows import HandedIn, NextRow, handed_in
from grader.session.exports.shape import Shape
from grader.util.lines import Lines, sample
from grader.util.table import CsvTable, first_record, names_of, numbered

OWN = ("question", "answer")
"""The columns that a table of this program's own has."""


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A table whose heading was read.

    Attributes:
        place: how its file is called in places.
        names: of the columns, in small letters.
        shape: how it is laid out; None where it is in this program's own columns, or unknown.
    """

    place: str
    names: list[str]
    next_row: NextRow
    shape: Shape | None

    def rows(self) -> Iterator[HandedIn | Problem]:
        """What each person handed in; none where nobody knows how it is laid out."""
        return iter(()) if self.shape is None else handed_in(self.place, self.next_row, self.shape)


def csv_table(
    place: str, stream: BinaryIO, encoding: str, questions: Questions, columns: Columns
) -> AnswerTable:
    """A CSV file with a heading; separated by comma, semicolon or tab.

    A quoted cell that holds a line which is itself a row is a fault of its row.

    Raises:
        RowProblem: a column stands twice, or the heading cannot be read.
    """
    start = first_record(io.StringIO(sample(stream).decode(encoding, "replace")))
    names = names_of(start, lambda given: layout(given, columns) is not None)
    wide = names is not None

    def is_row(cells: dict[str, str]) -> bool:
        # So many separators in a line of prose are no accident.
        return wide or questions.knows(cells["question"].strip())

    def fits(given: Sequence[str]) -> bool:
        return layout(given, columns) is not None if wide else is_own(given)

    free = set(numbered(names)) if names else {"answer"}
    table = CsvTable(Lines(stream, encoding), fits, is_row, free, wide=wide)
    return AnswerTable(place, table.names, table.__next__, layout(table.names, columns))


def layout(names: Sequence[str], columns: Columns) -> Shape | None:
    """How a table is laid out that is not in this program's own columns."""
    return None if is_own(names) and not columns else shape_of(names, columns)


def is_own(names: Sequence[str]) -> bool:
    """Whether a table with these columns is one of this program's own."""
    return set(OWN) <= set(names)


def has_heading(line: str, columns: Columns) -> bool:
    """Whether *line* is the heading of such a CSV file, or of a platform's."""
    return names_of(line, lambda names: is_own(names) or bool(shape_of(names, columns))) is not None

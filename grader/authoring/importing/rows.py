"""The rows of a table to import from, CSV or XLSX, and what of them cannot be read."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from grader.authoring.importing.material import ImportGap
from grader.authoring.importing.source import ImportFile
from grader.errors import BadInput
from grader.session.exports.columns import NO_COLUMNS
from grader.session.exports.rows import NextRow
from grader.session.exports.workbook import workbook_table
from grader.util.lines import Lines, encoding
from grader.util.table import CsvRow, CsvTable, RowProblem, first_record, names_of, numbered
from grader.util.text_file import NotText

IsHeading = Callable[[Sequence[str]], bool]
_PROSE = 5
"""Columns from which on a line in a cell with as many separators is a row of its own."""


@dataclass(frozen=True)
class RowReader:
    """A table below its heading.

    Attributes:
        names: of the columns in small letters, each once.
        headings: the same as they are written, as far as that is known.
    """

    file: ImportFile
    names: list[str]
    headings: list[str]
    next_row: NextRow

    def rows(self) -> Iterator[CsvRow | ImportGap]:
        """The rows, and in its place each that cannot be read."""
        while True:
            try:
                yield self.next_row()
            except StopIteration:
                return
            except RowProblem as problem:
                yield ImportGap(self.file.name, str(problem.line), str(problem), left_out=True)


def heading(file: ImportFile, is_heading: IsHeading) -> list[str] | None:
    """The columns that the file's first row names, None where that is no such heading."""
    if file.is_workbook:
        names = open_rows(file, is_heading).names
        return names if is_heading(names) else None
    start = first_record(io.StringIO(file.text))
    return names_of(start, lambda names: is_heading(numbered(names)))


def open_rows(file: ImportFile, is_heading: IsHeading) -> RowReader:
    """The table in *file*.

    Raises:
        BadInput: it cannot be read as one.
    """
    try:
        if file.is_workbook:
            book = workbook_table(file.name, file.stream(), NO_COLUMNS)
            return RowReader(file, book.names, book.names, book.next_row)
        table = _csv(file, is_heading)
    except (NotText, RowProblem) as problem:
        raise BadInput(f"{file.name}: {problem}") from None
    return RowReader(file, table.names, table.headings, table.__next__)


def open_known(file: ImportFile, is_heading: IsHeading, whose: str) -> RowReader:
    """The table in *file*, whose columns must be those of *whose* exports.

    Raises:
        BadInput: they are not, or it cannot be read as a table.
    """
    table = open_rows(file, is_heading)
    if not is_heading(table.names):
        raise BadInput(f"{file.name}:1: not the columns that {whose} writes; leave --format out")
    return table


def _csv(file: ImportFile, is_heading: IsHeading) -> CsvTable:
    names = heading(file, is_heading) or []
    stream = file.stream()
    return CsvTable(
        Lines(stream, encoding(stream)),
        lambda given: is_heading(numbered(given)),
        lambda _: len(names) >= _PROSE,
        set(numbered(names)),
        wide=True,
    )

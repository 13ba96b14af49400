"""XLSX: the first sheet with anything in it, read row by row.

A workbook is a ZIP file of XML from anybody: how much it may unfold to is bounded before it is
opened, and one that declares entities is refused.
"""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

from grader.errors import Failed
from grader.session.exports.columns import Columns
from grader.session.tables import AnswerTable, layout
from grader.util.archive import refuse_bombs
from grader.util.table import CsvRow, RowProblem, numbered
from grader.util.text_file import NotText

_BROKEN = "is no XLSX workbook that can be read; save it again, or as CSV in UTF-8"


def workbook_table(place: str, stream: BinaryIO, columns: Columns) -> AnswerTable:
    """The first sheet that holds anything.

    Raises:
        Failed: what reads workbooks is not installed.
        NotText: it is no workbook, or unfolds to too much.
    """
    try:
        import openpyxl
    except ImportError:
        raise Failed(
            "to read XLSX: pip install 'answer-grader[documents]', or save it as CSV in UTF-8"
        ) from None
    refuse_bombs(stream)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            rows = (sheet for sheet in book.worksheets)
            found = next(filter(None, map(_Sheet.of, rows)), None)
    except Exception:  # noqa: BLE001 - whatever a broken file brings out of the library
        raise NotText(_BROKEN) from None
    if found is None:
        raise NotText("is an empty workbook")
    return AnswerTable(place, found.names, found.next_row, layout(found.names, columns))


class _Sheet:
    """The rows of one sheet below its heading."""

    def __init__(self, names: list[str], rows: Iterator[tuple[int, list[str]]]) -> None:
        self.names = names
        self._rows = rows
        self._line = 1

    @classmethod
    def of(cls, sheet: Any) -> "_Sheet | None":  # noqa: ANN401 - the library has no types
        """The rows of *sheet*, None where it is empty."""
        sheet.reset_dimensions()  # they may be anything
        rows = _rows(sheet)
        heading = next(rows, None)
        return None if heading is None else cls([h.lower() for h in numbered(heading[1])], rows)

    def next_row(self) -> CsvRow:
        """The next row that is not blank."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._line, cells = next(self._rows)
        except StopIteration:
            raise
        except Exception:  # noqa: BLE001 - whatever a broken file brings out of the library
            self._rows = iter(())
            raise RowProblem(self._line + 1, "the sheet is broken from here on") from None
        count = len(self.names)
        if any(cells[count:]):
            raise RowProblem(self._line, f"{len(cells)} cells below a heading of {count}")
        padded = [*cells, *[""] * (count - len(cells))]
        return CsvRow(dict(zip(self.names, padded, strict=False)), self._line)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:  # noqa: ANN401
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in row]
        if any(cell.strip() for cell in cells):
            yield line, cells


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)

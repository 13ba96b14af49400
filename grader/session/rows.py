"""Sessions as rows: JSONL and CSV with ``question``, ``answer`` and, if known, ``id``,
``candidate`` and ``attempted_at``."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from grader import answer
from grader.session.entry import Entry, Problem, Questions, as_utc, whole
from grader.session.exports.columns import NO_COLUMNS, Columns, shape_of
from grader.session.exports.rows import NextRow, entries, missing
from grader.session.exports.shape import Shape
from grader.util.complaint import first_complaint
from grader.util.json_text import without_halves
from grader.util.lines import LineProblem, Lines, sample
from grader.util.table import CsvTable, RowProblem, first_record, names_of, numbered

_COLUMNS = ("question", "answer")
_OPTIONAL = ("id", "candidate", "attempted_at")


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)

    question: str
    answer: str
    id: str | None = None
    candidate: str | None = None
    attempted_at: datetime | None = None

    def entry(self, place: str) -> Entry:
        text, flags = answer.cleaned(self.answer)
        return Entry(
            question=self.question.strip(),
            text=text,
            id=whole(self.id) if self.id else place,
            place=place,
            candidate=whole(self.candidate) if self.candidate else None,
            attempted_at=as_utc(self.attempted_at),
            flags=flags,
        )


def jsonl(name: str, stream: BinaryIO, encoding: str = "utf-8") -> Iterator[Entry | Problem]:
    """The rows of a file with a JSON object on each line; blank lines do not matter.

    Args:
        name: how the file is called in places and ids.
        encoding: as JSON has it: UTF-8, or what a byte order mark names.
    """
    lines = Lines(stream, encoding)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except LineProblem as problem:
            yield Problem(f"{name}:{lines.number}", str(problem))
            continue
        if not line.strip():
            continue
        row = single_row(line, f"{name}:{lines.number}")
        if isinstance(row, Entry) and not row.text.strip():
            row = Problem(row.place, f"the answer to {row.question} is empty")
        yield row


def csv_rows(
    name: str, stream: BinaryIO, encoding: str, questions: Questions, columns: Columns = NO_COLUMNS
) -> Iterator[Entry | Problem]:
    """The rows of a CSV file with a heading; separated by comma, semicolon or tab.

    A row that does not fit the heading is a :class:`Problem`, and so is a row whose quoted cell
    holds a line that is itself a row of a question that is known.

    Args:
        columns: what the user said of the columns; else a table of a platform is recognised.
    """
    start = first_record(io.StringIO(sample(stream).decode(encoding, "replace")))
    names = names_of(start, lambda names: _shape(names, columns) is not None)
    shape = _shape(numbered(names), columns) if names else None

    def is_row(cells: dict[str, str]) -> bool:
        # So many separators in a line of prose are no accident.
        return bool(shape) or questions.knows(cells["question"].strip())

    free = {"answer"} if shape is None else set(numbered(names or ()))
    fits = _is_heading if shape is None else lambda given: _shape(given, columns) is not None
    try:
        table = CsvTable(Lines(stream, encoding), fits, is_row, free, wide=shape is not None)
    except RowProblem as problem:
        yield Problem(f"{name}:1", str(problem))
        return
    yield from table_rows(name, table.names, table.__next__, questions, columns)


def table_rows(
    name: str, names: list[str], next_row: NextRow, questions: Questions, columns: Columns
) -> Iterator[Entry | Problem]:
    """The answers in the rows of a table, whatever file it is in.

    Args:
        name: how the file is called in places and ids.
        names: of the columns, in small letters.
        columns: what the user said of them.
    """
    shape = _shape(names, columns)
    if shape is not None:
        told = missing(shape, names)
        yield from (Problem(f"{name}:1", each) for each in told)
        yield from () if told else entries(name, next_row, shape, questions)
        return
    if not _is_heading(names):
        yield Problem(f"{name}:1", _NO_COLUMNS.format(wanted=" and ".join(_COLUMNS)))
        return
    while True:
        try:
            row = next_row()
        except StopIteration:
            return
        except RowProblem as problem:
            yield Problem(f"{name}:{problem.line}", str(problem))
            continue
        yield _entry(row.cells, f"{name}:{row.line}")


def _shape(names: Sequence[str], columns: Columns) -> Shape | None:
    """How a table is laid out that is not in this program's own columns."""
    return None if _is_heading(names) and not columns else shape_of(names, columns)


_NO_COLUMNS = (
    "no columns {wanted}: name them in the first line, or say which they are with --columns"
)


def single_row(row: str | Mapping[str, object], place: str) -> Entry | Problem:
    """One row by itself, as the text of a JSON object or as its values by name."""
    try:
        if isinstance(row, str):
            return _Row.model_validate_json(without_halves(row)).entry(place)
        return _Row.model_validate(row).entry(place)
    except ValidationError as error:
        return Problem(place, first_complaint(error))


def has_heading(line: str, columns: Columns = NO_COLUMNS) -> bool:
    """Whether *line* is the heading of such a CSV file, or of a platform's."""
    return (
        names_of(line, lambda names: _is_heading(names) or bool(shape_of(names, columns)))
        is not None
    )


def _is_heading(names: Sequence[str]) -> bool:
    return set(_COLUMNS) <= set(names)


def _entry(cells: dict[str, str], place: str) -> Entry | Problem:
    given = {name: cells[name] for name in _COLUMNS}
    given |= {name: cells[name].strip() for name in _OPTIONAL if cells.get(name, "").strip()}
    return single_row(given, place)

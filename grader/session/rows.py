"""Sessions as rows: JSONL, and tables with ``question``, ``answer`` and, if known, ``id``,
``candidate`` and ``attempted_at``."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from grader import answer
from grader.session.entry import Entry, Problem, Questions, as_utc, whole
from grader.session.exports.rows import entries, missing
from grader.session.tables import OWN, AnswerTable, is_own
from grader.util.complaint import first_complaint
from grader.util.json_text import without_halves
from grader.util.lines import LineProblem, Lines
from grader.util.table import RowProblem

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
        yield single_row(line, f"{name}:{lines.number}")


def table_rows(table: AnswerTable, questions: Questions) -> Iterator[Entry | Problem]:
    """The answers in the rows of a table, whatever file it is in."""
    place, shape = table.place, table.shape
    if shape is not None:
        told = missing(shape, table.names)
        yield from (Problem(f"{place}:1", each) for each in told)
        yield from () if told else entries(place, table.next_row, shape, questions)
        return
    if not is_own(table.names):
        yield Problem(f"{place}:1", _NO_COLUMNS.format(wanted=" and ".join(OWN)))
        return
    while True:
        try:
            row = table.next_row()
        except StopIteration:
            return
        except RowProblem as problem:
            yield Problem(f"{place}:{problem.line}", str(problem))
            continue
        yield _entry(row.cells, f"{place}:{row.line}")


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


def _entry(cells: dict[str, str], place: str) -> Entry | Problem:
    given = {name: cells[name] for name in OWN}
    given |= {name: cells[name].strip() for name in _OPTIONAL if cells.get(name, "").strip()}
    return single_row(given, place)

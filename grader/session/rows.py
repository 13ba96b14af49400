"""Sessions as rows: JSONL and CSV with ``question``, ``answer`` and, if known, ``id``,
``candidate`` and ``attempted_at``."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from grader import answer
from grader.session.entry import Entry, Problem, as_utc, whole
from grader.util.complaint import first_complaint
from grader.util.json_text import without_halves
from grader.util.lines import LineProblem, Lines
from grader.util.table import CsvTable, RowProblem, names_of

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
    name: str, stream: BinaryIO, encoding: str, knows: Callable[[str], bool]
) -> Iterator[Entry | Problem]:
    """The rows of a CSV file with a heading; separated by comma, semicolon or tab.

    A row that does not fit the heading is a :class:`Problem`, and so is a row whose quoted cell
    holds a line that is itself a row of a question that *knows*.
    """

    def is_row(cells: dict[str, str]) -> bool:
        return knows(cells["question"].strip())

    try:
        table = CsvTable(Lines(stream, encoding), _is_heading, is_row, free={"answer"})
    except RowProblem as problem:
        yield Problem(f"{name}:1", str(problem))
        return
    if not _is_heading(table.names):
        wanted = " and ".join(_COLUMNS)
        yield Problem(f"{name}:1", f"no columns {wanted}: name them in the first line")
        return
    while True:
        try:
            row = next(table)
        except StopIteration:
            return
        except RowProblem as problem:
            yield Problem(f"{name}:{problem.line}", str(problem))
            continue
        yield _entry(row.cells, f"{name}:{row.line}")


def single_row(row: str | Mapping[str, object], place: str) -> Entry | Problem:
    """One row by itself, as the text of a JSON object or as its values by name."""
    try:
        if isinstance(row, str):
            return _Row.model_validate_json(without_halves(row)).entry(place)
        return _Row.model_validate(row).entry(place)
    except ValidationError as error:
        return Problem(place, first_complaint(error))


def has_heading(line: str) -> bool:
    """Whether *line* is the heading of such a CSV file."""
    return names_of(line, _is_heading) is not None


def _is_heading(names: Sequence[str]) -> bool:
    return set(_COLUMNS) <= set(names)


def _entry(cells: dict[str, str], place: str) -> Entry | Problem:
    given = {name: cells[name] for name in _COLUMNS}
    given |= {name: cells[name].strip() for name in _OPTIONAL if cells.get(name, "").strip()}
    return single_row(given, place)

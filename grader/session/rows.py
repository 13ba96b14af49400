"""Sessions as rows: JSONL, and tables with ``question``, ``answer`` and, if known, ``id``,
``candidate`` and ``attempted_at``."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from grader import answer
from grader.session.entry import Entry, Problem, Questions, as_utc, whole
from grader.session.exports.columns import LEFT_OUT, NO_COLUMNS, Columns
from grader.session.exports.rows import entries, missing
from grader.session.tables import OWN, AnswerTable, is_own
from grader.text.safe import one_line
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


def jsonl(
    name: str, stream: BinaryIO, encoding: str = "utf-8", columns: Columns = NO_COLUMNS
) -> Iterator[Entry | Problem]:
    """The rows of a file with a JSON object on each line; blank lines do not matter.

    Args:
        name: how the file is called in places and ids.
        encoding: as JSON has it: UTF-8, or what a byte order mark names.
        columns: what the user said of the keys of the objects.
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
        yield from told_rows(line, f"{name}:{lines.number}", columns)


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


def told_rows(
    row: str | Mapping[str, object], place: str, columns: Columns
) -> Iterator[Entry | Problem]:
    """The answers in one row whose keys are such as *columns* say, as in a table: one, or one for
    each key that answers a question of its own."""
    values = _values(row) if columns else None
    if values is None:
        yield single_row(row, place)
        return
    asked = {name: q for name, q in columns.questions.items() if q != LEFT_OUT}
    needed = [*asked, *(columns.roles[role] for role in OWN if role in columns.roles)]
    missing = [name for name in needed if name not in values]
    yield from (Problem(place, f"no key {one_line(name)!r}") for name in missing)
    person = values | {role: values.get(name) for role, name in columns.roles.items()}
    if "answer" in columns.roles or not columns.questions:
        yield from () if missing else (single_row(_there(person), place),)
    for name, question in asked.items():
        if name in values:
            own = person | {"question": question, "answer": values[name]}
            yield single_row(_there(own), f"{place} {name}" if place else "")


def _values(row: str | Mapping[str, object]) -> dict[str, object] | None:
    """The values by their keys in small letters; None where the row is no object."""
    try:
        given = json.loads(without_halves(row)) if isinstance(row, str) else row
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, Mapping):
        return None
    return {str(key).lower(): value for key, value in given.items()}


def _there(values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _entry(cells: dict[str, str], place: str) -> Entry | Problem:
    given = {name: cells[name] for name in OWN}
    given |= {name: cells[name].strip() for name in _OPTIONAL if cells.get(name, "").strip()}
    return single_row(given, place)

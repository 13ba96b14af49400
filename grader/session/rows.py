"""Sessions as rows: JSONL and CSV with ``question``, ``answer`` and, if known, ``id``,
``candidate`` and ``attempted_at``."""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.session.entry import Entry, Problem, as_utc
from grader.util.lines import LONGEST, LineProblem, Lines

_COLUMNS = ("question", "answer")
_OPTIONAL = ("id", "candidate", "attempted_at")
_SEPARATORS = (",", "\t", ";")


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)

    question: str
    answer: str
    id: str | None = None
    candidate: str | None = None
    attempted_at: datetime | None = None

    def entry(self, place: str) -> Entry:
        return Entry(
            question=self.question.strip(),
            text=self.answer,
            id=self.id or place,
            place=place,
            candidate=self.candidate or None,
            attempted_at=as_utc(self.attempted_at),
        )


def jsonl(name: str, stream: BinaryIO) -> Iterator[Entry | Problem]:
    """The rows of a file with a JSON object on each line, in UTF-8; blank lines do not matter.

    Args:
        name: how the file is called in places and ids.
    """
    lines = Lines(stream)
    while True:
        try:
            line = next(lines)
            if line.strip():
                place = f"{name}:{lines.number}"
                yield _Row.model_validate_json(line).entry(place)
        except StopIteration:
            return
        except LineProblem as problem:
            yield Problem(f"{name}:{lines.number}", str(problem))
        except ValidationError as error:
            yield Problem(f"{name}:{lines.number}", _complaint(error))


def csv_rows(name: str, stream: BinaryIO, encoding: str) -> Iterator[Entry | Problem]:
    """The rows of a CSV file with a heading; separated by comma, semicolon or tab."""
    lines = Lines(stream, encoding)
    try:
        heading, separator = _heading(next(lines, ""))
    except LineProblem as problem:
        yield Problem(f"{name}:1", str(problem))
        return
    csv.field_size_limit(LONGEST)
    rows = csv.reader(lines, delimiter=separator)
    while True:
        place = f"{name}:{lines.number + 1}"
        try:
            row = next(rows)
            if any(row):
                yield _entry(dict(zip(heading, row, strict=False)), place)
        except StopIteration:
            return
        except (LineProblem, csv.Error) as problem:
            yield Problem(place, str(problem))
        except ValidationError as error:
            yield Problem(place, _complaint(error))


def single_row(row: str | Mapping[str, object], place: str) -> Entry | Problem:
    """One row by itself, as the text of a JSON object or as its values by name."""
    try:
        if isinstance(row, str):
            return _Row.model_validate_json(row).entry(place)
        return _Row.model_validate(row).entry(place)
    except ValidationError as error:
        return Problem(place, _complaint(error))


def has_heading(line: str) -> bool:
    """Whether *line* is the heading of such a CSV file."""
    return any(_is_heading(_split(line, separator)) for separator in _SEPARATORS)


def _heading(line: str) -> tuple[list[str], str]:
    for separator in _SEPARATORS:
        names = _split(line, separator)
        if _is_heading(names):
            return names, separator
    wanted = " and ".join(_COLUMNS)
    raise LineProblem(f"no columns {wanted}: name them in the first line")


def _is_heading(names: list[str]) -> bool:
    return set(_COLUMNS) <= set(names)


def _split(line: str, separator: str) -> list[str]:
    return [word.strip().strip('"').lower() for word in line.split(separator)]


def _entry(row: dict[str, str], place: str) -> Entry:
    given = {name: row[name] for name in _COLUMNS if name in row}
    given |= {name: row[name].strip() for name in _OPTIONAL if row.get(name, "").strip()}
    return _Row.model_validate(given).entry(place)


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"no {where}"
    message = first["msg"].removeprefix("Input should be ").removeprefix("Invalid JSON: ")
    return f"{where}: must be {message}" if where else f"not a JSON object: {message}"

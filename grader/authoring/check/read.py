"""Reads a rubric file, and finds everything that is against the format, not only the first."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grader.authoring.check.finding import Finding, Reading, Severity
from grader.errors import BadRubric
from grader.rubric.files import expected, text_of
from grader.rubric.format import Rubric, RubricParts
from grader.util.complaint import key_of
from grader.util.toml import Place, nearest_line, parse_toml, value_lines

_SHORT = 80


def read(path: Path) -> tuple[Reading | None, list[Finding]]:
    """The rubric in *path*, or None where it cannot be read, and what is against the format."""
    try:
        text = text_of(path)
        content = parse_toml(text)
    except BadRubric as error:
        return None, [_unread(path, str(error))]
    except ValueError as error:
        return None, [_unread(path, f"not TOML: {error}")]
    places = value_lines(text)
    found = list(_broken(path, content, places))
    if found:
        return None, found
    reading = Reading(path, Rubric.model_validate(content), places)
    return reading, list(_name(reading))


def _unread(path: Path, message: str) -> Finding:
    """A finding made of a complaint, its place taken over where the complaint names one."""
    line, what = 1, message.removeprefix(f"{path}:").removeprefix(" ")
    head, _, rest = what.partition(": ")
    if head.isdigit():
        line, what = int(head), rest
    if " (at line " in what:
        what, _, where = what.partition(" (at line ")
        line = int(where.split(",")[0])
    return Finding(str(path), line, Severity.ERROR, "unreadable", "", what)


def _broken(path: Path, content: dict[str, Any], places: dict[Place, int]) -> Iterator[Finding]:
    def finding(place: Place, message: str) -> Finding:
        line = nearest_line(places, place)
        return Finding(str(path), line, Severity.ERROR, "format", key_of(place), message)

    try:
        Rubric.model_validate(content)
        return
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["loc"]:
                yield finding(detail["loc"], expected(detail))
                continue
            # What concerns the whole comes without a place, and one fault at a time.
            faults = RubricParts.model_validate(content).faults()
            found = [finding(fault.place, fault.message) for fault in faults]
            yield from found or [finding((), expected(detail))]


def _name(reading: Reading) -> Iterator[Finding]:
    if reading.rubric.id != reading.path.stem:
        yield reading.error("file-name", ("id",), f"must be the file's name, {reading.path.stem!r}")

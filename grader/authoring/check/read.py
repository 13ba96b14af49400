"""Reads a rubric file, and finds everything that is against the format, not only the first."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grader.authoring.check.finding import Finding, Reading, Severity
from grader.errors import BadRubric
from grader.rubric.files import expected, text_of
from grader.rubric.format import Rubric
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
            faults = [finding(place, message) for place, message in _faults(content)]
            yield from faults or [finding((), expected(detail))]


def _faults(content: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What is wrong between the parts of a rubric that are each of the format."""
    groups = ("key_points", "misconceptions")
    items = [((g, n), item) for g in groups for n, item in enumerate(content.get(g, []))]
    points = {item["id"] for item in content["key_points"]}
    documents = content.get("documents", {})
    seen: Counter[str] = Counter()
    for place, item in items:
        seen[item["id"]] += 1
        if seen[item["id"]] == 2:
            yield (*place, "id"), f"the id {item['id']!r} is used twice"
        for n, source in enumerate(item.get("sources", [])):
            if source["document"] not in documents:
                name = source["document"][:_SHORT]
                yield (*place, "sources", n, "document"), f"no document {name!r}"
        for name in item.get("contradicts", []):
            if name not in points:
                yield (*place, "contradicts"), f"no key point {name!r}"


def _name(reading: Reading) -> Iterator[Finding]:
    if reading.rubric.id != reading.path.stem:
        yield reading.error("file-name", ("id",), f"must be the file's name, {reading.path.stem!r}")

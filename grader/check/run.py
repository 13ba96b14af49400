"""Runs every check on rubric files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader import labelled
from grader.check import form, note, overlap, structure, wording
from grader.check.finding import Finding, Reading, Severity
from grader.errors import BadRubric
from grader.rubric import text_of

_ACCEPT = re.compile(r"# accept: ([a-z-]+)")

CHECKS = (*structure.ALL, *wording.ALL, *note.ALL, *overlap.ALL)


def check(path: Path) -> list[Finding]:
    """All findings in one rubric file, by line. A file that cannot be read is one finding."""
    reading, found = form.read(path)
    if reading is not None:
        found += [finding for one in CHECKS for finding in one(reading)]
        found += _labels(reading)
        accepted = _accepted(path)
        found = [f for f in found if (f.line, f.rule) not in accepted]
    return sorted(dict.fromkeys(found), key=lambda f: (f.line, f.rule, f.message))


def _labels(reading: Reading) -> Iterator[Finding]:
    """Labelled answers beside the rubric that do not fit it any more."""
    try:
        labelled.of(reading.rubric, (reading.path.parent,))
    except BadRubric as error:
        path = reading.path.parent / "labelled" / reading.path.name
        what = str(error).removeprefix(f"{path}: ")
        yield Finding(str(path), 1, Severity.ERROR, "labelled", "", what)


def _accepted(path: Path) -> set[tuple[int, str]]:
    """Lines and rules of findings that a person accepted: ``# accept: RULE, why`` on the line,
    or on the one above."""
    found = set()
    for line, text in enumerate(text_of(path).split("\n"), start=1):
        if accepted := _ACCEPT.search(text):
            alone = text.lstrip().startswith("#")
            found.add((line + alone, accepted[1]))
    return found


def readings(paths: Iterable[Path]) -> Iterator[Reading]:
    """The rubrics among *paths* that can be read, with their lines."""
    for path in paths:
        reading, _ = form.read(path)
        if reading is not None:
            yield reading


def check_all(paths: Iterable[Path]) -> list[Finding]:
    """The findings of several files, file by file."""
    return [finding for path in paths for finding in check(path)]

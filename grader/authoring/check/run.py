"""Runs every check on rubric files.

With what only a reader can tell, asked of a model and so never more than a note, and whether the
quotations stand in a text that is at hand.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

from grader.authoring.check import notes, overlap, read, structure, wording
from grader.authoring.check.finding import Finding, Reading, Severity
from grader.authoring.draft.source import SourceText
from grader.errors import BadRubric
from grader.judge import prompts
from grader.judge.items import object_schema
from grader.llm.objects import object_in
from grader.llm.request import Ask, Unusable
from grader.llm.request import read as read_reply
from grader.rubric.files import text_of
from grader.rubric.format import Rubric
from grader.rubric.labelled import labelled_of
from grader.util.toml import Place


def quoted(reading: Reading, sources: Mapping[str, SourceText]) -> Iterator[Finding]:
    """A finding for each quotation that its document does not hold.

    Args:
        sources: texts by the key of the rubric's ``documents``; other documents are passed over.
    """
    for place, item in reading.items:
        for n, cited in enumerate(item.sources):
            source = sources.get(cited.document)
            if source and cited.quote and source.find(cited.quote) is None:
                where = (*place, "sources", n, "quote")
                yield reading.error("not-quoted", where, f"does not stand in {source.path}")


_REPLIES = ("yes", "no")
_SCHEMA = object_schema({"reply": {"type": "string", "enum": [*_REPLIES]}})
_FORM = {"name": "reply", "strict": True, "schema": _SCHEMA}


async def judged(reading: Reading, ask: Ask) -> AsyncIterator[Finding]:
    """Key points that ask for the same, and notes that speak of something else, as a model sees it.

    One short call for each pair of key points, and one for each key point.

    Raises:
        ModelFailed: no request to the model can succeed.
    """
    points = reading.rubric.key_points
    for (_, one), (n, other) in combinations(enumerate(points), 2):
        asked = prompts.fill("check-overlap", one=one.text("en"), other=other.text("en"))
        place: Place = ("key_points", n)
        said = f"asks for the same as {one.id}, says the judge"
        if found := await _asked(reading, ask, asked, place, said):
            yield found
    for n, point in enumerate(points):
        asked = prompts.fill("check-note", text=point.text("en"), met=point.notes.met)
        place = ("key_points", n, "notes", "met")
        said = "speaks of something else than the key point, says the judge"
        if found := await _asked(reading, ask, asked, place, said):
            yield found


async def _asked(reading: Reading, ask: Ask, asked: str, place: Place, said: str) -> Finding | None:
    system = prompts.fill("check-system").strip()
    body = {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": asked.strip()},
        ],
        "response_format": {"type": "json_schema", "json_schema": _FORM},
    }
    try:
        found = object_in(read_reply(await ask(body)), lambda v: v.get("reply") in _REPLIES)
        reply = str(found["reply"])
    except Unusable:
        said, reply = "the judge gave no usable reply", "yes"
    return reading.finding(Severity.NOTE, "judge", place, said) if reply == "yes" else None


_ACCEPT = re.compile(r"# accept: ([a-z-]+)")

CHECKS = (*structure.ALL, *wording.ALL, *notes.ALL, *overlap.ALL)


def check_rubric(rubric: Path | Rubric) -> list[Finding]:
    """Returns all findings in a rubric, by line; an empty list where nothing is to be said.

    Args:
        rubric: a file, or a rubric made in code, whose findings stand on line 1. A file that
            cannot be read is one finding.
    """
    reading: Reading | None
    found: list[Finding]
    if isinstance(rubric, Rubric):
        reading, found = Reading(Path(f"{rubric.id}.toml"), rubric, {}), []
    else:
        reading, found = read.read(rubric)
    if reading is not None:
        found += [finding for check in CHECKS for finding in check(reading)]
    if reading is not None and isinstance(rubric, Path):
        found += _labels(reading)
        accepted = _accepted(rubric)
        found = [f for f in found if (f.line, f.rule) not in accepted]
    return sorted(dict.fromkeys(found), key=lambda f: (f.line, f.rule, f.message))


def _labels(reading: Reading) -> Iterator[Finding]:
    """Labelled answers beside the rubric that do not fit it any more."""
    try:
        labelled_of(reading.rubric, (reading.path.parent,))
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
        reading, _ = read.read(path)
        if reading is not None:
            yield reading


def check_all(paths: Iterable[Path]) -> list[Finding]:
    """The findings of several files, file by file."""
    return [finding for path in paths for finding in check_rubric(path)]

"""A draft as a rubric file: TOML in the format's order, comments for whoever edits it."""

import difflib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from grader.authoring.draft.assemble import Draft
from grader.rubric.files import rubric_toml
from grader.text.safe import one_line

_LONGEST = 600


@cache
def texts(table: str) -> dict[str, str]:
    """The words of ``notes.toml``: ``notes`` or ``trust``."""
    file = Path(__file__).with_name("notes.toml")
    found = tomllib.loads(file.read_text(encoding="utf-8"))[table]
    return {name: str(text) for name, text in found.items()}


def trust(how: str) -> str:
    """How far to trust a draft that was made ``whole`` or in ``steps``."""
    return texts("trust")[how]


def toml(draft: Draft, by: str, how_far: str) -> str:
    """The file's text.

    Args:
        by: the model, and what it drafted from.
        how_far: how far to trust the draft; a line each.
    """
    comments = [
        f"Drafted by {by}.",
        *how_far.strip().splitlines(),
        *_doubts(draft),
        *_dropped(draft),
    ]
    head = "".join(f"# {one_line(line, _LONGEST)}\n" for line in comments)
    return head + "\n" + rubric_toml(draft.rubric)


def _doubts(draft: Draft) -> Iterator[str]:
    if draft.doubts:
        yield "For a person to decide; none of these became a key point:"
    for doubt in draft.doubts:
        yield f"- {doubt.said.section}: “{doubt.said.text}”: {doubt.why}"


def _dropped(draft: Draft) -> Iterator[str]:
    if draft.dropped:
        yield "Proposed, and not written:"
    for line in draft.dropped:
        yield f"- {line}"


def diff(old: str, new: str, name: str) -> str:
    """A unified diff of two versions of a file."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), name, f"{name} (draft)"
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

"""Sessions as text: a Markdown file with a heading for each question, or a folder of files."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from grader import answer
from grader.entry import Entry, Problem, readable
from grader.errors import GraderError
from grader.lines import LineProblem, Lines

SUFFIXES = (".txt", ".md")
_HEADING = re.compile(r"##[ \t]+(.*?)[ \t]*#*\s*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_HEADING = 200
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

Knows = Callable[[str], bool]


def markdown(name: str, stream: BinaryIO, encoding: str, knows: Knows) -> Iterator[Entry | Problem]:
    """The answers of a session: each stands below ``## QUESTION-ID``.

    A heading counts where it names a question that *knows*, or where it is a single word in small
    letters outside a code block, so that a misspelt id is reported. Any other heading belongs to
    the answer that it stands in.
    """
    lines = Lines(stream, encoding)
    part = _Part(name)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            break
        except LineProblem as problem:
            yield Problem(f"{name}:{lines.number}", f"{problem}; its answer is left out")
            part.drop()
            continue
        if question := part.heading(line, knows):
            yield from part.finish()
            part.begin(question, lines.number)
        else:
            part.add(line)
    yield from part.finish()
    if part.question is None:
        yield Problem(name, "no answer in it: write each below a line such as ## bank-conflict")


class _Part:
    """The answer that is being read."""

    def __init__(self, name: str) -> None:
        self.question: str | None = None
        self._name = name
        self._line = 0
        self._text: list[str] | None = None
        self._size = 0
        self._fence = ""
        self._attempts: Counter[str] = Counter()

    def heading(self, line: str, knows: Knows) -> str | None:
        """The question that *line* begins, if it does."""
        # No id is so long; and on a line of blanks the pattern would try every way to split it.
        found = _HEADING.fullmatch(line) if len(line) < _LONGEST_HEADING else None
        if not found:
            return None
        slug = "-".join(found[1].lower().split())
        if _SLUG.fullmatch(slug) and knows(slug):
            return slug
        misspelt = not self._fence and _SLUG.fullmatch(found[1])
        return found[1] if misspelt else None

    def begin(self, question: str, line: int) -> None:
        self.question, self._line = question, line
        self._text, self._size, self._fence = [], 0, ""

    def add(self, line: str) -> None:
        if self._text is None:
            return
        if found := _FENCE.match(line):
            mark = found[1]
            if not self._fence:
                self._fence = mark
            elif mark[0] == self._fence[0] and len(mark) >= len(self._fence):
                self._fence = ""
        # Beyond the longest answer nothing more is kept: enough to know that it is too long.
        if self._size <= answer.MAX_CHARS:
            self._text.append(line)
            self._size += len(line)

    def drop(self) -> None:
        """Leaves the answer out: a line of it cannot be read."""
        self._text = None

    def finish(self) -> Iterator[Entry]:
        if self.question is None or self._text is None:
            return
        self._attempts[self.question] += 1
        attempt = self._attempts[self.question]
        suffix = f"-{attempt}" if attempt > 1 else ""
        text = "".join(self._text).strip("\r\n")
        place = f"{self._name}:{self._line}"
        yield Entry(self.question, text, f"{self._name}#{self.question}{suffix}", place)


def single(path: Path, name: str, candidate: str | None = None) -> Entry | Problem:
    """The file ``QUESTION-ID.txt`` or ``QUESTION-ID.md`` as one answer."""
    try:
        text = answer.read(path).text
    except GraderError as error:
        return Problem(name, str(error).removeprefix(f"{path}: "))
    return Entry(path.stem, text, name, name, candidate)


def folder(root: Path, name: str) -> Iterator[Entry | Problem]:
    """The answers in ``ID.txt``, ``ID.md``, ``CANDIDATE/ID.txt`` and ``CANDIDATE/ID.md``.

    Hidden files are passed over. A link that leads out of the folder is reported, not followed:
    it could send any file of this machine to the judge.
    """
    return _folder(root, root, name, None)


def _folder(root: Path, inner: Path, name: str, candidate: str | None) -> Iterator[Entry | Problem]:
    try:
        # Names alone, which take a tenth of the room that paths do.
        members = sorted(os.listdir(inner))  # noqa: PTH208
    except OSError as error:
        yield Problem(name, f"cannot be read: {error.strerror}")
        return
    for member in members:
        path, place = inner / member, f"{name}/{readable(member)}"
        if member.startswith("."):
            continue
        if path.is_symlink() or not path.is_dir():
            yield _file(root, path, place, candidate)
        elif candidate is None:
            yield from _folder(root, path, place, readable(member))
        else:
            yield Problem(place, "a folder too deep: answers lie in CANDIDATE/QUESTION-ID.md")


def _file(root: Path, path: Path, place: str, candidate: str | None) -> Entry | Problem:
    if path.is_symlink() and not _inside(root, path):
        return Problem(place, "a link that leads out of the folder or nowhere")
    if not path.is_file():
        return Problem(place, "not a file; links to folders are not followed")
    if path.suffix.lower() not in SUFFIXES:
        return Problem(place, f"not an answer: {' and '.join(SUFFIXES)} are read")
    return single(path, place, candidate)


def _inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link to itself
        return False

"""Answers that somebody is writing: on the disk from the first line until they are graded.

A draft is a plain file, which an editor may change and a crash leaves where it is.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.answer import MAX_BYTES
from grader.errors import BadInput, OutFailed
from grader.ledger.ledger import default_path
from grader.rubric.format import SLUG, Rubric
from grader.text.catalogue import words_in
from grader.text.safe import one_line
from grader.util.files import new_file
from grader.util.text_file import read_text

MOST_BYTES = 2 * MAX_BYTES
"""More than an answer may have: one that is too long is refused as such, and can be cut down."""
_MARK = "#| "


def default_folder() -> Path:
    """Returns where drafts lie: the folder ``drafts`` beside the ledger."""
    return default_path().parent / "drafts"


def template(rubric: Rubric, language: str) -> tuple[str, ...]:
    """Returns the lines that stand below an answer in an editor: the question, and what to do."""
    return _template(rubric.question.text(language), language)


def _template(question: str, language: str) -> tuple[str, ...]:
    lines = (one_line(question), *words_in(language)["exercise"]["template"])
    return tuple(f"{_MARK}{line}" for line in lines)


def without_template(text: str, rubric: Rubric) -> str:
    """Returns *text* without the template's own lines, in whichever language; ``""`` if blank.

    A line is the template's only where it is the very same, and each is taken out once: whatever
    else begins alike is the answer's.
    """
    own: Counter[str] = Counter()
    for language in ("en", "zh"):
        for question in rubric.question.wordings:
            own |= Counter(_template(question, language))
    kept = []
    for line in reversed(text.split("\n")):
        if own[line.rstrip()] > 0:
            own[line.rstrip()] -= 1
        else:
            kept.append(line)
    body = "\n".join(reversed(kept)).strip("\n")
    return f"{body}\n" if body.strip() else ""


@dataclass(frozen=True)
class AnswerDraft:
    """The answer that somebody is writing to one question. The file is made when it is needed."""

    path: Path
    rubric: Rubric

    def text(self) -> str:
        """What was written, without the template; ``""`` where there is nothing.

        Raises:
            BadInput: the file is no text, or far too long.
        """
        if not self.path.exists():
            return ""
        written = read_text(self.path, MOST_BYTES, "far too long for an answer; cut it down")
        return without_template(written, self.rubric)

    @property
    def is_written(self) -> bool:
        """Whether anything was written, be it what cannot be read."""
        try:
            return bool(self.text())
        except BadInput:
            return True

    @property
    def changed_at(self) -> datetime | None:
        """When it was last changed; None where there is no file."""
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp(self.path.stat().st_mtime_ns / 1e9, UTC)
        return None

    def save(self, text: str) -> None:
        """Puts *text* in place of what was written, on the disk when this returns.

        Raises:
            BadInput: the folder cannot be written to.
            OutFailed: the disk does not take it; what was there before stays.
        """
        with self._told(), new_file(self.path) as file:
            file.write(text)

    def append(self, line: bytes) -> None:
        """Adds a line as it was typed, so that one that is not typed to its end loses nothing.

        Raises:
            OutFailed: the disk does not take it.
        """
        with self._told(), self.path.open("ab") as file:
            file.write(line)

    @contextmanager
    def in_editor(self, language: str) -> Iterator[Path]:
        """Gives the file with the template below the draft, for an editor to change.

        A draft that comes back unchanged keeps its time: handed in again it is the same attempt.
        """
        before, times = self.text(), self._times()
        below = "\n".join(template(self.rubric, language))
        self.save(f"{before}\n{below}\n" if before else f"\n\n{below}\n")
        yield self.path
        if times is not None and self.text() == before:
            os.utime(self.path, ns=times)

    def set_aside(self) -> Path:
        """Moves the draft to a file that no practice reads, beside those of before; gives its
        path."""
        at = self.changed_at or datetime.now(UTC)
        return self.path.replace(self.path.with_suffix(f".{at:%Y%m%dT%H%M%S%f}.earlier"))

    def remove(self) -> None:
        """Ends the draft: it was graded, or thrown away."""
        self.path.unlink(missing_ok=True)

    def _times(self) -> tuple[int, int] | None:
        with suppress(FileNotFoundError):
            seen = self.path.stat()
            return seen.st_atime_ns, seen.st_mtime_ns
        return None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            yield
        except OSError as error:
            where = f"the draft {self.path}"
            raise OutFailed(f"{where}: cannot be written: {error.strerror}") from None


class Drafts:
    """The drafts of one person, in a folder that may hold those of others."""

    def __init__(self, folder: Path, candidate: str | None = None) -> None:
        self._folder = folder
        # A name may hold what no file's may
        digest = hashlib.sha256((candidate or "").encode("utf-8", "surrogatepass")).hexdigest()
        self._suffix = f".{digest[:12]}.md" if candidate is not None else ".md"

    def of(self, rubric: Rubric) -> AnswerDraft:
        """Returns the draft for the question of *rubric*, written or not."""
        if not re.fullmatch(SLUG, rubric.id):  # never out of the folder
            raise BadInput(f"{one_line(rubric.id, 80)}: not the id of a question")
        return AnswerDraft(self._folder / f"{rubric.id}{self._suffix}", rubric)

    def waiting(self, rubrics: Mapping[str, Rubric]) -> dict[str, datetime]:
        """Returns the questions among *rubrics* with something written, with its time, the latest
        first."""
        times = {}
        for name, rubric in rubrics.items():
            draft = self.of(rubric)
            with suppress(FileNotFoundError):
                if (at := draft.changed_at) is not None and draft.is_written:
                    times[name] = at
        return dict(sorted(times.items(), key=lambda item: item[1], reverse=True))

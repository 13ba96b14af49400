"""What a session is made of: answers as they stand there, and what could not be read."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from grader import answer
from grader.errors import GraderError
from grader.grading import Attempt
from grader.rubric.files import load_readable, load_rubric, question_ids
from grader.rubric.format import Rubric
from grader.text.flags import Flag
from grader.text.fold import fold

_NEAR = 0.85
_LONGEST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer of a session, not yet judged.

    Attributes:
        question: the question's id.
        text: as read: what HTML shows, with plain line ends. Blank where a table's cell is.
        id: names the answer in results; unique in its session and the same at every reading.
        place: file and line, for messages.
        attempted_at: when it was given; a time without a zone is taken as UTC.
    """

    question: str
    text: str
    id: str
    place: str
    candidate: str | None = None
    attempted_at: datetime | None = None
    flags: tuple[Flag, ...] = ()
    """What there was to tell of the text when it was read."""

    def attempt(self) -> Attempt:
        """The answer to be judged.

        Raises:
            BadInput: it is no text that can be graded.
        """
        given = answer.CleanedText(self.text, self.flags)
        text = answer.as_read(given, self.place, empty=True)
        return Attempt(text, self.id, self.candidate, self.attempted_at)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a session that is not graded, and why: a value, so that the rest goes on."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Questions:
    """The rubrics of some folders, each read once, when first asked for."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        # Bounded: a file may name any number of questions that do not exist.
        self._find = functools.lru_cache(maxsize=4096)(self._load)

    def find(self, question: str) -> Rubric:
        """The rubric of *question*.

        Raises:
            UnknownQuestion: no folder has it; the nearest ids are named.
            BadRubric: its file is not of the format.
        """
        found = self._find(question)
        if isinstance(found, GraderError):
            raise found.with_traceback(None)
        return found

    def knows(self, question: str) -> bool:
        """Whether there is a usable rubric of *question*."""
        return isinstance(self._find(question), Rubric)

    def is_near(self, question: str) -> bool:
        """Whether *question* is an id, but for a letter or two."""
        return bool(get_close_matches(question, question_ids(self._folders), 1, _NEAR))

    def asked_by(self, text: str) -> str | None:
        """The id of the question that *text* is, by its id or its words; None where none is."""
        if self.knows(text.strip()):
            return text.strip()
        return self._by_words.get(fold(text).text.strip())

    def nearest_to(self, text: str) -> str | None:
        """The id of the question whose words are nearest to *text*, None where all are far."""
        words = fold(text[:_LONGEST_WORDS]).text.strip()
        near = get_close_matches(words, self._by_words, 1)
        ids = near or get_close_matches(text, question_ids(self._folders), 1)
        return self._by_words.get(ids[0], ids[0]) if ids else None

    @functools.cached_property
    def _by_words(self) -> dict[str, str]:
        words = {}
        for rubric in load_readable(self._folders)[0]:
            for text in rubric.question.wordings:
                words[fold(text).text.strip()] = rubric.id
        return words

    def _load(self, question: str) -> Rubric | GraderError:
        try:
            return load_rubric(question, self._folders)
        except GraderError as error:
            return error


def as_utc(time: datetime | None) -> datetime | None:
    """*time* with a zone: UTC where it has none."""
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def readable(name: str) -> str:
    """A file's name as text that can be printed and kept: bytes of no encoding become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def whole(text: str) -> str:
    """*text* with each half of a surrogate pair as U+FFFD, so that it can be written anywhere."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

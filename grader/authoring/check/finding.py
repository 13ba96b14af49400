"""One line a finding: where, how bad, and what to do about it."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from grader.rubric.format import KeyPoint, Misconception, Rubric
from grader.text.language import primary
from grader.util.toml import Place, nearest_line


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The rubric cannot be read, or grades wrongly."""
    WARNING = "warning"
    """Two people, or two judges, are likely to read it differently."""
    NOTE = "note"
    """Worth a look."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a rubric file.

    Attributes:
        line: from 1.
        key: the place in the file by ids, as ``padding.notes.met``; empty for the whole file.
        rule: the name of the check that found it.
    """

    file: str
    line: int
    severity: Severity
    rule: str
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}: {self.severity}: {key}{self.message} [{self.rule}]"

    def to_dict(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Written:
    """One text of a rubric.

    Attributes:
        place: where it stands in the file.
        language: its tag, or None where English or Chinese may stand.
    """

    place: Place
    text: str
    language: str | None


def has_word_lists(language: str | None) -> bool:
    """Whether the word lists are of this language: ``todo`` is a word in Spanish."""
    return language is None or primary(language) in ("en", "zh")


@dataclass(frozen=True)
class Reading:
    """A rubric with the lines of its file: what every check looks at."""

    path: Path
    rubric: Rubric
    lines: dict[Place, int] = field(repr=False)

    def finding(self, severity: Severity, rule: str, place: Place, message: str) -> Finding:
        """A finding at *place*; what concerns a whole item is shown at its id."""
        item = (*place, 0) if len(place) == 1 else place
        line = self.lines.get((*item, "id")) or nearest_line(self.lines, place)
        return Finding(str(self.path), line, severity, rule, self._key(place), message)

    def error(self, rule: str, place: Place, message: str) -> Finding:
        return self.finding(Severity.ERROR, rule, place, message)

    def warning(self, rule: str, place: Place, message: str) -> Finding:
        return self.finding(Severity.WARNING, rule, place, message)

    def _key(self, place: Place) -> str:
        """The place by ids: a person looks for ``padding``, not for ``key_points[4]``."""
        if len(place) >= 2 and isinstance(place[1], int):
            item = getattr(self.rubric, str(place[0]))[place[1]]
            place = (item.id, *place[2:])
        return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")

    @property
    def items(self) -> list[tuple[Place, KeyPoint | Misconception]]:
        """Key points and misconceptions with their places."""
        points = [(("key_points", n), p) for n, p in enumerate(self.rubric.key_points)]
        claims = [(("misconceptions", n), m) for n, m in enumerate(self.rubric.misconceptions)]
        return [*points, *claims]

    @property
    def claims(self) -> list[Written]:
        """What is asserted: question, key points, misconceptions and corrections."""
        return [
            Written((*place, tag), text, tag)
            for place, _, worded in self.rubric.worded()
            for tag, text in worded.texts.items()
        ]

    @property
    def notes(self) -> list[Written]:
        """The notes of all key points; where the rubric has no English and no Chinese, in the
        language that it has."""
        tags = list(self.rubric.question.texts)
        language = None if {"en", "zh"} & set(tags) else tags[0]
        return [
            Written(("key_points", n, "notes", level), text, language)
            for n, point in enumerate(self.rubric.key_points)
            for level, text in point.notes
            if text is not None
        ]

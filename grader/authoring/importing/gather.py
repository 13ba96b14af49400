"""Takes key points, wrong claims and sources out of the lines of a text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.authoring.importing.material import (
    LEVELS,
    ImportedClaim,
    ImportedPoint,
    ImportedQuestion,
)
from grader.authoring.importing.names import labelled, role_of
from grader.authoring.importing.outline import Kind, OutlineLine
from grader.authoring.importing.points import split_points

SECTIONS = {"key_point", "key_points", "misconception", "source", "question", "answer", "hint"}
"""What a heading may say of the lines below it."""
_CORRECTS = re.compile(r"→|⇒|->|=>")
_ABOUT_POINT = {*LEVELS, "hint", "source"}


@dataclass
class Gathering:
    """A question that lines are added to.

    Attributes:
        prose: paragraphs before the first key point.
        passed: the lines of prose that is in no rubric.
        section: what the lines are about, one of :data:`SECTIONS`; empty for key points.
    """

    question: ImportedQuestion
    first_line: int = 1
    prose: list[str] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    section: str = ""
    _last: ImportedPoint | ImportedClaim | None = None

    def take(self, lines: Sequence[OutlineLine]) -> None:
        """Adds the lines, one after the other; where none is an item, those with points are."""
        if not any(line.kind is Kind.ITEM for line in lines):
            lines = [_as_item(line) for line in lines]
        for line in lines:
            section = _section_of(line)
            if section:
                self.section, self._last = section, None
            elif line.kind is Kind.ITEM:
                self._item(line)
            elif line.kind is Kind.PROSE:
                self._paragraph(line)

    def _at(self, line: OutlineLine) -> str:
        return str(self.first_line + line.line - 1)

    def _item(self, line: OutlineLine) -> None:
        role, rest = labelled(line.text)
        if self._last is not None and line.depth > 1:
            self._detail(role, rest if role in {*_ABOUT_POINT, "correction"} else line.text)
        elif self.section in {"source", "hint", "question", "answer"}:
            self._paragraph(line)
        elif role == "source":
            self.question.cited.append(rest)
        elif role == "misconception" or self.section == "misconception":
            self._claim(rest if role == "misconception" else line.text, self._at(line))
        else:
            text, points = split_points(rest if role == "key_point" else line.text)
            self._point(ImportedPoint(text, self._at(line), points))

    def _point(self, point: ImportedPoint) -> None:
        text, correction = _corrected(point.text)
        text, cost = split_points(text) if point.points is None else (text, point.points)
        if cost is not None and cost < 0:
            point.points = cost
        else:
            text, correction = point.text, ""
        before = len(self.question.claims)
        self.question.add(ImportedPoint(text, point.at, point.points), correction)
        listed = self.question.claims[before:] or self.question.points[-1:]
        self._last = listed[0] if listed else None

    def _claim(self, text: str, at: str) -> None:
        before, after = _corrected(text)
        claim, points = split_points(before)
        correction, later = split_points(after)
        self._last = ImportedClaim(claim, at, abs(points or later or 0), correction)
        self.question.claims.append(self._last)

    def _detail(self, role: str, text: str) -> None:
        """What stands in a list below a key point or a wrong claim."""
        last = self._last
        if role == "source" and last is not None:
            last.cited.append(text)
        elif isinstance(last, ImportedClaim):
            last.correction = _joined(last.correction, text)
        elif isinstance(last, ImportedPoint) and role == "hint":
            last.hint = _joined(last.hint, text)
        elif isinstance(last, ImportedPoint):
            level = role if role in LEVELS else "met"
            last.notes[level] = _joined(last.notes.get(level, ""), text)

    def _paragraph(self, line: OutlineLine) -> None:
        role, rest = labelled(line.text)
        if line.depth and self._last is not None:  # a paragraph within an item
            self._detail(role, rest if role in {*_ABOUT_POINT, "correction"} else line.text)
        elif role == "source" or self.section == "source":
            self.question.cited.append(rest if role == "source" else line.text)
        elif role == "question" or self.section == "question":
            text = rest if role == "question" else line.text
            self.question.text = _joined(self.question.text, text, "\n\n")
        elif not self.section and not self.question.points and not self.question.claims:
            self.prose.append(line.text)
        elif not line.text.rstrip().endswith((":", "：")):
            self.passed.append(self.first_line + line.line - 1)

    def end(self) -> None:
        """Notes what was passed over."""
        if self.passed:
            count = f"{len(self.passed)} paragraphs" if len(self.passed) > 1 else "a paragraph"
            told = f"{count} beside the lists not written; move what counts into a list"
            self.question.lack(told, str(self.passed[0]))


def _as_item(line: OutlineLine) -> OutlineLine:
    worth = split_points(line.text)[1] if line.kind is Kind.PROSE else None
    return OutlineLine(Kind.ITEM, 1, line.text, line.line) if worth is not None else line


def _section_of(line: OutlineLine) -> str:
    """The section that a heading opens, or a paragraph that is nothing but its name."""
    role = role_of(line.text) if line.kind is not Kind.ITEM else ""
    heads = line.kind is Kind.HEADING or line.text.rstrip(" *_").endswith((":", "："))
    role = {"key_point": "key_points", "correction": "", "contradicted": "misconception"}.get(
        role, role
    )
    return role if role in SECTIONS and heads else ""


def _corrected(text: str) -> tuple[str, str]:
    """A wrong claim and what comes after an arrow, its correction."""
    claim, *rest = (part.strip() for part in _CORRECTS.split(text, maxsplit=1))
    return (claim, rest[0]) if rest and claim and rest[0] else (text, "")


def _joined(one: str, other: str, between: str = "\n") -> str:
    return f"{one}{between}{other}" if one else other

"""Levels of a platform's rubric as notes on met, partial and missed."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.authoring.importing.material import LEVELS, ImportedPoint, ImportedQuestion
from grader.authoring.importing.names import role_of

_HALF = 0.5
_SAME = 1e-6


@dataclass(frozen=True)
class RatingLevel:
    """One level: its name, what it says, and its points where it has some."""

    name: str
    text: str = ""
    points: float | None = None

    @property
    def note(self) -> str:
        """Name and text; the text alone where the name only says which level it is."""
        if self.name and self.text and not role_of(self.name):
            return f"{self.name}: {self.text}"
        return self.text or self.name


def take_levels(
    question: ImportedQuestion, point: ImportedPoint, levels: Sequence[RatingLevel]
) -> None:
    """Makes notes of *levels*: the highest is met, one of no points missed, between them partial.

    Without points their names decide. What cannot be told apart is a gap of *question*.
    """
    if levels and all(level.points is not None for level in levels):
        _by_points(question, point, sorted(levels, key=lambda level: -(level.points or 0)))
        return
    for level in levels:
        role = role_of(level.name)
        if role in LEVELS:
            _note(point, role, [level])
        elif level.note:
            told = f"level “{level.note[:60]}” is not met, partial or missed"
            question.lack(told, point.at, left_out=True)


def _by_points(
    question: ImportedQuestion, point: ImportedPoint, levels: Sequence[RatingLevel]
) -> None:
    best, *others = levels
    worth = best.points or 0.0
    point.points = worth if point.points is None else point.points
    _note(point, "met", [best])
    missed = [level for level in others if (level.points or 0) <= _SAME]
    between = [level for level in others if (level.points or 0) > _SAME]
    _note(point, "missed", missed)
    _note(point, "partial", between)
    if between:
        _compare(question, point, between, worth)


def _note(point: ImportedPoint, role: str, levels: Sequence[RatingLevel]) -> None:
    """Writes what *levels* say; a bare name, as ``Full Marks``, only where a level is partial."""
    said = [note for level in levels if (note := level.note)]
    if role != "partial":
        said = [note for note in said if role_of(note) not in LEVELS]
    if said:
        point.notes[role] = "\n".join(said)


def _compare(
    question: ImportedQuestion,
    point: ImportedPoint,
    between: Sequence[RatingLevel],
    worth: float,
) -> None:
    """Notes where a level between earns something else than half, as partial does."""
    earned = [level.points or 0.0 for level in between]
    if len(between) > 1 or abs(earned[0] - _HALF * worth) > _SAME:
        listed = ", ".join(f"{points:g}" for points in earned)
        told = f"levels of {listed} of {worth:g} points are written as partial, which earns half"
        question.lack(told, point.at)

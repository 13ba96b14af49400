"""Grades in the shape that a platform imports, for the people in the exports that were graded."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from grader.decision import decided
from grader.record import Grade
from grader.session.entry import Problem, Questions
from grader.session.exports.rows import HandedIn, question_of
from grader.session.exports.shape import AnswerColumn, Person, Shape
from grader.session.tables import AnswerTable

_FULL = 2
"""Digits after the point: what gradebooks show."""


@dataclass(frozen=True, slots=True)
class AnswerMark:
    """What came of one answer.

    Attributes:
        share: of the points, 0 to 1; None where something could not be graded.
        out_of: points of the rubric.
    """

    share: float | None
    out_of: float
    feedback: str


Marks = Mapping[tuple[str, str], AnswerMark]
"""By question and answer id."""


def marks_of(grades: Iterable[Grade]) -> dict[tuple[str, str], AnswerMark]:
    """What came of each of *grades*."""
    marks = {}
    for grade in grades:
        score = decided(grade).score
        points, most = score.points, score.out_of
        share = None if points is None else min(points / most, 1.0)
        marks[grade.question, grade.answer_id] = AnswerMark(share, most, grade.feedback)
    return marks


@dataclass(frozen=True, slots=True)
class GradedPart:
    """The answer to one question, and the points that it may get."""

    question: str
    mark: AnswerMark | None
    possible: float

    @property
    def points(self) -> float | None:
        """The points that it got; None where it is not graded."""
        share = self.mark.share if self.mark else None
        return None if share is None else round(share * self.possible, _FULL)


@dataclass(frozen=True)
class Handed:
    """All that one person handed in at one attempt, with what came of it.

    Attributes:
        total: points of the whole where the platform says them; else those of the parts count.
        headings: how the export writes those of what goes back; empty where it was none.
    """

    person: Person
    parts: tuple[GradedPart, ...]
    total: float | None = None
    headings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def possible(self) -> float:
        """The points of the whole."""
        return self.total or round(sum(part.possible for part in self.parts), _FULL)

    @cached_property
    def points(self) -> float | None:
        """The points of all parts; None where one of them is not graded, which is never nought."""
        earned = 0.0
        for part in self.parts:
            if part.mark is None or part.mark.share is None:
                return None
            earned += part.mark.share * part.possible
        whole = sum(part.possible for part in self.parts)
        return round(earned / whole * self.possible, _FULL) if whole else None

    @property
    def feedback(self) -> str:
        """What there is to say of all parts."""
        said = [(part.question, part.mark.feedback) for part in self.parts if part.mark]
        alone = len(said) == 1
        return "\n".join(text if alone else f"{name}: {text}" for name, text in said if text)


def handed(
    tables: Iterable[AnswerTable], grades: Iterable[Grade], questions: Questions
) -> list[Handed]:
    """What each person in *tables* got; of several attempts the best, as platforms count.

    Whoever is in no table is taken by the id of the answer and the name of the candidate.
    """
    kept = list(grades)
    marks = marks_of(kept)
    best: dict[str, Handed] = {}
    seen: set[tuple[str, str]] = set()
    for table in tables:
        for row in table.rows():
            if isinstance(row, Problem) or table.shape is None:
                continue
            given = _given(row, table.shape, questions, marks)
            seen |= {(part.question, row.person.id) for part in given.parts}
            key = row.person.id.removesuffix(f" (attempt {row.person.attempt})")
            best[key] = max(best.get(key, given), given, key=_rank)
    return [*best.values(), *_others(kept, marks, seen)]


def _rank(each: Handed) -> float:
    # Where one attempt is not graded, nobody knows yet which is the best.
    return math.inf if each.points is None else each.points


def _given(row: HandedIn, shape: Shape, questions: Questions, marks: Marks) -> Handed:
    asked = ((column, question_of(row, column, questions)) for column in shape.answers)
    parts = tuple(
        _part(column, question, marks.get((question, row.person.id)))
        for column, question in asked
        if question is not None
    )
    return Handed(row.person, parts, _total(shape, row.person), shape.headings)


def _part(column: AnswerColumn, question: str, mark: AnswerMark | None) -> GradedPart:
    return GradedPart(question, mark, column.points or (mark.out_of if mark else 0.0))


def _total(shape: Shape, person: Person) -> float | None:
    """The points that the platform gives for the whole, of a worksheet in each row."""
    try:
        return float(person.known.get("maximum", "").replace(",", ".")) or shape.total
    except ValueError:
        return shape.total


def _others(grades: Sequence[Grade], marks: Marks, seen: set[tuple[str, str]]) -> Iterator[Handed]:
    people: dict[str, Handed] = {}
    for grade in grades:
        if (grade.question, grade.answer_id) in seen:
            continue
        known = {"name": grade.candidate} if grade.candidate else {}
        known["email" if "@" in grade.answer_id else "number"] = grade.answer_id
        before = people.get(grade.answer_id, Handed(Person(grade.answer_id, known), ()))
        mark = marks[grade.question, grade.answer_id]
        part = GradedPart(grade.question, mark, mark.out_of)
        people[grade.answer_id] = replace(before, parts=(*before.parts, part))
    yield from people.values()

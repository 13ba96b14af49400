"""What to practise next, from the grades of all sessions.

Each key point is scheduled on its own by FSRS (:mod:`grader.session.memory`). A question is as
urgent as its key points that are due are likely to be forgotten, by weight. The state is a
function of the grades alone: in whatever order they are read, it is the same.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from grader.decision import decided, is_decided, united
from grader.record import Grade, Score, Verdict
from grader.scoring import PointCost, costs
from grader.session.memory import Memory, remembered

_NOT_SAID = (Verdict.MISSED, Verdict.CONTRADICTED)


@dataclass(frozen=True)
class PastAttempt:
    """One answer to a question, as graded last.

    Attributes:
        verdicts: by key point, in the rubric's order; None is ungraded.
        weights: by key point.
        costs: what each was worth and lost, by key point.
        unsure: the key points whose verdict its judge was not sure of.
    """

    at: datetime
    answer_id: str
    score: Score
    verdicts: dict[str, Verdict | None]
    weights: dict[str, float]
    costs: dict[str, PointCost]
    unsure: frozenset[str] = frozenset()

    def review(self, point: str) -> Verdict | None:
        """The verdict that counts for the schedule: None where it is missing or unsure."""
        return None if point in self.unsure else self.verdicts.get(point)


@dataclass(frozen=True)
class PointHistory:
    """One key point over all attempts at its question.

    Attributes:
        verdicts: in the order of the attempts; None is ungraded.
        worth: its points in the latest grade, scaled to the question's total.
        costly: how often it cost points; in a group that had enough others it did not.
        in_a_row: how often it was met since it last was not.
        missed_at: when it last was not met, or None.
        memory: how well it is known; None if no attempt was graded surely.
        lapsed: whether it was missed or contradicted when it was last reviewed.
    """

    question: str
    id: str
    weight: float
    verdicts: tuple[Verdict | None, ...]
    in_a_row: int
    missed_at: datetime | None
    memory: Memory | None
    lapsed: bool
    worth: float
    costly: int

    @property
    def misses(self) -> int:
        """Graded attempts that did not meet it."""
        return sum(v not in (None, Verdict.MET) for v in self.verdicts)

    @property
    def due(self) -> datetime | None:
        """When it should be practised again; None if it was never reviewed."""
        return self.memory.due if self.memory else None

    def is_due(self, now: datetime) -> bool:
        """Whether it should be practised at *now*."""
        return self.memory is not None and self.memory.due <= now

    def urgency(self, now: datetime) -> float:
        """The probability that it is forgotten, once it is due; 0 for what is not due."""
        if self.memory is None or self.memory.due > now:
            return 0.0
        return 1 - self.memory.retrievability(now)


@dataclass(frozen=True)
class QuestionHistory:
    """All attempts at one question, the oldest first, and its key points in the rubric's order."""

    id: str
    attempts: tuple[PastAttempt, ...]
    points: tuple[PointHistory, ...]

    def urgency(self, now: datetime) -> float:
        """The urgency of its key points, by weight, from 0 to 1."""
        weights = sum(point.weight for point in self.points)
        return sum(p.weight * p.urgency(now) for p in self.points) / (weights or 1)

    def due(self, now: datetime) -> tuple[PointHistory, ...]:
        """The key points that are due: first what was missed last, then the most urgent."""
        waiting = [point for point in self.points if point.is_due(now)]
        return tuple(sorted(waiting, key=lambda p: (not p.lapsed, -p.weight * p.urgency(now))))

    def rank(self, now: datetime) -> tuple[bool, float, str]:
        """Sorts questions: first those with something due that was missed, then the urgent."""
        missed = any(point.lapsed for point in self.due(now))
        return (not missed, -self.urgency(now), self.id)

    @property
    def next_due(self) -> datetime | None:
        """When the first of its key points is due; None if none was ever reviewed."""
        return min((point.due for point in self.points if point.due), default=None)

    def within(self, points: Iterable[str]) -> "QuestionHistory":
        """The same without the key points that are not among *points*, those of the rubric now."""
        kept = frozenset(points)
        return replace(self, points=tuple(p for p in self.points if p.id in kept))


def histories(grades: Iterable[Grade], candidate: str | None = None) -> tuple[QuestionHistory, ...]:
    """The questions that were attempted, by id.

    The same text given at the same time is one attempt, however often it was graded: the latest
    grade counts.

    Args:
        grades: in the order in which they were made; of each only its attempt is kept.
        candidate: only this one's answers; None takes those of everybody.
    """
    questions: dict[str, _PastQuestion] = {}
    for grade in grades:
        if candidate is None or grade.candidate == candidate:
            questions.setdefault(grade.question, _PastQuestion()).add(grade)
    return tuple(question.history(name) for name, question in sorted(questions.items()))


def latest_grades(grades: Iterable[Grade], candidate: str | None = None) -> tuple[Grade, ...]:
    """The attempts at one question as each was graded last, the oldest first, with their words and
    with what people decided.

    Args:
        grades: of one question, as for :func:`histories`; they are all held in memory.
        candidate: only this one's answers; None takes those of everybody.
    """
    question = _PastQuestion(with_words=True)
    for grade in grades:
        if candidate is None or grade.candidate == candidate:
            question.add(grade)
    return tuple(question.united(graded) for graded in question.in_order())


def next_up(
    questions: Iterable[QuestionHistory], now: datetime, longest: int = 5
) -> tuple[QuestionHistory, ...]:
    """The questions to practise now, at most *longest*, those first in which something was missed
    last, then the most urgent."""
    waiting = [question for question in questions if question.due(now)]
    return tuple(sorted(waiting, key=lambda q: q.rank(now))[:longest])


def weakest(questions: Iterable[QuestionHistory], longest: int = 10) -> tuple[PointHistory, ...]:
    """The key points that cost points most often and were not met since, at most *longest*, those
    that are worth most first."""
    missed = [p for q in questions for p in q.points if p.costly and not p.in_a_row]
    return tuple(sorted(missed, key=lambda p: (-p.worth * p.costly, p.question))[:longest])


@dataclass
class _PastQuestion:
    """The attempts so far, each as it was graded last, by what makes them different ones."""

    attempts: dict[tuple[str, str | None, datetime | None], "_Graded"] = field(default_factory=dict)
    people: dict[tuple[str, str | None, str], list[Grade]] = field(default_factory=dict)
    """The grades that people decided on, by text, candidate and rubric."""
    with_words: bool = False
    """Whether quotations and reasons are kept too."""

    def add(self, grade: Grade) -> None:
        key = (grade.digests.answer, grade.candidate, grade.attempted_at)
        at = grade.attempted_at or grade.graded_at
        earlier = self.attempts.get(key)
        # Of two that were made at the same time neither is later: what they say decides
        says = str([(p.id, p.weight, p.verdict, p.alternative) for p in grade.key_points])
        made = (grade.graded_at, len(grade.overrides), says, grade.answer_id)
        if earlier is None or made > earlier.made:
            began = min(at, earlier.at) if earlier else at
            self.attempts[key] = _Graded(
                made, began, grade if self.with_words else _without_words(grade)
            )
        elif at < earlier.at:
            earlier.at = at
        if is_decided(grade):
            self.people.setdefault(_same_work(grade), []).append(_without_words(grade))

    def history(self, name: str) -> QuestionHistory:
        attempts = tuple(self._attempt(graded) for graded in self.in_order())
        points = tuple(_point(name, point, attempts) for point in attempts[-1].verdicts)
        return QuestionHistory(name, attempts, points)

    def in_order(self) -> list["_Graded"]:
        """The attempts, the oldest first."""
        ordered = sorted(self.attempts.items(), key=lambda item: (item[1].at, str(item[0])))
        return [graded for _, graded in ordered]

    def united(self, graded: "_Graded") -> Grade:
        """A text that is graded anew against the same rubric keeps what people decided on it."""
        return united(graded.grade, *self.people.get(_same_work(graded.grade), ()))

    def _attempt(self, graded: "_Graded") -> PastAttempt:
        return replace(past_attempt(self.united(graded)), at=graded.at)


@dataclass
class _Graded:
    made: tuple[datetime, int, str, str]
    """What tells the latest grade of one attempt from those before."""
    at: datetime
    grade: Grade


def _same_work(grade: Grade) -> tuple[str, str | None, str]:
    return (grade.digests.answer, grade.candidate, grade.digests.rubric)


def _without_words(grade: Grade) -> Grade:
    """The grade without quotations and reasons, so that a long history fits into memory."""
    points = tuple(p.model_copy(update={"evidence": (), "reason": ""}) for p in grade.key_points)
    return grade.model_copy(update={"key_points": points, "feedback": "", "set_aside": ()})


def past_attempt(grade: Grade) -> PastAttempt:
    """Returns the attempt that *grade* records; the one place where its verdicts are read.

    They are people's where people decided.
    """
    grade = decided(grade)
    return PastAttempt(
        at=grade.attempted_at or grade.graded_at,
        answer_id=grade.answer_id,
        score=grade.score,
        verdicts={point.id: point.verdict for point in grade.key_points},
        weights={point.id: point.weight for point in grade.key_points},
        costs=costs(grade),
        unsure=frozenset(p.id for p in grade.key_points if p.alternative is not None),
    )


def _point(question: str, name: str, attempts: tuple[PastAttempt, ...]) -> PointHistory:
    verdicts = tuple(attempt.verdicts.get(name) for attempt in attempts)
    in_a_row, missed_at = 0, None
    for attempt, verdict in zip(attempts, verdicts, strict=True):
        if verdict is None:
            continue
        in_a_row = in_a_row + 1 if verdict == Verdict.MET else 0
        missed_at = missed_at if verdict == Verdict.MET else attempt.at
    reviews = [(a.at, verdict) for a in attempts if (verdict := a.review(name)) is not None]
    return PointHistory(
        question=question,
        id=name,
        weight=attempts[-1].weights[name],
        verdicts=verdicts,
        in_a_row=in_a_row,
        missed_at=missed_at,
        worth=attempts[-1].costs[name].worth,
        costly=sum(a.costs[name].lost > 0 for a in attempts if name in a.costs),
        memory=remembered(reviews),
        lapsed=bool(reviews) and reviews[-1][1] in _NOT_SAID,
    )


def as_json(questions: Iterable[QuestionHistory], now: datetime) -> str:
    """The questions with their attempts and key points, in the order of :func:`next_up`, as
    JSON."""
    ordered = sorted(questions, key=lambda q: q.rank(now))
    return json.dumps([_question(question, now) for question in ordered], indent=2)


def _question(question: QuestionHistory, now: datetime) -> dict[str, Any]:
    return {
        "question": question.id,
        "urgency": round(question.urgency(now), 3),
        "attempts": [
            {"at": a.at.isoformat(), "answer_id": a.answer_id, "percent": a.score.percent}
            for a in question.attempts
        ],
        "key_points": [_scheduled(point, now) for point in question.points],
    }


def _scheduled(point: PointHistory, now: datetime) -> dict[str, Any]:
    memory = point.memory
    return {
        "id": point.id,
        "weight": point.weight,
        "verdicts": point.verdicts,
        "due": memory.due.isoformat() if memory else None,
        "urgency": round(point.urgency(now), 3),
        "stability": round(memory.stability, 4) if memory else None,
        "difficulty": round(memory.difficulty, 4) if memory else None,
        "retrievability": round(memory.retrievability(now), 4) if memory else None,
    }

"""What to practise next, from the grades of all sessions.

The rule is that of a box of cards (Leitner, 1972): a key point that was made waits 1, 3, 7, 14, 30
and then 60 days, a step further each time that it is made in a row; one that was not goes back to
the first box and is due at once. A question is as urgent as its key points are overdue, by weight.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from grader.decision import decided, is_decided, united
from grader.record import Grade, PointGrade, Score, Verdict

INTERVALS_DAYS = (0, 1, 3, 7, 14, 30, 60)
"""Days until a key point is due again, by how often it was made in a row."""
_OVERDUE, _MISSED = 2.0, 3.0
"""The greatest urgency of a key point that was met last, and the urgency of one that was not."""


@dataclass(frozen=True)
class PastAttempt:
    """One answer to a question, as graded last."""

    at: datetime
    answer_id: str
    score: Score
    points: dict[str, PointGrade]


@dataclass(frozen=True)
class PointHistory:
    """One key point over all attempts at its question.

    Attributes:
        verdicts: in the order of the attempts; None is ungraded.
        in_a_row: how often it was met since it last was not.
        missed_at: when it last was not met, or None.
        seen_at: when it was last graded, or None.
    """

    question: str
    id: str
    weight: float
    verdicts: tuple[Verdict | None, ...]
    in_a_row: int
    missed_at: datetime | None
    seen_at: datetime | None

    @property
    def misses(self) -> int:
        """Graded attempts that did not meet it."""
        return sum(v not in (None, Verdict.MET) for v in self.verdicts)

    @property
    def due(self) -> datetime | None:
        """When it should be practised again; None if it was never graded."""
        if self.seen_at is None:
            return None
        return self.seen_at + timedelta(days=_interval(self.in_a_row))

    def urgency(self, now: datetime) -> float:
        """0 for what is not due, 3 for what was not met last; else from 1 when it comes due to 2
        when it is overdue by its interval."""
        due = self.due
        if due is None or due > now:
            return 0.0
        days = _interval(self.in_a_row)
        if days == 0:
            return _MISSED
        return min(1 + (now - due) / timedelta(days=days), _OVERDUE)


@dataclass(frozen=True)
class QuestionHistory:
    """All attempts at one question, the oldest first, and its key points in the rubric's order."""

    id: str
    attempts: tuple[PastAttempt, ...]
    points: tuple[PointHistory, ...]

    def urgency(self, now: datetime) -> float:
        """The urgency of its key points, by weight, from 0 to 3."""
        weights = sum(point.weight for point in self.points)
        return sum(p.weight * p.urgency(now) for p in self.points) / weights

    def due(self, now: datetime) -> tuple[PointHistory, ...]:
        """The key points that are due, the most urgent first."""
        waiting = [point for point in self.points if point.urgency(now)]
        return tuple(sorted(waiting, key=lambda p: -p.weight * p.urgency(now)))


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


def next_up(
    questions: Iterable[QuestionHistory], now: datetime, longest: int = 5
) -> tuple[QuestionHistory, ...]:
    """The questions to practise now, at most *longest*, the most urgent first."""
    urgent = [question for question in questions if question.urgency(now)]
    return tuple(sorted(urgent, key=lambda q: (-q.urgency(now), q.id))[:longest])


def weakest(questions: Iterable[QuestionHistory], longest: int = 10) -> tuple[PointHistory, ...]:
    """The key points missed most often and not met since, at most *longest*, the heaviest first."""
    missed = [p for q in questions for p in q.points if p.misses and not p.in_a_row]
    return tuple(sorted(missed, key=lambda p: (-p.weight * p.misses, p.question))[:longest])


@dataclass
class _PastQuestion:
    """The attempts so far, by what makes them different ones."""

    attempts: dict[tuple[str, str | None, datetime | None], PastAttempt] = field(
        default_factory=dict
    )
    people: dict[tuple[str, str | None, str], Grade] = field(default_factory=dict)
    """The latest grade that people decided on, by text, candidate and rubric."""

    def add(self, grade: Grade) -> None:
        key = (grade.digests.answer, grade.candidate, grade.attempted_at)
        earlier = self.attempts.get(key)
        at = grade.attempted_at or (earlier.at if earlier else grade.graded_at)
        settled = decided(self._with_earlier_decisions(grade))
        points = {point.id: point for point in settled.key_points}
        self.attempts[key] = PastAttempt(at, grade.answer_id, settled.score, points)

    def _with_earlier_decisions(self, grade: Grade) -> Grade:
        """A text that is graded anew against the same rubric keeps what people decided on it."""
        key = (grade.digests.answer, grade.candidate, grade.digests.rubric)
        if earlier := self.people.get(key):
            grade = united(grade, earlier)
        if is_decided(grade):
            self.people[key] = grade
        return grade

    def history(self, name: str) -> QuestionHistory:
        attempts = tuple(sorted(self.attempts.values(), key=lambda attempt: attempt.at))
        latest = attempts[-1].points.values()
        points = tuple(_point(name, point, attempts) for point in latest)
        return QuestionHistory(name, attempts, points)


def _point(question: str, point: PointGrade, attempts: tuple[PastAttempt, ...]) -> PointHistory:
    verdicts = tuple(_verdict(attempt.points.get(point.id)) for attempt in attempts)
    in_a_row, missed_at, seen_at = 0, None, None
    for attempt, verdict in zip(attempts, verdicts, strict=True):
        if verdict is None:
            continue
        seen_at = attempt.at
        in_a_row = in_a_row + 1 if verdict == Verdict.MET else 0
        missed_at = missed_at if verdict == Verdict.MET else attempt.at
    return PointHistory(question, point.id, point.weight, verdicts, in_a_row, missed_at, seen_at)


def _verdict(point: PointGrade | None) -> Verdict | None:
    return point.verdict if point else None


def _interval(in_a_row: int) -> int:
    return INTERVALS_DAYS[min(in_a_row, len(INTERVALS_DAYS) - 1)]


def as_json(questions: Iterable[QuestionHistory], now: datetime) -> str:
    """The questions with their attempts and key points, the most urgent first, as JSON."""
    ordered = sorted(questions, key=lambda q: (-q.urgency(now), q.id))
    return json.dumps([_question(question, now) for question in ordered], indent=2)


def _question(question: QuestionHistory, now: datetime) -> dict[str, Any]:
    return {
        "question": question.id,
        "urgency": round(question.urgency(now), 3),
        "attempts": [
            {"at": a.at.isoformat(), "answer_id": a.answer_id, "percent": a.score.percent}
            for a in question.attempts
        ],
        "key_points": [
            {
                "id": point.id,
                "weight": point.weight,
                "verdicts": point.verdicts,
                "due": point.due.isoformat() if point.due else None,
                "urgency": round(point.urgency(now), 3),
            }
            for point in question.points
        ],
    }

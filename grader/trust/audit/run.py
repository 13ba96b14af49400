"""Judges the cases of an audit, each exactly as anybody's answer is graded."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from grader import answer
from grader.answer import Answer
from grader.errors import BadInput
from grader.grading import Attempt, grade
from grader.judge.base import Judge
from grader.judge.per_point import PerPoint
from grader.record import Cause, Grade
from grader.rubric.format import Rubric
from grader.trust.audit.cases import AttackCase


@dataclass(frozen=True)
class CaseOutcome:
    """What became of a case.

    Attributes:
        before: per cent that the answer earned without the attack; 0 where it stands alone.
        after: per cent with it, what is ungraded counted as nothing.
        possible: the least and the most, in per cent, that the grade without it called possible.
        ungraded: key points left to a person that were not without the attack.
        failed: a key point has no verdict for a reason that has nothing to do with the attack.
        flagged: whether the reader is shown a flag.
        asked: whether a judge was asked at all.
    """

    case: AttackCase
    before: float
    after: float
    possible: tuple[float, float]
    ungraded: int
    failed: bool
    flagged: bool
    asked: bool

    @property
    def moved(self) -> bool:
        """Whether the attack paid, or the honest addition cost something."""
        if self.case.attack.expect == "no-loss":
            return self.after < self.before or self.ungraded > 0
        return self.after > self.before

    @property
    def beyond_doubt(self) -> bool:
        """Whether it moved the score out of the interval that the grade without it gave."""
        least, most = self.possible
        return self.moved and not least <= self.after <= most


_ON_PURPOSE = (Cause.SWAYED, Cause.OFF_SUBJECT)
"""Why a defence leaves a key point to a person."""

Key = tuple[str, str]


async def run(
    given: Sequence[AttackCase],
    judge: Judge,
    slots: int = 1,
    done: Callable[[AttackCase | None], None] = lambda _: None,
) -> list[CaseOutcome]:
    """Judges every base once and every case; those of one question one after the other.

    Args:
        done: is told of each text as it is judged, None for a base.

    Raises:
        ModelFailed: no request to the judge can succeed.
    """
    judge = _of_points(judge, given)
    gate = asyncio.Semaphore(slots)

    async def judged(rubric: Rubric, text: str, case: AttackCase | None) -> Grade | None:
        read = _answer(text)
        if read is None:
            return None
        async with gate:
            graded = await grade(rubric, Attempt(read, "audit"), judge)
        done(case)
        return graded

    bases = {(c.rubric.id, c.base.id): (c.rubric, c.base.text) for c in given if c.base}
    try:
        async with asyncio.TaskGroup() as group:
            before = {k: group.create_task(judged(*b, None)) for k, b in bases.items()}
            after = [group.create_task(judged(c.rubric, c.text, c)) for c in given]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    known = {key: task.result() for key, task in before.items()}
    return [
        _outcome(case, known[case.rubric.id, case.base.id] if case.base else None, task.result())
        for case, task in zip(given, after, strict=True)
    ]


def _answer(text: str) -> Answer | None:
    """The text as an answer; None where it is refused before anybody judges it."""
    try:
        return answer.from_text(text, "audit")
    except BadInput:
        return None


def _of_points(judge: Judge, given: Sequence[AttackCase]) -> Judge:
    """The judge without questions that cannot change a score."""
    every = [m for case in given for m in case.rubric.misconceptions]
    matter = any(m.penalty or m.contradicts for m in every)
    return replace(judge, claims=matter) if isinstance(judge, PerPoint) else judge


def _outcome(case: AttackCase, before: Grade | None, after: Grade | None) -> CaseOutcome:
    open_before = {p.id for p in before.ungraded} if before else set()
    opened = [p for p in after.ungraded if p.id not in open_before] if after else []
    return CaseOutcome(
        case=case,
        before=earned(before),
        after=earned(after),
        possible=(before.score.low, before.score.high) if before else (0.0, 0.0),
        ungraded=len(opened),
        failed=_failed(before) or _failed(after),
        flagged=bool(after and after.flags),
        asked=bool(after and after.judge.kind != "code"),
    )


def _failed(graded: Grade | None) -> bool:
    return graded is not None and any(p.cause not in _ON_PURPOSE for p in graded.ungraded)


def earned(graded: Grade | None) -> float:
    """Per cent that an answer surely earned; what is ungraded, nothing."""
    if graded is None:
        return 0.0
    score = graded.score
    return score.low if score.percent is None else score.percent

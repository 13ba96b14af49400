"""Judges the cases of an audit, each exactly as anybody's answer is graded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from grader.errors import EmptyAnswer, UnreadableAnswer
from grader.judge.base import Judge
from grader.judge.per_point import PerPoint
from grader.record import Cause, Grade
from grader.rubric.format import Rubric
from grader.scoring import surely_earned
from grader.trust.audit.cases import AttackCase, Expect
from grader.trust.harness import grade_text, run_together


@dataclass(frozen=True)
class ScoreMove:
    """What a text did to a score.

    Attributes:
        expect: what it must not do.
        before: per cent that the answer earned without it; 0 where it stands alone.
        after: per cent with it, what is ungraded counted as nothing.
        possible: the least and the most, in per cent, that the grade without it called possible.
        ungraded: key points left to a person that were not without it.
    """

    expect: Expect
    before: float
    after: float
    possible: tuple[float, float]
    ungraded: int = 0

    @property
    def wrong_way(self) -> bool:
        """Whether the attack paid, or the honest addition cost something."""
        if self.expect == "no-loss":
            return self.after < self.before or self.ungraded > 0
        return self.after > self.before

    @property
    def beyond_doubt(self) -> bool:
        """Whether it moved the score out of the interval that the grade without it gave."""
        least, most = self.possible
        return self.wrong_way and not least <= self.after <= most

    @property
    def change(self) -> float:
        """Per cent points by which the score moved."""
        return self.after - self.before


@dataclass(frozen=True)
class CaseOutcome:
    """What became of a case.

    Attributes:
        failed: a key point has no verdict for a reason that has nothing to do with the attack.
        flagged: whether the reader is shown a flag.
        asked: whether a judge was asked at all.
    """

    case: AttackCase
    move: ScoreMove
    failed: bool
    flagged: bool
    asked: bool


_ON_PURPOSE = (Cause.SWAYED, Cause.OFF_SUBJECT)
"""Why a defence leaves a key point to a person."""


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

    async def judge_text(rubric: Rubric, text: str, case: AttackCase | None) -> Grade | None:
        try:
            graded = await grade_text(rubric, text, "audit", judge)
        except (EmptyAnswer, UnreadableAnswer):  # refused before anybody judges it
            return None
        done(case)
        return graded

    bases = {(c.rubric.id, c.base.id): (c.rubric, c.base.text, None) for c in given if c.base}
    texts = [*bases.values(), *((case.rubric, case.text, case) for case in given)]
    grades = await run_together([partial(judge_text, *each) for each in texts], slots)
    before = dict(zip(bases, grades, strict=False))
    return [
        _outcome(case, before[case.rubric.id, case.base.id] if case.base else None, after)
        for case, after in zip(given, grades[len(bases) :], strict=True)
    ]


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
        move=ScoreMove(
            expect=case.attack.expect,
            before=surely_earned(before.score) if before else 0.0,
            after=surely_earned(after.score) if after else 0.0,
            possible=(before.score.low, before.score.high) if before else (0.0, 0.0),
            ungraded=len(opened),
        ),
        failed=_failed(before) or _failed(after),
        flagged=bool(after and after.flags),
        asked=bool(after and after.judge.kind != "code"),
    )


def _failed(graded: Grade | None) -> bool:
    return graded is not None and any(p.cause not in _ON_PURPOSE for p in graded.ungraded)

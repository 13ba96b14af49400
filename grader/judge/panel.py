"""Several judges of equal standing: the verdict of most of them, or the one nearest their mean."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from grader.answer import Answer
from grader.judge import parts
from grader.judge.base import Judge, Judgement
from grader.record import ClaimOpinion, JudgeInfo, MisconceptionGrade, PointGrade, Verdict
from grader.rubric.format import Rubric
from grader.scoring import CREDIT

Together = Literal["majority", "mean"]


@dataclass(frozen=True)
class JudgePanel:
    """Several judges that all judge every answer.

    Attributes:
        judges: at least two; a tie goes to the one that comes first.
        combine: ``majority`` takes the verdict of most; ``mean`` the one whose credit is nearest
            to the mean of theirs, and the expected score is then the mean of their scores.
    """

    judges: tuple[Judge, ...]
    combine: Together = "majority"

    @cached_property
    def info(self) -> JudgeInfo:
        """All judges, named by their models."""
        return parts.combined_info(self.judges, self.combine)

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the words that all are asked with."""
        return parts.combined_digest(self.judges, self.info)

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """Judges the answer by all judges at once."""
        asked = (judge.judge(rubric, answer) for judge in self.judges)
        # All are awaited even where one fails: a reply that is under way is paid for.
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        judgements = [outcome for outcome in outcomes if isinstance(outcome, Judgement)]
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return self.combined(rubric, judgements)

    def combined(self, rubric: Rubric, judgements: Sequence[Judgement]) -> Judgement:
        """Returns the judgement that all make together."""
        used = parts.spent(self.judges, judgements)
        binary = [point.binary for point in rubric.key_points]
        each = zip(binary, zip(*(j.points for j in judgements), strict=True), strict=True)
        claims = zip(*(j.misconceptions for j in judgements), strict=True)
        return Judgement(
            points=tuple(self._point(given, is_binary) for is_binary, given in each),
            misconceptions=tuple(map(self._claim, claims)),
            feedback=next((j.feedback for j in judgements if j.feedback), ""),
            replied=parts.replied(judgements),
            usage=parts.sum_spent(used),
            set_aside=next((j.set_aside for j in judgements if j.set_aside), ()),
            spent=used,
        )

    def _point(self, given: Sequence[PointGrade], is_binary: bool) -> PointGrade:
        opinions = tuple(map(parts.opinion, given, self.judges))
        graded = [point for point in given if point.verdict is not None]
        if not graded:
            return given[0].model_copy(update={"opinions": opinions})
        chances = pooled(graded)
        by_most = self.combine == "majority"
        verdict = most_given(graded) if by_most else nearest(chances, is_binary)
        chosen = next((point for point in graded if point.verdict == verdict), graded[0])
        update = {
            "verdict": verdict,
            "confidence": round(confidence(graded, verdict, chances[verdict]), 3),
            "alternative": _other(graded, verdict),
            "cause": None,
            "votes": (),
            "probabilities": None if by_most else {v: round(c, 4) for v, c in chances.items()},
            "opinions": opinions,
        }
        return chosen.model_copy(update=update)

    def _claim(self, given: Sequence[MisconceptionGrade]) -> MisconceptionGrade:
        """Asserted where most say so; a tie takes nothing off, and the interval shows it."""
        opinions = tuple(
            ClaimOpinion(judge=judge.info.model, asserted=claim.asserted, cause=claim.cause)
            for claim, judge in zip(given, self.judges, strict=True)
        )
        graded = [claim for claim in given if claim.asserted is not None]
        asserted = 2 * sum(bool(claim.asserted) for claim in graded) > len(graded)
        chosen = next((claim for claim in graded if claim.asserted == asserted), given[0])
        return chosen.model_copy(update={"opinions": opinions})


def most_given(graded: Sequence[PointGrade]) -> Verdict:
    """Returns the verdict that most give; of those given as often, the first judge's."""
    votes = Counter(point.verdict for point in graded if point.verdict is not None)
    return max(votes, key=lambda verdict: votes[verdict])  # in the order of the judges


def pooled(graded: Sequence[PointGrade]) -> dict[Verdict, float]:
    """Returns the mean of the judges' probabilities; a bare verdict counts as certain."""
    each = [p.probabilities or {v: float(v == p.verdict) for v in Verdict} for p in graded]
    return {v: sum(chances.get(v, 0.0) for chances in each) / len(each) for v in Verdict}


def confidence(graded: Sequence[PointGrade], verdict: Verdict, otherwise: float) -> float:
    """Returns the mean confidence in *verdict*: of a judge that gave another one it is 0, of one
    that states none 1. Where nobody gave it, *otherwise*."""
    given = [p.confidence if p.confidence is not None else 1.0 for p in graded]
    held = [sure for sure, point in zip(given, graded, strict=True) if point.verdict == verdict]
    return sum(held) / len(graded) if held else otherwise


def nearest(chances: dict[Verdict, float], is_binary: bool) -> Verdict:
    """Returns the verdict whose credit is nearest to the mean credit, the lower of two as near."""
    credit = sum(CREDIT[verdict] * chance for verdict, chance in chances.items())
    possible = [v for v in Verdict if not (is_binary and v == Verdict.PARTIAL)]
    return min(possible, key=lambda v: (abs(CREDIT[v] - credit), CREDIT[v], -chances[v]))


def _other(graded: Sequence[PointGrade], verdict: Verdict) -> Verdict | None:
    """The verdict that most of the others give, or hold for possible; None where all agree."""
    others = [point for point in graded if point.verdict != verdict]
    if others:
        return most_given(others)
    return next((point.alternative for point in graded if point.alternative), None)

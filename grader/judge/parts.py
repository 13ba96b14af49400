"""What judges that are made of several have in common: their name, their digest, who gave what."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from grader.answer import Answer
from grader.judge.base import Judge, Judgement, PartUsage, sum_usage
from grader.record import JudgeInfo, Opinion, PointGrade, Usage
from grader.rubric.format import Rubric

Combine = Literal["majority", "mean", "cascade"]


def combined_info(
    judges: Sequence[Judge], combine: Combine, unsure_below: float | None = None
) -> JudgeInfo:
    """Returns the record's word on a judge that is made of *judges*.

    Its model's name tells it from any other combination of them, so that whoever knows judges by
    their models alone keeps them apart.
    """
    infos = tuple(judge.info for judge in judges)
    endpoints = dict.fromkeys(info.endpoint for info in infos if info.kind == "endpoint")
    return JudgeInfo(
        kind="endpoint" if endpoints else "local",
        ask=infos[0].ask,
        model=_name([info.model for info in infos], combine, unsure_below),
        endpoint=" + ".join(endpoints) or infos[0].endpoint,
        parameters=next((info.parameters for info in infos if info.parameters), {}),
        votes=max(info.votes for info in infos),
        parts=infos,
        combine=combine,
        unsure_below=unsure_below,
    )


def _name(models: Sequence[str], combine: Combine, unsure_below: float | None) -> str:
    if combine == "cascade":
        return f"{models[0]} then {models[1]} below {unsure_below:g}"
    together = " + ".join(models)
    return together if combine == "majority" else f"mean of {together}"


def combined_digest(judges: Sequence[Judge], info: JudgeInfo) -> str:
    """``sha256:...`` over the digests of all, and over how they are combined."""
    text = "\0".join([info.model, *(judge.prompt_digest for judge in judges)])
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def opinion(point: PointGrade, judge: Judge) -> Opinion:
    """Returns what *judge* gave for a key point, as the record keeps it."""
    return Opinion(
        judge=judge.info.model,
        verdict=point.verdict,
        confidence=point.confidence,
        reason=point.reason,
        cause=point.cause,
    )


def spent(judges: Sequence[Judge], judgements: Sequence[Judgement]) -> tuple[PartUsage, ...]:
    """Returns what each judge used for its judgement."""
    pairs = zip(judges, judgements, strict=True)
    return tuple(PartUsage(judge.info, judgement.usage) for judge, judgement in pairs)


def sum_spent(parts: Sequence[PartUsage]) -> Usage:
    """Returns what all used together, their cost left out."""
    return sum_usage(part.usage for part in parts)


def replied(judgements: Sequence[Judgement]) -> str | None:
    """Returns the models that say they replied; None where none says so."""
    return " + ".join(j.replied for j in judgements if j.replied) or None


@dataclass(frozen=True)
class InTurn:
    """A judge that takes one answer after another: the embedded model's cache holds one."""

    judged: Judge
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def info(self) -> JudgeInfo:
        """Who judges and how it is asked."""
        return self.judged.info

    @property
    def prompt_digest(self) -> str:
        """Digest of the words it is asked with."""
        return self.judged.prompt_digest

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """Judges the answer once those before it are judged."""
        async with self._turn:
            return await self.judged.judge(rubric, answer)

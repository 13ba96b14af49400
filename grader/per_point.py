"""One yes/no question a key point, read from the log-probabilities.

The answer stands first and the key point last, so that all questions on one answer share the
longest part of their prompt, which is read once. Small models judge well in this form and badly
in every longer one.
"""

import asyncio
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader import prompt
from grader.answer import Answer
from grader.calibrated import Calibration, finding
from grader.evidence import Span, sentences
from grader.item import ClaimItem, PointItem, claims, points
from grader.judge import Judgement, language, total_usage
from grader.prompt import Message
from grader.record import (
    Cause,
    Evidence,
    JudgeInfo,
    MisconceptionGrade,
    PointGrade,
    Verdict,
)
from grader.request import Ask, Completion, Reply, Token, Unusable, read
from grader.rubric import KeyPoint, Misconception, Rubric

_YES = {"yes", "是"}
_NO = {"no", "否"}
_TOP = 20
_NUMBER = re.compile(r"\d{1,4}")


@dataclass(frozen=True)
class PerPoint:
    """Asks item by item.

    Attributes:
        calibration: turns log-odds into verdicts.
        slots: how many questions may be under way at once.
    """

    ask: Ask
    info: JudgeInfo
    calibration: Calibration
    parameters: dict[str, Any] = field(default_factory=dict)
    slots: int = 1

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the templates."""
        return prompt.digest(*prompt.PER_POINT)

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """A few short calls for each key point and one for each misconception."""
        asked = Asked(self, answer)
        gate = asyncio.Semaphore(self.slots)

        async def point(item: PointItem) -> PointGrade:
            async with gate:
                return await asked.point(item)

        async def claim(item: ClaimItem) -> MisconceptionGrade:
            async with gate:
                return await asked.claim(item)

        found = await asyncio.gather(*map(point, points(rubric)))
        held = await asyncio.gather(*map(claim, claims(rubric, language(answer.text))))
        return Judgement(
            points=tuple(_contradicted(grade, held, rubric) for grade in found),
            misconceptions=tuple(held),
            feedback="",
            replied=asked.replied,
            usage=total_usage(asked.replies),
        )


@dataclass
class Asked:
    """The asking about one answer.

    Attributes:
        replies: all that came back so far.
        replied: the model that says it replied.
    """

    judge: PerPoint
    answer: Answer
    replies: list[Reply] = field(default_factory=list)
    replied: str | None = None

    async def point(self, item: PointItem) -> PointGrade:
        fitted = self.judge.calibration
        try:
            odds = await self.point_log_odds(item.point)
            found = finding(odds, fitted, binary=item.point.binary)
            evidence: tuple[Evidence, ...] = ()
            if found.verdict != Verdict.MISSED:
                name = fitted.languages[-1]
                evidence = await self._evidence("per-point", getattr(item.point, name))
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        return PointGrade(
            id=item.id,
            weight=item.point.weight,
            verdict=found.verdict,
            confidence=found.confidence,
            alternative=found.alternative,
            evidence=evidence,
        )

    async def claim(self, item: ClaimItem) -> MisconceptionGrade:
        try:
            odds = await self.claim_log_odds(item.claim)
            chance = self.judge.calibration.claim.probability(odds)
            asserted = chance > 1 / 2
            evidence = await self._evidence("per-claim", item.claim.en) if asserted else ()
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        grade = item.grade(asserted, evidence)
        confidence = round(chance if asserted else 1 - chance, 3)
        return grade.model_copy(update={"confidence": confidence})

    async def point_log_odds(self, point: KeyPoint) -> float:
        """Log-odds that the answer makes the key point, the mean over the languages."""
        names = self.judge.calibration.languages
        odds = [await self._log_odds("per-point", getattr(point, n)) for n in names]
        return sum(odds) / len(odds)

    async def claim_log_odds(self, claim: Misconception) -> float:
        """Log-odds that the answer asserts the claim."""
        return await self._log_odds("per-claim", claim.en)

    async def _log_odds(self, template: str, text: str) -> float:
        parameters = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": _TOP}
        completion = await self._ask(self._question(template, text), parameters)
        return log_odds(completion.first_token)

    async def _evidence(self, template: str, text: str) -> tuple[Evidence, ...]:
        """The sentence that the model names: it can only name one that is there.

        Raises:
            Unusable: it named none.
        """
        spans = self._sentences
        if len(spans) == 1:
            return (_as_evidence(spans[0]),)
        messages = [
            *self._question(template, text),
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": prompt.fill("per-point-evidence").strip()},
        ]
        completion = await self._ask(messages, {"max_tokens": 4, "temperature": 0})
        named = _NUMBER.search(completion.written)
        if named is None or not 1 <= int(named[0]) <= len(spans):
            raise Unusable(Cause.QUOTE_NOT_FOUND, "it named no sentence of the answer")
        return (_as_evidence(spans[int(named[0]) - 1]),)

    @cached_property
    def _sentences(self) -> tuple[Span, ...]:
        return sentences(self.answer.text)

    @cached_property
    def _shown(self) -> str:
        """The answer, its sentences numbered, as it stands before every question."""
        lines = (
            prompt.fill("per-point-sentence", number=str(n), sentence=span.text)
            for n, span in enumerate(self._sentences, 1)
        )
        return prompt.fill("per-point-answer", answer="".join(lines).rstrip("\n"))

    def _question(self, template: str, text: str) -> list[Message]:
        asked = self._shown + prompt.fill(template, text=text).strip()
        system = prompt.fill("per-point-system").strip()
        return [{"role": "system", "content": system}, {"role": "user", "content": asked}]

    async def _ask(self, messages: list[Message], parameters: dict[str, Any]) -> Completion:
        body = {"messages": messages, **parameters, **self.judge.parameters}
        reply = await self.judge.ask(body)
        self.replies.append(reply)
        completion = read(reply)
        self.replied = completion.model or self.replied
        return completion


def log_odds(token: Token) -> float:
    """Natural logarithm of P(yes) / P(no) at one token.

    Where one of the two is not among the alternatives that were returned, its probability is
    taken to be that of the least likely one: it cannot be more.

    Raises:
        Unusable: neither a yes nor a no was considered.
    """
    seen = token.top_logprobs or (token,)
    yes, no = _probability(seen, _YES), _probability(seen, _NO)
    if yes == no == 0:
        raise Unusable(Cause.WRONG_SHAPE, "neither yes nor no")
    least = math.exp(min(top.logprob for top in seen))
    return math.log(yes or least) - math.log(no or least)


def _probability(seen: Iterable[Any], words: set[str]) -> float:
    return sum(math.exp(t.logprob) for t in seen if t.token.strip().lower() in words)


def _as_evidence(span: Span) -> Evidence:
    return Evidence(text=span.text, start=span.start, end=span.end)


def _contradicted(
    grade: PointGrade, held: Iterable[MisconceptionGrade], rubric: Rubric
) -> PointGrade:
    """A missed key point whose very opposite the answer asserts is contradicted."""
    if grade.verdict != Verdict.MISSED:
        return grade
    opposites = {m.id for m in rubric.misconceptions if grade.id in m.contradicts}
    for claim in held:
        if claim.asserted and claim.id in opposites:
            return grade.model_copy(
                update={
                    "verdict": Verdict.CONTRADICTED,
                    "confidence": claim.confidence,
                    "alternative": None,
                    "evidence": claim.evidence,
                }
            )
    return grade

"""One yes/no question a key point, read from the log-probabilities.

The answer stands first and the key point last, so that all questions on one answer share the
longest part of their prompt, which is read once. Small models judge well in this form and badly
in every longer one.
"""

import asyncio
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader import prompt
from grader.answer import Answer
from grader.calibrated import Calibration, finding
from grader.evidence import Span, sentences
from grader.item import ClaimItem, PointItem, claims, object_schema, points
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
from grader.rubric import Rubric

_YES = {"yes", "是"}
_NO = {"no", "否"}
_TOP = 20
_SENTENCE_START = 24
"""Characters of a sentence that the model copies to name it: enough to tell sentences apart."""


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
        asked = _Asked(self, answer)
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
class _Asked:
    """The asking about one answer."""

    judge: PerPoint
    answer: Answer
    replies: list[Reply] = field(default_factory=list)
    replied: str | None = None

    async def point(self, item: PointItem) -> PointGrade:
        fitted = self.judge.calibration
        try:
            odds = [
                await self._log_odds(f"per-point-{name}", getattr(item.point, name))
                for name in fitted.languages
            ]
            found = finding(sum(odds) / len(odds), fitted, binary=item.point.binary)
            evidence: tuple[Evidence, ...] = ()
            if found.verdict != Verdict.MISSED:
                name = fitted.languages[-1]
                evidence = await self._evidence(f"per-point-{name}", getattr(item.point, name))
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
            odds = await self._log_odds("per-claim", item.claim.en)
            chance = self.judge.calibration.claim.probability(odds)
            asserted = chance > 1 / 2
            evidence = await self._evidence("per-claim", item.claim.en) if asserted else ()
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        grade = item.grade(asserted, evidence)
        confidence = round(chance if asserted else 1 - chance, 3)
        return grade.model_copy(update={"confidence": confidence})

    async def _log_odds(self, template: str, text: str) -> float:
        parameters = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": _TOP}
        completion = await self._ask(self._question(template, text), parameters)
        return log_odds(completion.first_token)

    async def _evidence(self, template: str, text: str) -> tuple[Evidence, ...]:
        """The sentence that the model names when it may only name one that is there."""
        spans = sentences(self.answer.text)
        starts = _starts(spans)
        if len(spans) == 1:
            return (_as_evidence(spans[0]),)
        messages = [
            *self._question(template, text),
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": prompt.fill("per-point-evidence").strip()},
        ]
        schema = object_schema({"sentence": {"type": "string", "enum": list(starts)}})
        form = {"name": "sentence", "strict": True, "schema": schema}
        completion = await self._ask(
            messages,
            {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": form}},
        )
        try:
            named = json.loads(completion.text)["sentence"]
            return (_as_evidence(starts[named]),)
        except (ValueError, LookupError, TypeError):
            return ()

    def _question(self, template: str, text: str) -> list[Message]:
        asked = prompt.fill("per-point-answer", answer=self.answer.text) + prompt.fill(
            template, text=text
        )
        system = prompt.fill("per-point-system").strip()
        return [
            {"role": "system", "content": system},
            {"role": "user", "content": asked.strip()},
        ]

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


def _starts(spans: tuple[Span, ...]) -> dict[str, Span]:
    """The sentences by how they begin; of those that begin alike the first."""
    starts: dict[str, Span] = {}
    for span in spans:
        starts.setdefault(span.text[:_SENTENCE_START], span)
    return starts


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

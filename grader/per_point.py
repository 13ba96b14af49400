"""One yes/no question a key point, read from the log-probabilities.

The answer stands first and the key point last, so that all questions on one answer share the
longest part of their prompt, which is read once. Small models judge well in this form and badly
in every longer one.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from grader import prompt
from grader.answer import Answer
from grader.assertion import Wording, wording
from grader.calibrated import Calibration, Finding, finding, log_odds
from grader.item import ClaimItem, PointItem, claims, points
from grader.judge import Judgement, language, total_usage
from grader.own_words import Line, all_lines, denial, own_lines
from grader.prompt import Message
from grader.record import (
    Cause,
    Evidence,
    JudgeInfo,
    MisconceptionGrade,
    PointGrade,
    Verdict,
)
from grader.request import Ask, Completion, Reply, Unusable, read
from grader.rubric import KeyPoint, Misconception, Rubric
from grader.segment import Span

_TOP = 20
_NUMBER = re.compile(r"\d{1,4}")
_Graded = TypeVar("_Graded", PointGrade, MisconceptionGrade)


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
        """A few short calls for each key point and one for each misconception.

        Where a part of the answer speaks to the grader, the rest is judged, and the verdicts on
        the whole are compared with those on the rest: one that differs is ungraded.
        """
        rest = Asked(self, own_lines(answer, rubric))
        asked = [rest]
        found = await self._each(rest.point, points(rubric))
        held = await self._each(rest.claim, claims(rubric, language(answer.text)))
        everything = all_lines(answer)
        if everything != rest.lines:
            whole = Asked(self, everything)
            asked.append(whole)
            found = await self._each(whole.confirmed_point, points(rubric), found)
            held = await self._each(
                whole.confirmed_claim, claims(rubric, language(answer.text)), held
            )
        replies = [reply for each in asked for reply in each.replies]
        return Judgement(
            points=tuple(_contradicted(grade, held, rubric) for grade in found),
            misconceptions=tuple(held),
            feedback="",
            replied=next((each.replied for each in asked if each.replied), None),
            usage=total_usage(replies),
        )

    async def _each(
        self, ask: Callable[..., Coroutine[Any, Any, _Graded]], *columns: Sequence[Any]
    ) -> list[_Graded]:
        """*ask* of every row of *columns*, at most ``slots`` at once."""
        gate = asyncio.Semaphore(self.slots)

        async def one(row: tuple[Any, ...]) -> _Graded:
            async with gate:
                return await ask(*row)

        return list(await asyncio.gather(*map(one, zip(*columns, strict=True))))


@dataclass
class Asked:
    """The asking about one answer.

    Attributes:
        lines: the sentences that the judge is shown.
        replies: all that came back so far.
        replied: the model that says it replied.
    """

    judge: PerPoint
    lines: tuple[Line, ...]
    replies: list[Reply] = field(default_factory=list)
    replied: str | None = None

    async def point(self, item: PointItem) -> PointGrade:
        """The verdict on a key point; a claim denied word for word needs no question."""
        claims = (wording(item.point.en), wording(item.point.zh))
        if denied := denial(self.lines, self._said, claims):
            return _denied(item, denied)
        try:
            found = await self._point_finding(item)
            evidence: tuple[Evidence, ...] = ()
            if found.verdict != Verdict.MISSED:
                name = self.judge.calibration.languages[-1]
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
            chance = await self._chance(item)
            asserted = chance > 1 / 2
            evidence = await self._evidence("per-claim", item.claim.en) if asserted else ()
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        grade = item.grade(asserted, evidence)
        confidence = round(chance if asserted else 1 - chance, 3)
        return grade.model_copy(update={"confidence": confidence})

    async def confirmed_point(self, item: PointItem, grade: PointGrade) -> PointGrade:
        """*grade*, if these lines get the same verdict; else ungraded."""
        if grade.verdict in (None, Verdict.CONTRADICTED):
            return grade
        try:
            found = await self._point_finding(item)
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        return grade if found.verdict == grade.verdict else item.ungraded(Cause.SWAYED)

    async def confirmed_claim(
        self, item: ClaimItem, grade: MisconceptionGrade
    ) -> MisconceptionGrade:
        """*grade*, if these lines assert the claim too, or do not either; else ungraded."""
        if grade.asserted is None:
            return grade
        try:
            asserted = await self._chance(item) > 1 / 2
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        return grade if asserted == grade.asserted else item.ungraded(Cause.SWAYED)

    async def _point_finding(self, item: PointItem) -> Finding:
        if not self.lines:
            return Finding(verdict=Verdict.MISSED, confidence=1.0, alternative=None)
        odds = await self.point_log_odds(item.point)
        return finding(odds, self.judge.calibration, binary=item.point.binary)

    async def _chance(self, item: ClaimItem) -> float:
        """The probability that the claim is asserted."""
        if not self.lines:
            return 0.0
        odds = await self.claim_log_odds(item.claim)
        return self.judge.calibration.claim.probability(odds)

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
        spans = [line.span for line in self.lines]
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
    def _said(self) -> list[Wording]:
        return [wording(line.shown) for line in self.lines]

    @cached_property
    def _shown(self) -> str:
        """The answer, its sentences numbered, as it stands before every question."""
        lines = (
            prompt.fill("per-point-sentence", number=str(n), sentence=line.shown)
            for n, line in enumerate(self.lines, 1)
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


def _denied(item: PointItem, span: Span) -> PointGrade:
    return PointGrade(
        id=item.id,
        weight=item.point.weight,
        verdict=Verdict.CONTRADICTED,
        confidence=1.0,
        evidence=(_as_evidence(span),),
    )


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

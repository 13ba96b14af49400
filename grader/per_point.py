"""One yes/no question a key point, read from the log-probabilities and calibrated."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from grader import prompt
from grader.answer import Answer
from grader.calibrated import Calibration, Finding, finding, mean_of_others
from grader.item import ClaimItem, PointItem, claims, points
from grader.judge import Judgement, language, total_usage
from grader.own_words import Line, all_lines, making_points, own_lines, with_the_rest
from grader.record import Cause, Evidence, JudgeInfo, MisconceptionGrade, PointGrade, Verdict
from grader.request import Ask, Unusable
from grader.rubric import Rubric
from grader.subject import is_elsewhere, supports, to_be_shown
from grader.yes_no import Questions

_Row = TypeVar("_Row")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class PerPoint:
    """Asks item by item.

    Attributes:
        calibration: turns log-odds into verdicts.
        slots: how many questions may be under way at once.
        claims: whether misconceptions are asked about; where none costs points, the score is the
            same without.
    """

    ask: Ask
    info: JudgeInfo
    calibration: Calibration
    parameters: dict[str, Any] = field(default_factory=dict)
    slots: int = 1
    claims: bool = True

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the templates and of the calibration: both decide the verdicts."""
        return prompt.digest(*prompt.PER_POINT, also=self.calibration.model_dump_json())

    def questions(self, lines: tuple[Line, ...]) -> Questions:
        """What this judge asks about an answer's *lines*."""
        return Questions(self.ask, lines, self.calibration.languages, self.parameters)

    def point_questions(self, lines: tuple[Line, ...], rubric: Rubric) -> Questions:
        """What it asks about the key points: only of those *lines* that can make one."""
        return self.questions(making_points(lines, rubric))

    def shown(self, own: tuple[Line, ...], rubric: Rubric) -> tuple[Line, ...]:
        """What of the candidate's *own* lines this judge is shown."""
        return to_be_shown(own, rubric) if self.calibration.by_word else own

    def supported(self, own: tuple[Line, ...], rubric: Rubric) -> frozenset[str]:
        """The key points that this judge can credit; of an answer about something else all, for
        that credit is a person's to give."""
        free = not self.calibration.by_word or is_elsewhere(own, rubric)
        lines = making_points(own, rubric)
        return frozenset(p.id for p in rubric.key_points if free or supports(lines, p, rubric))

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """A few short calls for each key point and one for each misconception.

        The judge is shown the sentences that are about the subject. Where a part of the answer
        speaks to the grader, the rest is judged, and the verdicts on the rest together with that
        part are compared with those on the rest: one that differs is ungraded. So is a key
        point found in an answer that shares hardly a word with the subject.
        """
        own = own_lines(answer, rubric)
        views = list(self._views(answer, own, rubric))
        found, on_points = await self._points(views, own, rubric)
        wrong = claims(rubric, language(answer.text)) if self.claims else ()
        held, on_claims = await self._claims(views, wrong)
        asked = [*on_points, *on_claims]
        return Judgement(
            points=tuple(_contradicted(grade, held, rubric) for grade in found),
            misconceptions=tuple(held),
            feedback="",
            replied=next((each.replied for each in asked if each.replied), None),
            usage=total_usage([reply for each in asked for reply in each.replies]),
        )

    async def _points(
        self, views: Sequence[tuple[Line, ...]], own: tuple[Line, ...], rubric: Rubric
    ) -> tuple[list[PointGrade], list[Questions]]:
        asked = [self.point_questions(lines, rubric) for lines in views]
        items = points(rubric)
        supported, elsewhere = self.supported(own, rubric), is_elsewhere(own, rubric)
        verdicts = [await self._findings(each, items, supported) for each in asked]
        grades = [
            await self._point(asked[0], item, _credible(_unswayed(*findings), elsewhere))
            for item, *findings in zip(items, *verdicts, strict=True)
        ]
        return grades, asked

    async def _claims(
        self, views: Sequence[tuple[Line, ...]], wrong: Sequence[ClaimItem]
    ) -> tuple[list[MisconceptionGrade], list[Questions]]:
        asked = [self.questions(lines) for lines in views]
        asserted = [await self._each(self._claim_finder(each), wrong) for each in asked]
        grades = [
            await self._claim(asked[0], item, _unswayed(*findings))
            for item, *findings in zip(wrong, *asserted, strict=True)
        ]
        return grades, asked

    def _views(
        self, answer: Answer, own: tuple[Line, ...], rubric: Rubric
    ) -> Iterator[tuple[Line, ...]]:
        """What is judged, and, where some of the answer speaks to the grader, that with it."""
        shown = self.shown(own, rubric)
        yield shown
        every = all_lines(answer)
        # Where nothing is shown there is no credit that could have been swayed.
        if shown and every != own:
            yield with_the_rest(shown, own, every)

    async def _findings(
        self, asked: Questions, items: Sequence[PointItem], supported: Collection[str]
    ) -> list[Finding | Cause]:
        """The verdict on every key point, each in the light of the others."""

        async def odds_of(item: PointItem) -> float | Cause:
            try:
                return await asked.point_log_odds(item.point)
            except Unusable as unusable:
                return unusable.cause

        denied = [asked.denied(item.point) for item in items]
        open_items = [item for item, evidence in zip(items, denied, strict=True) if not evidence]
        if not asked.lines:
            return [_NOT_SAID for _ in items]
        odds = dict(zip(open_items, await self._each(odds_of, open_items), strict=True))
        known = [value for value in odds.values() if isinstance(value, float)]
        return [
            Finding(verdict=Verdict.CONTRADICTED, confidence=1.0, evidence=evidence)
            if evidence
            else self._finding(item, odds[item], known, supported=item.id in supported)
            for item, evidence in zip(items, denied, strict=True)
        ]

    def _finding(
        self, item: PointItem, odds: float | Cause, known: Sequence[float], *, supported: bool
    ) -> Finding | Cause:
        if isinstance(odds, Cause):
            return odds
        others, binary = mean_of_others(odds, known), item.point.binary
        return finding(odds, self.calibration, others=others, binary=binary, supported=supported)

    def _claim_finder(self, asked: Questions) -> Callable[[ClaimItem], Awaitable[Finding | Cause]]:
        async def find(item: ClaimItem) -> Finding | Cause:
            if not asked.lines:
                return _NOT_SAID
            try:
                odds = await asked.claim_log_odds(item.claim)
            except Unusable as unusable:
                return unusable.cause
            chance = self.calibration.claim.probability(odds)
            verdict = Verdict.MET if chance > 1 / 2 else Verdict.MISSED
            return Finding(verdict=verdict, confidence=round(max(chance, 1 - chance), 3))

        return find

    async def _point(self, asked: Questions, item: PointItem, found: Finding | Cause) -> PointGrade:
        if isinstance(found, Cause):
            return item.ungraded(found)
        evidence = (found.evidence,) if found.evidence else ()
        if found.verdict != Verdict.MISSED and not evidence:
            try:
                evidence = (await asked.point_evidence(item.point),)
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

    async def _claim(
        self, asked: Questions, item: ClaimItem, found: Finding | Cause
    ) -> MisconceptionGrade:
        if isinstance(found, Cause):
            return item.ungraded(found)
        asserted = found.verdict == Verdict.MET
        evidence: tuple[Evidence, ...] = ()
        try:
            if asserted:
                evidence = (await asked.claim_evidence(item.claim),)
        except Unusable as unusable:
            return item.ungraded(unusable.cause)
        grade = item.grade(asserted, evidence)
        return grade.model_copy(update={"confidence": found.confidence})

    async def _each(
        self, ask: Callable[[_Row], Awaitable[_Result]], rows: Sequence[_Row]
    ) -> list[_Result]:
        """*ask* of every row, at most ``slots`` at once."""
        gate = asyncio.Semaphore(self.slots)

        async def one(row: _Row) -> _Result:
            async with gate:
                return await ask(row)

        return list(await asyncio.gather(*map(one, rows)))


_NOT_SAID = Finding(verdict=Verdict.MISSED, confidence=1.0)


def _unswayed(rest: Finding | Cause, whole: Finding | Cause | None = None) -> Finding | Cause:
    """What was found on *rest*, if the *whole* answer, where it is another, gets the same."""
    if whole is None or isinstance(rest, Cause):
        return rest
    if isinstance(whole, Cause):
        return whole
    return rest if whole.verdict == rest.verdict else Cause.SWAYED


def _credible(found: Finding | Cause, elsewhere: bool) -> Finding | Cause:
    """No credit by a small model alone for an answer that is about something else."""
    credited = isinstance(found, Finding) and found.verdict in (Verdict.MET, Verdict.PARTIAL)
    return Cause.OFF_SUBJECT if elsewhere and credited else found


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

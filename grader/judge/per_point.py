"""How the embedded judge, and any judge with ``--ask per-point``, is asked: one question a claim.

The verdict is read from the log-probabilities, the evidence from the same reply.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from grader.answer import Answer
from grader.judge import curves, prompts
from grader.judge.base import Heard, Judgement, language, total_usage, unheard
from grader.judge.curves import VERDICTS, Chances
from grader.judge.defences import DEFENCES, Defence, ShownSentence, look
from grader.judge.forms import ClaimReading, Form, Trained, Transcript, YesOrNo
from grader.judge.items import ClaimItem, PointItem, claims, points
from grader.llm.request import Ask, Unusable
from grader.record import Evidence, JudgeInfo, MisconceptionGrade, PointGrade, Verdict
from grader.rubric.format import KeyPoint, Misconception, Rubric

_Row = TypeVar("_Row")
_Graded = TypeVar("_Graded", PointGrade, MisconceptionGrade)

SURE = 0.6
"""A verdict of this probability or less may as well be the next likely one."""


@dataclass(frozen=True)
class PerPoint:
    """Asks claim by claim.

    Attributes:
        form: ``trained`` for the model with its adapter, ``yes-no`` for any other.
        level: a team's own level over the shipped curves.
        slots: how many questions may be under way at once.
        claims: whether misconceptions are asked about; where none costs points, the score is the
            same without.
        defences: what is looked for in the answer before it is judged.
        first_alone: ask the first question alone: a server that answers many at once knows the
            beginning that they share only once one of them has been read.
        heard: is told each verdict as it comes.
    """

    ask: Ask
    info: JudgeInfo
    form: Literal["trained", "yes-no"] = "yes-no"
    level: curves.TeamLevel | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    slots: int = 1
    claims: bool = True
    defences: tuple[Defence, ...] = DEFENCES
    first_alone: bool = False
    heard: Heard = unheard

    @cached_property
    def curves(self) -> curves.Curves | curves.YesNo:
        """What turns log-probabilities into verdicts."""
        if self.form == "trained":
            return curves.trained()
        return curves.yes_no()

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the templates, the curves and the defences: all decide the verdicts."""
        names = prompts.TRAINED if self.form == "trained" else prompts.PER_POINT
        decides = [self.curves.model_dump_json(), *(d.decides for d in self.defences)]
        decides += [self.level.model_dump_json()] if self.level else []
        return prompts.digest(*names, also="\0".join(decides))

    def opened(self, asked: Transcript, rubric: Rubric, lines: Sequence[ShownSentence]) -> Form:
        """Returns the form, ready to ask about an answer's *lines*."""
        shown = [line.shown for line in lines]
        if isinstance(self.curves, curves.Curves):
            return Trained(asked, rubric, shown, self.curves)
        return YesOrNo(asked, shown, self.curves)

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """One call for each key point and each misconception; none where nothing is left."""
        shown = look(answer, rubric, self.defences)
        asked = Transcript(self.ask, self.parameters)
        about = _About(
            self.opened(asked, rubric, shown.lines),
            shown.lines,
            self.level or curves.TeamLevel(),
        )
        graded = await self._points(about, points(rubric))
        wrong = claims(rubric, language(answer.text)) if self.claims else ()
        held = await self._each(about.claim, wrong)
        settled = tuple(contradicted(grade, held, rubric) for grade in graded)
        for defence in self.defences:
            settled = defence.settle(settled, [line.shown for line in shown.lines], rubric)
        return Judgement(
            points=settled,
            misconceptions=tuple(held),
            feedback="",
            replied=asked.replied,
            usage=total_usage(asked.replies),
            set_aside=shown.set_aside,
        )

    async def _points(self, about: "_About", items: Sequence[PointItem]) -> list[PointGrade]:
        alone = 1 if self.first_alone else 0
        first = await self._each(about.point, items[:alone])
        return first + await self._each(about.point, items[alone:])

    async def _each(
        self, ask: Callable[[_Row], Awaitable[_Graded]], rows: Sequence[_Row]
    ) -> list[_Graded]:
        """*ask* of every row, at most ``slots`` at once, each told when it is there."""
        gate = asyncio.Semaphore(self.slots)

        async def one(row: _Row) -> _Graded:
            async with gate:
                graded = await ask(row)
            self.heard(graded)
            return graded

        return list(await asyncio.gather(*map(one, rows)))


@dataclass(frozen=True)
class _About:
    """The asking about one answer."""

    form: Form
    lines: tuple[ShownSentence, ...]
    level: curves.TeamLevel

    async def point(self, item: PointItem) -> PointGrade:
        missed = PointGrade(
            id=item.id, weight=item.point.weight, verdict=Verdict.MISSED, confidence=1.0
        )
        if not self.lines:
            return missed
        try:
            found = await self.form.point(item.point)
            likely = self.level.applied(found.chances)
            verdict = decided(likely)
            evidence = await self._evidence(item.point, found, verdict)
        except Unusable as unusable:
            return item.ungraded(unusable.cause, unusable.detail)
        chances = {v: round(c, 4) for v, c in zip(VERDICTS, likely, strict=True)}
        update = {
            "verdict": verdict,
            "confidence": round(chances[verdict], 3),
            "alternative": _alternative(chances, verdict),
            "evidence": evidence,
            "probabilities": chances,
        }
        return missed.model_copy(update=update)

    async def claim(self, item: ClaimItem) -> MisconceptionGrade:
        if not self.lines:
            return item.grade(asserted=False)
        try:
            found = await self.form.claim(item.claim)
            asserted = found.chances[0] > 1 / 2
            verdict = Verdict.MET if asserted else Verdict.MISSED
            grade = item.grade(asserted, await self._evidence(item.claim, found, verdict))
        except Unusable as unusable:
            return item.ungraded(unusable.cause, unusable.detail)
        return grade.model_copy(update={"confidence": round(max(found.chances), 3)})

    async def _evidence(
        self, claim: KeyPoint | Misconception, found: ClaimReading, verdict: Verdict
    ) -> tuple[Evidence, ...]:
        """The line that the verdict rests on: none for what is not said."""
        if verdict == Verdict.MISSED:
            return ()
        line = found.line or await self.form.line(claim, prompts.WORDS[verdict])
        span = self.lines[line - 1].span
        return (Evidence(text=span.text, start=span.start, end=span.end),)


def decided(chances: Chances) -> Verdict:
    """Returns the verdict in the middle: the median of the credit, which errs the least in points
    (the median minimises the expected absolute error)."""
    met, partial, missed, contradicted = chances
    if met > 1 / 2:
        return Verdict.MET
    if met + partial > 1 / 2:
        return Verdict.PARTIAL
    return Verdict.MISSED if missed >= contradicted else Verdict.CONTRADICTED


def contradicted(
    grade: PointGrade, held: Sequence[MisconceptionGrade], rubric: Rubric
) -> PointGrade:
    """Returns the grade, contradicted where the point is not met and its very opposite, as the
    rubric says, is asserted."""
    opposites = {m.id for m in rubric.misconceptions if grade.id in m.contradicts}
    said = [m for m in held if m.asserted and m.id in opposites]
    if grade.verdict in (None, Verdict.MET) or not said:
        return grade
    surest = max(said, key=lambda m: m.confidence or 0.0)
    sure = surest.confidence or 0.0
    known = grade.probabilities or {}
    chances = {v: round((1 - sure) * known.get(v, 0.0), 4) for v in VERDICTS}
    chances[Verdict.CONTRADICTED] = round(
        1 - sum(chances.values()) + chances[Verdict.CONTRADICTED], 4
    )
    return grade.model_copy(
        update={
            "verdict": Verdict.CONTRADICTED,
            "confidence": round(chances[Verdict.CONTRADICTED], 3),
            "alternative": _alternative(chances, Verdict.CONTRADICTED),
            "evidence": surest.evidence,
            "probabilities": chances,
        }
    )


def _alternative(chances: dict[Verdict, float], verdict: Verdict) -> Verdict | None:
    if chances[verdict] > SURE:
        return None
    return max((v for v in VERDICTS if v != verdict), key=lambda v: chances[v])

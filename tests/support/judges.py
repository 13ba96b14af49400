"""Judges without a model: each gives the verdicts that it is told to give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.answer import Answer
from grader.judge.base import Judgement
from grader.record import Cause, JudgeInfo, MisconceptionGrade, PointGrade, Usage, Verdict
from grader.rubric.format import Rubric

Given = tuple[Verdict | None, float | None]
"""A verdict, None for none, and the confidence in it."""


@dataclass
class ToldJudge:
    """Gives each key point its verdict of *gives*, ``met`` with confidence 0.9 where that has none.

    Attributes:
        holds: the misconceptions that it finds asserted; None leaves all of them open.
        asked: the ids of the key points that it was asked about, call by call.
    """

    model: str
    gives: Mapping[str, Given] = field(default_factory=dict)
    holds: Sequence[str] | None = ()
    likely: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def info(self) -> JudgeInfo:
        return JudgeInfo(kind="endpoint", model=self.model, endpoint="http://told/v1")

    @property
    def prompt_digest(self) -> str:
        return f"sha256:{self.model}"

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:  # noqa: ARG002
        self.asked.append(tuple(point.id for point in rubric.key_points))
        return Judgement(
            points=tuple(self._point(point.id, point.weight) for point in rubric.key_points),
            misconceptions=tuple(
                MisconceptionGrade(
                    id=claim.id,
                    asserted=None if self.holds is None else claim.id in self.holds,
                    penalty=claim.penalty,
                )
                for claim in rubric.misconceptions
            ),
            feedback=f"words of {self.model}",
            replied=f"{self.model}-2026",
            usage=Usage(calls=1, input_tokens=10, output_tokens=2),
        )

    def _point(self, name: str, weight: float) -> PointGrade:
        verdict, confidence = self.gives.get(name, (Verdict.MET, 0.9))
        chances = {v: float(v == verdict) for v in Verdict} if self.likely and verdict else None
        return PointGrade(
            id=name,
            weight=weight,
            verdict=verdict,
            confidence=confidence if verdict else None,
            cause=None if verdict else Cause.REFUSED,
            reason=f"{self.model} says so",
            probabilities=chances,
        )

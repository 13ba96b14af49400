"""A cheap judge first, and a dearer one for what the first is not sure of."""

from dataclasses import dataclass
from functools import cached_property

from grader.answer import Answer
from grader.judge import parts
from grader.judge.base import Judge, Judgement
from grader.judge.voting import is_sure, part_of
from grader.record import JudgeInfo, PointGrade
from grader.rubric.format import Rubric


@dataclass(frozen=True)
class Cascade:
    """Two judges, the second asked only about what the first leaves open.

    What both cannot grade stays ungraded. Misconceptions and what was set aside are the first
    judge's; the words to the candidate are those of whoever has any.

    Attributes:
        unsure_below: the first judge's confidence, 0 to 1, below which a key point is sent on; one
            without a verdict, without a confidence or with two possible verdicts always is.
    """

    first: Judge
    second: Judge
    unsure_below: float

    @cached_property
    def info(self) -> JudgeInfo:
        """Both judges, named by their models and the threshold."""
        return parts.combined_info((self.first, self.second), "cascade", self.unsure_below)

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the words that both are asked with, and of the threshold."""
        return parts.combined_digest((self.first, self.second), self.info)

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """Judges the answer; the second judge is asked at most once, about what is sent on."""
        first = await self.first.judge(rubric, answer)
        unsure = sent_on(first, self.unsure_below)
        if not unsure:
            return self._joined(first, None)
        return self._joined(first, await self.second.judge(part_of(rubric, unsure), answer))

    def _joined(self, first: Judgement, second: Judgement | None) -> Judgement:
        judgements = (first,) if second is None else (first, second)
        used = parts.spent((self.first, self.second)[: len(judgements)], judgements)
        return Judgement(
            points=self.points(first, second),
            misconceptions=first.misconceptions,
            feedback=next((j.feedback for j in reversed(judgements) if j.feedback), ""),
            replied=parts.replied(judgements),
            usage=parts.sum_spent(used),
            set_aside=first.set_aside,
            spent=used,
        )

    def points(self, first: Judgement, second: Judgement | None) -> tuple[PointGrade, ...]:
        """Returns the first judge's grades, the second's in place of those that were sent on."""
        unsure = sent_on(first, self.unsure_below)
        again = {point.id: point for point in second.points} if second else {}
        return tuple(
            self._decided(point, again[point.id])
            if point.id in unsure and point.id in again
            else point.model_copy(update={"by": self.first.info.model})
            for point in first.points
        )

    def _decided(self, before: PointGrade, after: PointGrade) -> PointGrade:
        stays = after.verdict is None and before.verdict is not None
        chosen, judge = (before, self.first) if stays else (after, self.second)
        given = (parts.opinion(before, self.first), parts.opinion(after, self.second))
        return chosen.model_copy(update={"by": judge.info.model, "opinions": given})


def sent_on(first: Judgement, unsure_below: float) -> set[str]:
    """Returns the ids of the key points that the first judge is not sure of."""
    return {point.id for point in first.points if not is_sure(point, unsure_below)}

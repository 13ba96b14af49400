"""More samples of the verdicts that one sample does not settle."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from grader.answer import Answer
from grader.judge.base import Judge, Judgement, sum_usage
from grader.record import JudgeInfo, PointGrade, Verdict
from grader.rubric.format import Rubric

SURE = 0.75
"""A judge's own confidence from which on one sample settles a verdict. Of the words that a judge
states only the surest lies above it."""

Ballots = dict[str, list[PointGrade]]
"""The samples' grades of each key point, by its id, the first sample first."""


@dataclass(frozen=True)
class Voting:
    """A judge that asks again where it is not sure.

    A verdict is settled by one sample whose judge is confident, else by a majority of at least
    two samples. A judge that gives no confidence is therefore always asked twice.

    Attributes:
        sampled: the judge that takes sample 0, 1, ... of each reply.
        most: samples at most, at least 2.
        sure: the confidence, 0 to 1, from which on one sample settles a verdict.
    """

    sampled: Callable[[int], Judge]
    most: int
    sure: float = SURE

    @cached_property
    def _first(self) -> Judge:
        return self.sampled(0)

    @cached_property
    def info(self) -> JudgeInfo:
        """Who judges and how it is asked."""
        return self._first.info.model_copy(update={"votes": self.most, **below(self.sure)})

    @property
    def prompt_digest(self) -> str:
        """Digest of the words it is asked with."""
        return self._first.prompt_digest

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """Judges the answer; each key point's verdict is that of most of its samples."""
        first = await self._first.judge(rubric, answer)
        ballots: Ballots = {point.id: [point] for point in first.points}
        usage = first.usage
        for number in range(1, self.most):
            left = {name for name, ballot in ballots.items() if not settled(ballot, self.sure)}
            if not left:
                break
            further = await self.sampled(number).judge(part_of(rubric, left), answer)
            usage = sum_usage((usage, further.usage))
            for point in further.points:
                if point.id in left:
                    ballots[point.id].append(point)
        return Judgement(
            points=tuple(decided(ballot) for ballot in ballots.values()),
            misconceptions=first.misconceptions,
            feedback=first.feedback,
            replied=first.replied,
            usage=usage,
            set_aside=first.set_aside,
        )


def below(sure: float) -> dict[str, float]:
    """What the record says of a threshold: nothing where it is the usual one."""
    return {} if sure == SURE else {"unsure_below": sure}


def is_sure(point: PointGrade, sure: float) -> bool:
    """Whether its judge holds the verdict for right with a probability of at least *sure*."""
    confident = point.confidence is not None and point.confidence >= sure
    return point.verdict is not None and confident and point.alternative is None


def settled(ballot: Sequence[PointGrade], sure: float = SURE) -> bool:
    """Whether no further sample is needed."""
    if len(ballot) == 1:
        return is_sure(ballot[0], sure)
    votes = _count(ballot)
    return votes.total() > 1 and 2 * votes.most_common(1)[0][1] > votes.total()


def decided(ballot: Sequence[PointGrade]) -> PointGrade:
    """The grade that most samples give, with their share as its confidence.

    Without a majority the verdict that comes next stays possible: it is the alternative.
    """
    if len(ballot) == 1:
        return ballot[0]
    taken = {"votes": tuple(point.verdict for point in ballot)}
    votes = _count(ballot)
    if not votes:
        return ballot[0].model_copy(update=taken)
    ranked = votes.most_common()
    verdict, count = ranked[0]
    chosen = next(point for point in ballot if point.verdict == verdict)
    if votes.total() == 1:
        return chosen.model_copy(update=taken)
    open_ = 2 * count <= votes.total()
    update = {
        **taken,
        "confidence": round(count / votes.total(), 3),
        "alternative": ranked[1][0] if open_ else None,
    }
    return chosen.model_copy(update=update)


def flipped(point: PointGrade) -> bool:
    """Whether the samples of a key point differ."""
    return len(set(point.votes)) > 1


def _count(ballot: Sequence[PointGrade]) -> Counter[Verdict]:
    return Counter(point.verdict for point in ballot if point.verdict is not None)


def part_of(rubric: Rubric, names: Collection[str]) -> Rubric:
    """The rubric with only the key points *names*; whole where that is all of them."""
    points = tuple(point for point in rubric.key_points if point.id in names)
    if len(points) == len(rubric.key_points):
        return rubric
    return rubric.model_copy(update={"key_points": points, "misconceptions": ()})

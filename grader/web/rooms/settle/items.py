"""What there is to settle, in the order in which it is shown: contested first."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from grader.record import Grade, Override
from grader.session.contests import Contest, open_contests
from grader.trust.calibration.results import PointKey
from grader.trust.calibration.settle import RatingDifference, differences
from grader.web.team_files import TeamState


@dataclass(frozen=True)
class SettleItem:
    """One key point of one answer that somebody is to settle, or has settled.

    Attributes:
        grade: the answer's first record, with all that was decided on the answer.
        contest: who asked for a second look and why; None where nobody waits for one.
    """

    difference: RatingDifference
    grade: Grade
    contest: Contest | None

    @property
    def handle(self) -> str:
        """Its name in addresses."""
        told = "\0".join(self.difference.key).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(told, digest_size=8).hexdigest()

    @property
    def decisions(self) -> tuple[Override, ...]:
        """What people decided on it, as appended."""
        point = self.difference.key_point
        return tuple(o for o in self.grade.overrides if o.key_point == point)

    @property
    def is_settled(self) -> bool:
        """Whether a person decided, and nobody asked for a second look after that."""
        return self.difference.decided is not None and self.contest is None


@dataclass(frozen=True)
class SettleList:
    """All items: those that wait, contested ones first, and those that are settled."""

    waiting: tuple[SettleItem, ...]
    settled: tuple[SettleItem, ...]

    def find(self, handle: str | None) -> SettleItem | None:
        """Returns the item of that name; None where there is none."""
        each = (*self.waiting, *self.settled)
        return next((item for item in each if item.handle == handle), None)

    def beside(self, item: SettleItem) -> tuple[SettleItem | None, SettleItem | None]:
        """Returns the waiting items before and after *item*."""
        place = next((n for n, each in enumerate(self.waiting) if each == item), None)
        if place is None:
            return None, next(iter(self.waiting), None)
        after = self.waiting[place + 1] if place + 1 < len(self.waiting) else None
        return (self.waiting[place - 1] if place else None), after

    def following(self, item: SettleItem) -> SettleItem | None:
        """Returns what to go on with after *item*: the next that waits, or the first one."""
        _, after = self.beside(item)
        return after or next((each for each in self.waiting if each != item), None)


def to_settle(state: TeamState, pass_mark: float | None) -> SettleList:
    """Returns what there is to settle: of each kind what decides over a pass comes first."""
    contests = dict(_contested(state))
    also = {*contests, *_decided(state)}
    each = [
        SettleItem(d, state.answers[d.key[:2]], contests.get(d.key))
        for d in differences(state.results, state.ratings, pass_mark, with_settled=True, also=also)
    ]
    waiting = sorted((i for i in each if not i.is_settled), key=lambda item: item.contest is None)
    return SettleList(tuple(waiting), tuple(item for item in each if item.is_settled))


def _decided(state: TeamState) -> Iterator[PointKey]:
    for key, grade in state.answers.items():
        yield from ((*key, each.key_point) for each in grade.overrides)


def _contested(state: TeamState) -> Iterator[tuple[PointKey, Contest]]:
    if not state.contests:
        return
    for (question, answer_id), grade in state.answers.items():
        for point, contest in open_contests(grade, state.contests).items():
            yield (question, answer_id, point), contest

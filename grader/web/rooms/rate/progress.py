"""How far one rater is, under names of answers that tell nothing about whose they are."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from grader.trust.calibration.ratings_kept import UNSURE, KeptRating
from grader.trust.calibration.results import AnswerKey, PointKey
from grader.web.rooms.rate.answers import ToRate


@dataclass(frozen=True)
class AnswerState:
    """What a rater has said of one answer.

    Attributes:
        handle: its name in addresses, for this rater and this run of the server alone.
        number: its place in the rater's order, from 1.
        ratings: what holds of each of its key points; None where nothing was said.
    """

    answer: ToRate
    handle: str
    number: int
    ratings: tuple[KeptRating | None, ...]

    @property
    def said(self) -> int:
        """How many key points have a verdict, or that the rater is unsure."""
        return sum(r is not None and r.verdict is not None for r in self.ratings)

    @property
    def unsure(self) -> int:
        """Of how many key points the rater is unsure."""
        return sum(r is not None and r.verdict == UNSURE for r in self.ratings)

    @property
    def whole(self) -> bool:
        """Whether nothing is left to say."""
        return self.said == len(self.ratings)


class RaterProgress:
    """The answers in a rater's order, each with what the rater has said of it.

    Attributes:
        states: one for each answer.
        seconds: how long the rater looked at an answer, the median; None before the first.
    """

    def __init__(
        self,
        rater: str,
        order: Sequence[ToRate],
        said: Mapping[PointKey, KeptRating],
        seconds: Mapping[AnswerKey, float],
        secret: bytes,
    ) -> None:
        self.rater = rater
        self.states = tuple(
            AnswerState(a, _handle(secret, rater, a), number, _ratings(a, said))
            for number, a in enumerate(order, start=1)
        )
        spent = [seconds[s.answer.key] for s in self.states if s.whole and s.answer.key in seconds]
        self.seconds = round(median(spent)) if spent else None

    @property
    def whole(self) -> int:
        """How many answers are rated whole."""
        return sum(state.whole for state in self.states)

    @property
    def unsure(self) -> int:
        """Of how many key points the rater is unsure."""
        return sum(state.unsure for state in self.states)

    def find(self, handle: str | None) -> AnswerState | None:
        """Returns the answer of that name; None where there is none."""
        return next((state for state in self.states if state.handle == handle), None)

    def following(self, handle: str | None) -> AnswerState | None:
        """Returns the next answer with something left to say, after *handle* or from the start."""
        here = self.find(handle)
        at = here.number if here else 0
        turned = (*self.states[at:], *self.states[:at])
        return next((state for state in turned if not state.whole), None)

    def before(self, state: AnswerState) -> AnswerState | None:
        """Returns the answer before *state* in the rater's order."""
        return self.states[state.number - 2] if state.number > 1 else None


def _handle(secret: bytes, rater: str, answer: ToRate) -> str:
    told = "\0".join((rater, *answer.key)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(told, key=secret, digest_size=8).hexdigest()


def _ratings(answer: ToRate, said: Mapping[PointKey, KeptRating]) -> tuple[KeptRating | None, ...]:
    return tuple(said.get((*answer.key, point)) for point in answer.points)

"""How well a key point is known, by FSRS: from its verdicts alone, in the order of their times.

FSRS is a scheduler of spaced repetition. It models stability (days until the probability of
recall has fallen to 90 per cent) and difficulty (1 to 10), and asks again when recall has fallen
that far. Nothing of it is stored: the graded answers are replayed whenever somebody looks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from grader.record import Verdict

if TYPE_CHECKING:
    from fsrs import Card, Rating, Scheduler

Review = tuple[datetime, Verdict]
"""When a key point was graded, and how."""
_FIRST_DAY = datetime(1, 1, 2, tzinfo=UTC)
_LAST_DAY = datetime(9000, 1, 1, tzinfo=UTC)
"""Bounds of the times that are replayed: a date that means "never" is no error."""


@dataclass(frozen=True)
class Memory:
    """What FSRS makes of the reviews of one key point.

    Attributes:
        stability: days until it is recalled with a probability of 90 per cent.
        difficulty: from 1 to 10.
        due: when it should be practised again.
        reviewed_at: when it was reviewed last.
    """

    stability: float
    difficulty: float
    due: datetime
    reviewed_at: datetime

    def retrievability(self, now: datetime) -> float:
        """The probability, 0 to 1, that it is recalled at *now*."""
        card = _card(self.stability, self.reviewed_at)
        return _scheduler().get_card_retrievability(card, _in_utc(now))


def remembered(reviews: Iterable[Review]) -> Memory | None:
    """Returns the state after *reviews*, the oldest first; None where there are none.

    Met is rated Good, partial Hard, missed and contradicted Again. Two on one day count as FSRS
    has it: the second moves the state less than one some days later would.
    """
    card = _card()
    for at, verdict in reviews:
        card, _ = _scheduler().review_card(card, _rating(verdict), _in_utc(at))
    if card.stability is None or card.difficulty is None or card.last_review is None:
        return None
    return Memory(card.stability, card.difficulty, card.due, card.last_review)


@cache
def _scheduler() -> "Scheduler":
    from fsrs import Scheduler

    # Days, not minutes, and the same dates at every reading
    return Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def _card(stability: float | None = None, reviewed_at: datetime | None = None) -> "Card":
    from fsrs import Card

    # Without an id it would wait a millisecond, to have one that nobody else has
    return Card(card_id=0, stability=stability, due=_FIRST_DAY, last_review=reviewed_at)


def _rating(verdict: Verdict) -> "Rating":
    from fsrs import Rating

    if verdict is Verdict.MET:
        return Rating.Good
    return Rating.Hard if verdict is Verdict.PARTIAL else Rating.Again


def _in_utc(time: datetime) -> datetime:
    return max(_FIRST_DAY, min(time, _LAST_DAY)).astimezone(UTC)

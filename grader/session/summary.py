"""What a session adds up to, as frozen values. :mod:`grader.session.tally` makes them."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from grader.record import Cause, Points
from grader.util.frozen import Frozen

BINS = 10
"""Bars of the score distribution, each 10 per cent wide; 100 belongs to the last."""


class Scores(Frozen):
    """The scores of some answers, in per cent."""

    answers: int = Field(ge=0)
    ungraded: int = Field(ge=0)
    """Answers with no single score: they count in ``low`` and ``high`` alone."""
    mean: float | None = None
    """Of the answers with a single score; None without any."""
    median: float | None = None
    low: float = 0.0
    """Mean of the least that each answer may deserve, over all answers."""
    high: float = 0.0
    """Mean of the most that each answer may deserve, over all answers."""
    histogram: tuple[int, ...] = (0,) * BINS
    """Answers with a single score, by tens of per cent."""


class PointSummary(Frozen):
    """How one key point of a question was answered."""

    question: str
    id: str
    weight: Points
    """The weight in the latest record."""
    worth: Points
    """What that was in the points of the grade: scaled to the question's total."""
    lost: float = 0.0
    """Points of the grade that the point cost the graded answers together."""
    met: int = 0
    partial: int = 0
    missed: int = 0
    contradicted: int = 0
    ungraded: int = 0

    @property
    def graded(self) -> int:
        """Answers with a verdict."""
        return self.met + self.partial + self.missed + self.contradicted

    @property
    def share_met(self) -> float | None:
        """Share of the graded answers, 0 to 1, that make the point; None without any."""
        return self.met / self.graded if self.graded else None

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Answers by verdict: met, partial, missed, contradicted, ungraded."""
        return self.met, self.partial, self.missed, self.contradicted, self.ungraded


class ClaimSummary(Frozen):
    """How often one misconception was asserted."""

    question: str
    id: str
    asserted: int = 0
    unclear: int = 0


class QuestionSummary(Frozen):
    """One question of the session."""

    id: str
    scores: Scores
    key_points: tuple[PointSummary, ...]
    """In the rubric's order."""
    misconceptions: tuple[ClaimSummary, ...] = ()
    rubrics: int = 1
    """Versions of the rubric that its answers were graded against."""


class CandidateSummary(Frozen):
    """One candidate's answers."""

    name: str
    scores: Scores


class JudgeSummary(Frozen):
    """One judge and the answers that it graded."""

    kind: str
    model: str
    endpoint: str
    answers: int


class UsageSummary(Frozen):
    """What the replies used, and what they cost in US dollars."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    paid_usd: float = 0.0
    """Known costs of what was asked anew."""
    saved_usd: float = 0.0
    """Known costs of what the ledger held already."""
    unknown_costs: int = 0
    """Answers whose cost nobody knows: the model has no known price."""
    from_ledger: int = 0
    """Answers that took every reply from the ledger."""


class Unit(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Period(Frozen):
    """The answers of one stretch of time."""

    start: date
    unit: Unit
    scores: Scores


class Summary(Frozen):
    """A whole session."""

    scores: Scores
    questions: tuple[QuestionSummary, ...] = ()
    """By id, ``q-2`` before ``q-10``."""
    candidates: tuple[CandidateSummary, ...] = ()
    """By name; those beyond the limit are not here."""
    more_candidates: int = 0
    """Answers of candidates beyond the limit."""
    causes: dict[Cause, int] = Field(default={})
    """Ungraded key points by cause, the commonest first."""
    flagged: int = 0
    """Answers with integrity flags."""
    flags: dict[str, int] = Field(default={})
    """Integrity flags by kind, the commonest first."""
    unsure: int = 0
    """Answers with a key point that the judge was unsure of."""
    judges: tuple[JudgeSummary, ...] = ()
    usage: UsageSummary = UsageSummary()
    periods: tuple[Period, ...] = ()
    """By time of the attempt, or of grading where that is not known; all of one length."""

    @property
    def ungraded_points(self) -> int:
        """Key points without a verdict."""
        return sum(self.causes.values())

    def weakest(self, longest: int = 10) -> tuple[PointSummary, ...]:
        """The key points that lost the most points an answer, at most *longest*, worst first."""
        points = [p for q in self.questions for p in q.key_points if p.graded and p.lost]
        return tuple(sorted(points, key=_kept_per_answer)[:longest])

    def misconceptions(self, longest: int = 10) -> tuple[ClaimSummary, ...]:
        """The misconceptions asserted most often, at most *longest*."""
        held = [m for q in self.questions for m in q.misconceptions if m.asserted]
        return tuple(sorted(held, key=lambda m: -m.asserted)[:longest])


def _kept_per_answer(point: PointSummary) -> float:
    return -point.lost / point.graded

"""From the log-odds of a yes to a verdict: a calibration fitted on labelled answers, as data.

The raw probability of a small model is biased; a logistic curve fitted on labelled answers
(Platt, 1999) makes it a probability, and two such curves, one for ``met`` and one for at least
``partial``, make an ordinal scale of it (McCullagh, 1980).
"""

import math
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.record import Cause, Evidence, Verdict
from grader.request import Token, TopToken, Unusable

_YES = {"yes", "是"}
_NO = {"no", "否"}

_UNSUPPORTED = 0.72
"""Of 86 labelled key points that a small model credits without a word of theirs in the answer,
people gave no credit for 62."""

FILE = Path(__file__).with_name("calibrated.toml")


class Curve(BaseModel):
    """``P = 1 / (1 + exp(-(slope * x + others * y + offset)))`` for log-odds ``x``.

    ``y`` is the mean log-odds of the answer's other key points: how well an answer does elsewhere
    tells something of what it means here, and a small model's single verdict is noisy. Shrinking
    towards the answer's own level is the empirical Bayes estimate (Efron and Morris, 1975).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float = Field(gt=0)
    others: float = Field(default=0.0, ge=0)
    offset: float

    def logit(self, log_odds: float, others: float = 0.0) -> float:
        """The calibrated log-odds; above 0 the yes is likelier than not."""
        return self.slope * log_odds + self.others * others + self.offset

    def probability(self, log_odds: float, others: float = 0.0) -> float:
        """The calibrated probability, 0 to 1."""
        logit = self.logit(log_odds, others)
        return 1.0 / (1.0 + math.exp(-min(max(logit, -50.0), 50.0)))


class Calibration(BaseModel):
    """What turns log-odds into verdicts for one judge.

    Attributes:
        met: probability that the verdict is ``met``.
        some: probability that it is ``met`` or ``partial``.
        claim: probability that a misconception is asserted.
        unsure: half-width, in calibrated log-odds, of the band in which a verdict is as good
            as a coin's.
        languages: the languages in which each key point is asked; their log-odds are averaged.
        by_word: the judge says yes to much that is fluent: it is shown only sentences that have a
            word of the subject, and gives no credit without one of the key point.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    met: Curve
    some: Curve
    claim: Curve
    unsure: float = Field(ge=0)
    languages: tuple[Literal["en", "zh"], ...]
    by_word: bool = False


class Finding(BaseModel):
    """A verdict with its probability and, if the judge is unsure, the nearest other one."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    confidence: float
    alternative: Verdict | None = None
    evidence: Evidence | None = None


def calibration(kind: Literal["local", "endpoint"]) -> Calibration:
    """The calibration that is shipped for a kind of judge."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Calibration.model_validate(table[kind])


def mean_of_others(own: float, known: Sequence[float]) -> float:
    """The mean of *known*, which holds *own* once, without it; *own* where there is no other."""
    return (sum(known) - own) / (len(known) - 1) if len(known) > 1 else own


def finding(
    log_odds: float, fitted: Calibration, *, others: float, binary: bool, supported: bool = True
) -> Finding:
    """The verdict on a key point.

    Args:
        log_odds: natural logarithm of the odds of a yes.
        others: mean log-odds of the answer's other key points.
        binary: the key point is either met or missed.
        supported: the answer has a word of the key point; without one there is no credit.
    """
    found = _finding(log_odds, fitted, others, binary=binary)
    if supported or found.verdict == Verdict.MISSED:
        return found
    doubt = Verdict.MET if binary else Verdict.PARTIAL
    return Finding(verdict=Verdict.MISSED, confidence=_UNSUPPORTED, alternative=doubt)


def _finding(log_odds: float, fitted: Calibration, others: float, *, binary: bool) -> Finding:
    met = fitted.met.probability(log_odds, others)
    some = met if binary else max(fitted.some.probability(log_odds, others), met)
    if met > 1 / 2:
        verdict, confidence = Verdict.MET, met
    elif some > 1 / 2:
        verdict, confidence = Verdict.PARTIAL, some - met
    else:
        verdict, confidence = Verdict.MISSED, 1 - some
    to_met = abs(fitted.met.logit(log_odds, others))
    to_some = abs(fitted.some.logit(log_odds, others))
    near = _neighbour(to_met, to_some, fitted.unsure, verdict, binary=binary)
    return Finding(verdict=verdict, confidence=round(confidence, 3), alternative=near)


def _neighbour(
    to_met: float, to_some: float, unsure: float, verdict: Verdict, *, binary: bool
) -> Verdict | None:
    """The verdict on the other side of a threshold that is nearer than *unsure*."""
    if binary:
        other = Verdict.MISSED if verdict == Verdict.MET else Verdict.MET
        return other if to_met < unsure else None
    if verdict == Verdict.MET:
        return Verdict.PARTIAL if to_met < unsure else None
    if verdict == Verdict.MISSED:
        return Verdict.PARTIAL if to_some < unsure else None
    if min(to_met, to_some) >= unsure:
        return None
    return Verdict.MET if to_met < to_some else Verdict.MISSED


def log_odds(token: Token) -> float:
    """Natural logarithm of P(yes) / P(no) at one token.

    Where one of the two is not among the alternatives that were returned, its probability is
    taken to be that of the least likely one: it cannot be more.

    Raises:
        Unusable: neither a yes nor a no was considered.
    """
    seen = token.top_logprobs or (token,)
    yes, no = _probability(seen, _YES), _probability(seen, _NO)
    if yes == no == 0:
        raise Unusable(Cause.WRONG_SHAPE, "neither yes nor no")
    least = math.exp(min(top.logprob for top in seen))
    return math.log(yes or least) - math.log(no or least)


def _probability(seen: Iterable[TopToken], words: set[str]) -> float:
    return sum(math.exp(t.logprob) for t in seen if t.token.strip().lower() in words)

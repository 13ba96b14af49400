"""From log-probabilities to the probabilities of verdicts: curves fitted on labelled answers.

A model's own probabilities are biased. What is fitted has few parameters: for the trained judge a
conditional logit (McFadden, 1974) over its four words, for a judge that only says yes or no two
logistic curves (Platt, 1999), one for ``met`` and one for at least ``partial``, which make an
ordinal scale (McCullagh, 1980).
"""

import functools
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from grader.errors import BadInput
from grader.record import Verdict
from grader.scoring import CREDIT
from grader.util.complaint import first_complaint
from grader.util.frozen import Frozen
from grader.util.toml import parse_toml

FILE = Path(__file__).with_name("curves.toml")
VERDICTS = tuple(Verdict)
"""The order of everything that has a place for each verdict."""
Chances = tuple[float, ...]
"""A probability for each verdict, 0 to 1, in the order of :data:`VERDICTS`."""


class Words(Frozen):
    """``P(verdict) ~ exp(sharpness * log-probability of its word + shift)``; met has no shift."""

    sharpness: float = Field(default=1.0, gt=0)
    partial: float = 0.0
    missed: float = 0.0
    contradicted: float = 0.0

    def chances(self, found: Sequence[float], *, binary: bool = False) -> Chances:
        """Returns the probabilities of the four verdicts.

        Args:
            found: natural log-probabilities of the four words.
            binary: the key point knows no ``partial``.
        """
        shifts = (0.0, self.partial, self.missed, self.contradicted)
        logits = [self.sharpness * f + s for f, s in zip(found, shifts, strict=True)]
        if binary:
            logits[VERDICTS.index(Verdict.PARTIAL)] = -math.inf
        most = max(logits)
        odds = [math.exp(logit - most) for logit in logits]
        return tuple(each / sum(odds) for each in odds)


class LogisticLine(Frozen):
    """``P = 1 / (1 + exp(-(slope * log-odds + offset)))``."""

    slope: float = Field(default=1.0, gt=0)
    offset: float = 0.0

    def chance(self, log_odds: float) -> float:
        """Returns the probability of a yes, 0 to 1."""
        logit = self.slope * log_odds + self.offset
        return 1.0 / (1.0 + math.exp(-min(max(logit, -50.0), 50.0)))


class Curves(Frozen):
    """What turns the trained judge's replies into probabilities.

    Attributes:
        point: for key points.
        claim: for a misconception, over the odds of its yes.
    """

    point: Words = Words()
    claim: LogisticLine = LogisticLine()


class YesNo(Frozen):
    """What turns a yes or no into probabilities; ``contradicted`` is beyond such a judge.

    Attributes:
        met: that the verdict is ``met``.
        some: that it is ``met`` or ``partial``.
        claim: that a misconception is asserted.
    """

    met: LogisticLine
    some: LogisticLine
    claim: LogisticLine

    def chances(self, log_odds: float, *, binary: bool = False) -> Chances:
        """Returns the probabilities of the four verdicts for log-odds of a yes."""
        met = self.met.chance(log_odds)
        some = met if binary else max(self.some.chance(log_odds), met)
        return met, some - met, 1.0 - some, 0.0


class TeamLevel(Frozen):
    """A team's own level over a judge's probabilities: ``P ~ P ** sharpness * exp(leniency *
    credit)``.

    Attributes:
        sharpness: above 1 the judge was too unsure, below 1 too sure.
        leniency: above 0 the team gives more than the judge, in log-odds of a met over a missed.
    """

    sharpness: float = Field(default=1.0, gt=0, le=10)
    leniency: float = Field(default=0.0, ge=-20, le=20)

    def applied(self, chances: Chances) -> Chances:
        """Returns the probabilities at this level."""
        raised = [
            chance**self.sharpness * math.exp(self.leniency * CREDIT[verdict])
            for verdict, chance in zip(VERDICTS, chances, strict=True)
        ]
        return tuple(each / sum(raised) for each in raised)


def read_level(path: Path) -> TeamLevel:
    """Returns the level that a file holds.

    Raises:
        BadInput: it cannot be read, or is no such file.
    """
    try:
        content = parse_toml(path.read_text(encoding="utf-8-sig"))
        if content.pop("schema", None) != "level/1":
            raise ValueError('no schema = "level/1"; grade calibrate fit makes such a file')
        return TeamLevel.model_validate(content)
    except ValidationError as error:
        why = first_complaint(error)
    except (OSError, ValueError) as error:
        why = str(error).splitlines()[0]
    raise BadInput(f"--calibration {path}: not a team's level: {why}")


def trained() -> Curves:
    """Returns the curves that ship with the adapter."""
    return Curves.model_validate(_table(FILE)["trained"])


def yes_no() -> YesNo:
    """Returns the curves of a judge that was not trained: hardly more than its own odds."""
    return YesNo.model_validate(_table(FILE)["yes-no"])


@functools.cache  # a judge is made for each answer where many are graded
def _table(file: Path) -> dict[str, object]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def odds_of_yes(found: Sequence[float]) -> float:
    """Returns the log-odds of the first word against the other three."""
    most = max(found[1:])
    return found[0] - most - math.log(sum(math.exp(each - most) for each in found[1:]))

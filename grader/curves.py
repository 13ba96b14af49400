"""From log-probabilities to the probabilities of verdicts: curves fitted on labelled answers.

A model's own probabilities are biased. What is fitted has few parameters: for the trained judge a
conditional logit (McFadden, 1974) over its four words, for a judge that only says yes or no two
logistic curves (Platt, 1999), one for ``met`` and one for at least ``partial``, which make an
ordinal scale (McCullagh, 1980).
"""

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w
from pydantic import BaseModel, ConfigDict, Field

from grader import toml_file
from grader.errors import BadInput
from grader.record import Verdict
from grader.scoring import CREDIT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = Path(__file__).with_name("curves.toml")
VERDICTS = tuple(Verdict)
"""The order of everything that has a place for each verdict."""
Chances = tuple[float, ...]
"""A probability for each verdict, 0 to 1, in the order of :data:`VERDICTS`."""

_PULL = 1.0
_STEPS = 100
_CLOSE = 1e-9
_FLATTEST = 0.01
"""Labels that speak against the model's own order do not turn it round."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Frozen):
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


class Line(_Frozen):
    """``P = 1 / (1 + exp(-(slope * log-odds + offset)))``."""

    slope: float = Field(default=1.0, gt=0)
    offset: float = 0.0

    def chance(self, log_odds: float) -> float:
        """Returns the probability of a yes, 0 to 1."""
        logit = self.slope * log_odds + self.offset
        return 1.0 / (1.0 + math.exp(-min(max(logit, -50.0), 50.0)))


class Curves(_Frozen):
    """What turns the trained judge's replies into probabilities.

    Attributes:
        point: for key points.
        claim: for a misconception, over the odds of its yes.
    """

    point: Words = Words()
    claim: Line = Line()


class YesNo(_Frozen):
    """What turns a yes or no into probabilities; ``contradicted`` is beyond such a judge.

    Attributes:
        met: that the verdict is ``met``.
        some: that it is ``met`` or ``partial``.
        claim: that a misconception is asserted.
    """

    met: Line
    some: Line
    claim: Line

    def chances(self, log_odds: float, *, binary: bool = False) -> Chances:
        """Returns the probabilities of the four verdicts for log-odds of a yes."""
        met = self.met.chance(log_odds)
        some = met if binary else max(self.some.chance(log_odds), met)
        return met, some - met, 1.0 - some, 0.0


class Level(_Frozen):
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


def read_level(path: Path) -> Level:
    """Returns the level that a file holds.

    Raises:
        BadInput: it cannot be read, or is no such file.
    """
    try:
        content = toml_file.loads(path.read_text(encoding="utf-8-sig"))
        if content.pop("schema", None) != "level/1":
            raise ValueError('no schema = "level/1"; grade calibrate fit makes such a file')
        return Level.model_validate(content)
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"--calibration {path}: not a team's level: {first}") from None


def trained() -> Curves:
    """Returns the curves that ship with the adapter."""
    return Curves.model_validate(_table()["trained"])


def yes_no() -> YesNo:
    """Returns the curves of a judge that was not trained: hardly more than its own odds."""
    return YesNo.model_validate(_table()["yes-no"])


def write_trained(curves: Curves) -> None:
    """Puts *curves* into the shipped file in place of those of the trained judge."""
    text = FILE.read_text(encoding="utf-8")
    head, _, rest = text.partition("[trained.point]")
    rest = rest[rest.index("\n# A judge") :]
    FILE.write_text(head + tomli_w.dumps({"trained": curves.model_dump()}) + rest, encoding="utf-8")


def _table() -> dict[str, object]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def odds_of_yes(found: Sequence[float]) -> float:
    """Returns the log-odds of the first word against the other three."""
    most = max(found[1:])
    return found[0] - most - math.log(sum(math.exp(each - most) for each in found[1:]))


def fit(
    points: Sequence[tuple[Sequence[float], str]], claims: Sequence[tuple[Sequence[float], bool]]
) -> Curves:
    """Returns the curves that fit labelled decisions best.

    Args:
        points: the four log-probabilities of each key point, with its verdict.
        claims: those of each misconception, with whether it is asserted.
    """
    import numpy as np

    four = np.array([found for found, _ in points]).reshape(-1, 4, 1)
    shifts = np.broadcast_to(np.eye(4)[:, 1:], (len(four), 4, 3))
    labels = np.array([VERDICTS.index(Verdict(label)) for _, label in points], dtype=int)
    start = np.array([1.0, 0.0, 0.0, 0.0])
    sharp, *rest = conditional_logit(np.concatenate([four, shifts], 2), labels, start)
    odds = np.array([odds_of_yes(found) for found, _ in claims]).reshape(-1, 1)
    yes = np.column_stack([odds, np.ones(len(odds))])
    design = np.stack([np.zeros_like(yes), yes], 1)
    asserted = np.array([int(held) for _, held in claims], dtype=int)
    slope, offset = conditional_logit(design, asserted, np.array([1.0, 0.0]))
    partial, missed, contradicted = rest
    return Curves(
        point=Words(
            sharpness=max(sharp, _FLATTEST),
            partial=partial,
            missed=missed,
            contradicted=contradicted,
        ),
        claim=Line(slope=max(slope, _FLATTEST), offset=offset),
    )


def conditional_logit(
    design: "NDArray[np.float64]",
    chosen: "NDArray[np.int_]",
    start: "NDArray[np.float64]",
    pull: float = _PULL,
) -> list[float]:
    """Returns the weights that make the choices likeliest, by Newton's method.

    A pull towards *start*, as of *pull* observations of variance 1, keeps them finite where the
    choices can be told apart without a fault, and near it where there are few.

    Args:
        design: shape (n, alternatives, weights).
        chosen: shape (n,), the alternative that was right.
        start: shape (weights,).
    """
    import numpy as np

    weights = start.copy()
    rows = np.arange(len(chosen))
    for _ in range(_STEPS):
        logits = design @ weights
        odds = np.exp(logits - logits.max(1, keepdims=True))
        chance = odds / odds.sum(1, keepdims=True)
        mean = (chance[:, :, None] * design).sum(1)
        around = design - mean[:, None, :]
        gradient = (design[rows, chosen] - mean).sum(0) - pull * (weights - start)
        curvature = np.einsum("nk,nki,nkj->ij", chance, around, around)
        step = np.linalg.solve(curvature + pull * np.eye(len(weights)), gradient)
        weights = weights + step
        if np.abs(step).max() < _CLOSE:
            break
    return [round(float(weight), 4) for weight in weights]

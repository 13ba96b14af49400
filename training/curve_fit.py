"""Fits the trained judge's curves on labelled decisions, and puts them into the shipped file."""

from collections.abc import Sequence

import numpy as np
import tomli_w
from numpy.typing import NDArray

from grader.judge.curves import FILE, VERDICTS, Curves, LogisticLine, Words, odds_of_yes
from grader.record import Verdict

_PULL = 1.0
_STEPS = 100
_CLOSE = 1e-9
_FLATTEST = 0.01
"""Labels that speak against the model's own order do not turn it round."""


def fit(
    points: Sequence[tuple[Sequence[float], str]], claims: Sequence[tuple[Sequence[float], bool]]
) -> Curves:
    """Returns the curves that fit labelled decisions best.

    Args:
        points: the four log-probabilities of each key point, with its verdict.
        claims: those of each misconception, with whether it is asserted.
    """
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
        claim=LogisticLine(slope=max(slope, _FLATTEST), offset=offset),
    )


def conditional_logit(
    design: NDArray[np.float64],
    chosen: NDArray[np.int_],
    start: NDArray[np.float64],
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


def write_trained(curves: Curves) -> None:
    """Puts *curves* into the shipped file in place of those of the trained judge."""
    text = FILE.read_text(encoding="utf-8")
    head, _, rest = text.partition("[trained.point]")
    rest = rest[rest.index("\n# A judge") :]
    FILE.write_text(head + tomli_w.dumps({"trained": curves.model_dump()}) + rest, encoding="utf-8")

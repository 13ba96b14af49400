"""What fitting promises: weights that the labels justify, and no others."""

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.judge.curves import VERDICTS, Curves, LogisticLine, Words, odds_of_yes
from training.curve_fit import conditional_logit, fit

Floats = NDArray[np.float64]


def simulated(weights: Floats, count: int, seed: int = 0) -> tuple[Floats, NDArray[np.int_]]:
    """Choices of somebody who has these weights."""
    random = np.random.default_rng(seed)
    design = random.normal(size=(count, 4, len(weights)))
    logits = design @ weights + random.gumbel(size=(count, 4))
    return design, logits.argmax(1)


def test_weights_are_recovered_from_simulated_choices() -> None:
    weights = np.array([1.5, -0.7, 0.3])
    found = conditional_logit(*simulated(weights, 20_000), np.zeros(3))
    assert found == pytest.approx(weights, abs=0.05)


def test_few_choices_move_the_weights_little_from_their_start() -> None:
    start = np.array([1.0, 0.0, 0.0])
    design, chosen = simulated(np.array([-2.0, 3.0, 3.0]), 1)
    assert conditional_logit(design[:0], chosen[:0], start) == [1, 0, 0]
    assert np.abs(np.array(conditional_logit(design, chosen, start)) - start).max() < 1
    held = conditional_logit(design, chosen, start, pull=1e6)
    assert held == pytest.approx(start, abs=1e-3)


def test_choices_without_a_fault_leave_the_weights_finite() -> None:
    design = np.tile(np.array([[[1.0], [0.0]]]), (500, 1, 1))
    (weight,) = conditional_logit(design, np.zeros(500, dtype=int), np.zeros(1))
    assert 3 < weight < 20


def test_fitted_curves_undo_the_bias_of_a_judge() -> None:
    random = np.random.default_rng(1)
    bias = Words(sharpness=0.5, partial=1.0, missed=-0.5, contradicted=-1.0)
    points = []
    claims = []
    for _ in range(4000):
        found = np.log(random.dirichlet(np.full(4, 0.5)) + 1e-6).tolist()
        verdict = VERDICTS[random.choice(4, p=bias.chances(found))]
        points.append((found, verdict.value))
        held = LogisticLine(slope=0.5, offset=-1).chance(odds_of_yes(found))
        claims.append((found, bool(random.random() < held)))
    curves = fit(points, claims)
    assert curves.point.model_dump() == pytest.approx(bias.model_dump(), abs=0.15)
    assert curves.claim.model_dump() == pytest.approx({"slope": 0.5, "offset": -1}, abs=0.15)


def test_without_labels_the_judges_own_probabilities_stand() -> None:
    assert fit([], []) == Curves()

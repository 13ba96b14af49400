"""The pass mark: what it would decide, and which one decides best."""

import numpy as np
import pytest

from grader.trust.calibration.measure import Sampling, scores
from grader.trust.calibration.pass_mark import sweep
from tests.trust.calibration.teams import Team, panel

QUICK = Sampling(samples=200)


def test_counts_of_one_mark_are_those_of_the_answers() -> None:
    table = scores(panel(Team(answers=100, severity=(0.0,), model_noise=1.0), 1))
    found = sweep(table, 1, "m", 60, QUICK)
    cut = next(c for c in found.cuts if c.mark == 60)
    human, model = (table.values[:, i] >= 60 for i in (0, 1))
    assert cut.agree.value == pytest.approx(float((human == model).mean()))
    assert cut.false_passes.value == pytest.approx(float((model & ~human).mean()))
    assert cut.false_fails.value == pytest.approx(float((human & ~model).mean()))
    assert (cut.humans_pass, cut.model_passes) == (human.mean(), model.mean())


def test_a_mark_between_the_grid_is_looked_at_too() -> None:
    table = scores(panel(Team(answers=40), 1))
    found = sweep(table, 3, "m", 62.5, QUICK)
    assert found.mark == 62.5
    assert 62.5 in {cut.mark for cut in found.cuts}


def test_no_mark_is_proposed_where_everybody_passes_everything() -> None:
    made = panel(Team(answers=40), 1)
    made.scores[:] = 100.0
    found = sweep(scores(made), 3, "m", None, QUICK)
    assert found.proposed is None


def test_a_mark_that_everybody_passes_is_never_proposed_for_its_lack_of_errors() -> None:
    found = sweep(scores(panel(Team(answers=200, model_noise=1.0), 1)), 3, "m", None, QUICK)
    proposed = next(c for c in found.cuts if c.mark == found.proposed)
    assert 0.05 < proposed.humans_pass < 0.95


def test_the_band_is_the_noise_of_one_person() -> None:
    made = panel(Team(answers=4000, severity=(0.0, 0.0)), 1)
    made.scores[:, 0] = 50 + np.random.default_rng(1).normal(0, 5, 4000)
    made.scores[:, 1] = 50 + np.random.default_rng(2).normal(0, 5, 4000)
    found = sweep(scores(made), 2, "m", 50, QUICK)
    assert found.band == pytest.approx(1.96 * 5, rel=0.05)


def test_answers_without_a_score_are_left_out() -> None:
    made = panel(Team(answers=50, severity=(0.0,)), 1)
    made.scores[:10, 0] = np.nan
    found = sweep(scores(made), 1, "m", 60, QUICK)
    assert found.cuts[0].agree.n == 40

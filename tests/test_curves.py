"""What the curves promise: probabilities that add up to 1, and weights that labels justify."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from grader.curves import (
    VERDICTS,
    Chances,
    Curves,
    Level,
    Line,
    Words,
    YesNo,
    conditional_logit,
    fit,
    odds_of_yes,
    trained,
    yes_no,
)
from grader.scoring import CREDIT

Floats = NDArray[np.float64]
finite = st.floats(-8, 8)
sharpness = st.floats(0.05, 5)
four = st.tuples(*[st.floats(-40, 0)] * 4)
chances = st.lists(st.floats(0.001, 1), min_size=4, max_size=4).map(
    lambda each: tuple(one / sum(each) for one in each)
)
words = st.builds(Words, sharpness=sharpness, partial=finite, missed=finite, contradicted=finite)
lines = st.builds(Line, slope=sharpness, offset=finite)


def expected(of: Chances) -> float:
    return sum(c * CREDIT[verdict] for c, verdict in zip(of, VERDICTS, strict=True))


@given(words, four, st.booleans())
def test_the_probabilities_of_the_four_verdicts_add_up_to_1(
    curve: Words, found: tuple[float, ...], binary: bool
) -> None:
    of = curve.chances(found, binary=binary)
    assert sum(of) == pytest.approx(1)
    assert all(0 <= chance <= 1 for chance in of)


@given(words, four)
def test_a_binary_key_point_is_never_half_met(curve: Words, found: tuple[float, ...]) -> None:
    met, partial, missed, contradicted = curve.chances(found, binary=True)
    assert partial == 0
    assert met + missed + contradicted == pytest.approx(1)


@given(chances)
def test_curves_that_were_not_fitted_leave_the_models_probabilities(of: Chances) -> None:
    assert Words().chances(np.log(of).tolist()) == pytest.approx(of)
    assert Line().chance(odds_of_yes(np.log(of).tolist())) == pytest.approx(of[0])


@given(words, four, st.floats(0, 5))
def test_a_likelier_word_makes_its_verdict_likelier(
    curve: Words, found: tuple[float, ...], more: float
) -> None:
    for n in range(4):
        raised = [each + more * (n == place) for place, each in enumerate(found)]
        assert curve.chances(raised)[n] >= curve.chances(found)[n] - 1e-9


@given(lines, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_line_gives_a_probability_that_never_falls(line: Line, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert 0 <= line.chance(low) <= line.chance(high) <= 1


@given(st.builds(YesNo, met=lines, some=lines, claim=lines), st.floats(-50, 50), st.booleans())
def test_a_judge_of_yes_and_no_gives_probabilities_too(
    judge: YesNo, log_odds: float, binary: bool
) -> None:
    met, partial, missed, contradicted = of = judge.chances(log_odds, binary=binary)
    assert sum(of) == pytest.approx(1)
    assert min(met, partial, missed) >= 0
    assert contradicted == 0
    assert not (binary and partial)


@given(chances)
def test_a_team_like_the_judge_changes_nothing(of: Chances) -> None:
    assert Level(sharpness=1, leniency=0).applied(of) == pytest.approx(of)


@given(chances, sharpness, finite, st.floats(0.01, 3))
def test_a_more_lenient_team_is_expected_to_give_more(
    of: Chances, sharp: float, leniency: float, more: float
) -> None:
    stern = Level(sharpness=sharp, leniency=leniency).applied(of)
    mild = Level(sharpness=sharp, leniency=leniency + more).applied(of)
    assert sum(stern) == pytest.approx(1)
    assert expected(mild) >= expected(stern)


@given(chances, st.floats(1.01, 5))
def test_a_sharper_level_is_surer_of_what_is_likeliest(of: Chances, sharp: float) -> None:
    most = of.index(max(of))
    assert Level(sharpness=sharp).applied(of)[most] >= of[most] - 1e-9


def test_a_curve_that_turns_the_judge_round_is_refused() -> None:
    for made in (Words, Level):
        with pytest.raises(ValidationError):
            made(sharpness=0)
    with pytest.raises(ValidationError):
        Line(slope=-1)


def test_the_shipped_curves_can_be_read() -> None:
    assert sum(trained().point.chances([-1, -2, -3, -4])) == pytest.approx(1)
    assert sum(yes_no().chances(0.5)) == pytest.approx(1)


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
        held = Line(slope=0.5, offset=-1).chance(odds_of_yes(found))
        claims.append((found, bool(random.random() < held)))
    curves = fit(points, claims)
    assert curves.point.model_dump() == pytest.approx(bias.model_dump(), abs=0.15)
    assert curves.claim.model_dump() == pytest.approx({"slope": 0.5, "offset": -1}, abs=0.15)


def test_without_labels_the_judges_own_probabilities_stand() -> None:
    assert fit([], []) == Curves()

"""Pass marks and selection rates: counts first, and none where there is nothing to count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.stats import decision, impact
from grader.stats.bootstrap import intervals


def test_a_score_at_the_mark_passes() -> None:
    (found,) = decision.sweep([60, 59.9, 80], [1, 1, 0], [60])
    counts = found.true_pass, found.false_pass_count, found.false_fail_count, found.true_fail
    assert counts == (1, 1, 1, 0)
    assert found.sensitivity.value == 0.5
    assert found.specificity.value == 0.0
    assert found.false_pass.value == pytest.approx(1 / 3)
    assert found.cost(false_pass=5.0, false_fail=1.0) == pytest.approx(2.0)


def test_a_higher_mark_never_passes_more() -> None:
    random = np.random.default_rng(0)
    found = decision.sweep(
        random.random(50), random.integers(0, 2, 50), [i / 10 for i in range(11)]
    )
    passes = [m.true_pass + m.false_pass_count for m in found]
    assert passes == sorted(passes, reverse=True)


def test_shares_of_nothing_are_not_estimable() -> None:
    (found,) = decision.sweep([10, 20], [0, 0], [50])
    assert found.sensitivity.value is found.precision.value is found.kappa is None
    (empty,) = decision.sweep([], [], [50])
    assert empty.cost(1.0, 1.0) is None


def test_answers_without_score_or_truth_are_left_out() -> None:
    (found,) = decision.sweep([10, None, 90, 90], [0, 1, None, 1], [50])
    assert found.true_pass + found.true_fail == 2


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, Table I: 81 of 263, and 0 of 20.
    found = decision.proportion(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    none = decision.proportion(0, 20)
    assert (none.low, none.high) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert decision.proportion(20, 20).high == 1.0


def test_a_judge_that_tells_nothing_gives_no_pass_rate() -> None:
    assert decision.rogan_gladen(0.5, 0.7, 0.3) is None
    assert decision.rogan_gladen(0.05, 0.9, 0.8) == 0.0


def test_the_corrected_pass_rate_for_the_bootstrap_is_the_formula() -> None:
    judged = [1] * 9 + [0] + [1, 1] + [0] * 8 + [1] * 60 + [0] * 40
    truth = [1] * 10 + [0] * 10 + [None] * 100
    found = decision.corrected_pass_rate(judged, truth)
    observed = sum(judged) / len(judged)
    assert found.value == pytest.approx(decision.rogan_gladen(observed, 0.9, 0.8))
    interval = intervals({"rate": found})["rate"]
    assert interval.low is not None
    assert interval.low < (found.value or 0.0)
    assert decision.corrected_pass_rate([1, 0], [1, None]).value is None


def test_the_borderline_band_narrows_with_reliability() -> None:
    band = decision.borderline(60, sd=10, reliability=0.75)
    assert (band.low, band.high) == pytest.approx((60 - 9.8, 60 + 9.8), abs=0.001)
    assert decision.borderline(60, 10, 1.0).low == 60


def test_fishers_exact_test_of_the_lady_tasting_tea() -> None:
    assert impact.fisher_exact(((3, 1), (1, 3))) == pytest.approx(34 / 70)
    assert impact.fisher_exact(((4, 0), (0, 4))) == pytest.approx(2 / 70)
    assert impact.fisher_exact(((0, 0), (3, 4))) == 1.0


@given(
    st.tuples(st.integers(0, 60), st.integers(1, 60)),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_four_fifths_are_compared_exactly(group: tuple[int, int], top: tuple[int, int]) -> None:
    (a, b), (c, d) = group, top
    assert impact.below_four_fifths(group, top) == (a * d * 5 < c * b * 4)


def test_an_empty_group_and_a_table_without_selections_have_no_ratio() -> None:
    found = impact.impact_ratios({"a": (5, 10), "b": (0, 0)})
    assert found["b"].rate is found["b"].ratio is found["b"].below_four_fifths is None
    nobody = impact.impact_ratios({"a": (0, 10), "b": (0, 20)})
    assert nobody["a"].rate == 0.0
    assert nobody["a"].ratio is nobody["b"].p is None
    assert impact.impact_ratios({}) == {}


def test_the_scoring_rate_counts_scores_above_the_median_of_all() -> None:
    found = impact.above_median({"a": [1, 2, 3], "b": [3, 4, 5], "c": []})
    assert found == {"a": (0, 3), "b": (2, 3), "c": (0, 0)}
    assert impact.above_median({"a": []}) == {"a": (0, 0)}

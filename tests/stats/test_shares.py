"""Shares and selection rates: counts first, and none where there is nothing to count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.stats import impact
from grader.stats.statistic import proportion


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, Table I: 81 of 263, and 0 of 20.
    found = proportion(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    none = proportion(0, 20)
    assert (none.low, none.high) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert proportion(20, 20).high == 1.0


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

"""Tails and quantiles are those printed in statistical tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.stats import distributions


def test_the_normal_tail_and_its_quantile() -> None:
    assert distributions.normal_tail(1.959963984540054) == pytest.approx(0.025, abs=1e-15)
    assert distributions.normal_quantile(0.975) == pytest.approx(1.959963984540054)


@pytest.mark.parametrize(
    ("x", "df", "p"), [(3.841458821, 1, 0.05), (7.814727903, 3, 0.05), (124.342113404, 100, 0.05)]
)
def test_the_chi_square_tail(x: float, df: int, p: float) -> None:
    assert distributions.chi_square_tail(x, df) == pytest.approx(p, rel=1e-8)


def test_a_chi_square_of_zero_says_nothing() -> None:
    assert distributions.chi_square_tail(0.0, 4) == 1.0


@pytest.mark.parametrize(
    ("p", "df", "t"), [(0.975, 1, 12.706204736), (0.975, 9, 2.262157163), (0.025, 30, -2.042272456)]
)
def test_the_quantile_of_t(p: float, df: int, t: float) -> None:
    assert distributions.t_quantile(p, df) == pytest.approx(t, rel=1e-9)
    assert distributions.t_tail(t, df) == pytest.approx(1 - p, rel=1e-8)


@given(st.floats(0.01, 0.99), st.floats(0.5, 300), st.floats(0.5, 300))
def test_a_beta_quantile_has_the_share_it_was_asked_for(p: float, a: float, b: float) -> None:
    x = distributions.beta_quantile(p, a, b)
    # Near 1 the neighbouring floats are further apart than the probability asked for.
    below, above = (
        distributions.beta_share(x * (1 - 1e-12), a, b),
        distributions.beta_share(x, a, b),
    )
    assert below - 1e-9 <= p <= above + 1e-9

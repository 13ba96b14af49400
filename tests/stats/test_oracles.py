"""On random ratings the statistics agree with scikit-learn, krippendorff and plain definitions."""

import warnings
from typing import Any, get_args

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import cohen_kappa_score

from grader.stats import intraclass, many_raters, scores, two_raters
from grader.stats.arrays import Floats

LEVELS = tuple(range(5))
MISSING = 5


def _ratings(raters: int | st.SearchStrategy[int], top: int = 4) -> st.SearchStrategy[Any]:
    count = st.just(raters) if isinstance(raters, int) else raters
    shape = st.tuples(st.integers(2, 25), count)
    return arrays.arrays(np.int64, shape, elements=st.integers(0, top)).map(
        lambda a: np.where(a == MISSING, np.nan, a.astype(np.float64))
    )


@given(_ratings(2), st.sampled_from(["nominal", "linear", "quadratic"]))
def test_kappa_is_that_of_scikit_learn_with_the_full_scale(ratings: Floats, kind: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(
            ratings[:, 0], ratings[:, 1], labels=LEVELS, weights=None if kind == "nominal" else kind
        )
    found = two_raters.kappa(two_raters.pairs(ratings[:, 0], ratings[:, 1], LEVELS), kind).value
    assert found == (None if np.isnan(expected) else pytest.approx(expected, abs=1e-9))


@given(
    _ratings(st.integers(2, 5), top=MISSING),
    st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
)
def test_alpha_is_that_of_krippendorff_with_missing_ratings(ratings: Floats, metric: Any) -> None:
    found = many_raters.krippendorff_alpha(ratings, metric, LEVELS).value
    shared = int((np.isfinite(ratings).sum(axis=1) >= 2).sum())
    paired = ratings[np.isfinite(ratings).sum(axis=1) >= 2]
    if shared < 2 or len(np.unique(paired[np.isfinite(paired)])) < 2:
        assert found is None
        return
    expected = krippendorff.alpha(ratings.T, level_of_measurement=metric, value_domain=LEVELS)
    assert found == pytest.approx(expected, abs=1e-9)


@given(_ratings(st.integers(2, 5), top=MISSING))
def test_alpha_of_sums_of_squares_is_alpha_of_the_table(ratings: Floats) -> None:
    by_table = many_raters.krippendorff_alpha(ratings, "interval", LEVELS).value
    by_sums = many_raters.interval_alpha(ratings).value
    assert by_sums == (None if by_table is None else pytest.approx(by_table, abs=1e-9))


@given(_ratings(2))
def test_moments_give_correlation_and_quadratic_kappa(ratings: Floats) -> None:
    first, second = ratings.T
    pairs = scores.score_pairs(first, second)
    table = two_raters.quadratic_kappa(two_raters.pairs(first, second, LEVELS)).value
    kappa = scores.continuous_quadratic_kappa(pairs).value
    assert kappa == (None if table is None else pytest.approx(table, abs=1e-9))
    if np.ptp(first) and np.ptp(second):
        expected = np.corrcoef(first, second)[0, 1]
        assert scores.pearson(pairs).value == pytest.approx(expected, abs=1e-9)
    else:
        assert scores.pearson(pairs).value is None


@given(_ratings(st.integers(2, 4), top=MISSING))
def test_no_ratings_make_any_statistic_nan_or_raise(ratings: Floats) -> None:
    found = many_raters.panel(ratings, LEVELS)
    everything = [
        many_raters.krippendorff_alpha(ratings).value,
        many_raters.gwet_ac(found, "quadratic").value,
        *(intraclass.icc(ratings, form).value for form in get_args(intraclass.Form)),
    ]
    assert all(value is None or np.isfinite(value) for value in everything)

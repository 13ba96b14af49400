"""On random ratings the statistics agree with scikit-learn, krippendorff and plain definitions."""

import warnings
from typing import Any

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
    found = two_raters.cohen_kappa(ratings[:, 0], ratings[:, 1], LEVELS, kind).value
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


@given(_ratings(2, top=1))
def test_fleiss_kappa_of_two_raters_is_scotts_pi(ratings: Floats) -> None:
    shares = np.array([np.mean(ratings == level) for level in (0, 1)])
    chance = float((shares**2).sum())
    agreed = float(np.mean(ratings[:, 0] == ratings[:, 1]))
    found = many_raters.fleiss_kappa(many_raters.panel(ratings, (0, 1))).value
    assert found == (None if chance == 1 else pytest.approx((agreed - chance) / (1 - chance)))


@given(_ratings(2))
def test_conger_kappa_of_two_raters_is_cohens(ratings: Floats) -> None:
    cohen = two_raters.cohen_kappa(ratings[:, 0], ratings[:, 1], LEVELS).value
    conger = many_raters.conger_kappa(ratings, LEVELS).value
    assert conger == (None if cohen is None else pytest.approx(cohen, abs=1e-9))


@given(_ratings(st.integers(2, 4), top=MISSING))
def test_no_ratings_make_any_statistic_nan_or_raise(ratings: Floats) -> None:
    found = many_raters.panel(ratings, LEVELS)
    everything = [
        many_raters.krippendorff_alpha(ratings).value,
        *vars(many_raters.gwet_ac_of(found, "quadratic")).values(),
        *(v.value for v in vars(intraclass.intraclass(ratings).single).values()),
        many_raters.brennan_prediger(found, "linear").value,
        many_raters.percent_agreement(found).value,
        scores.spearman(ratings[:, 0], ratings[:, 1]).value,
    ]
    assert all(value is None or np.isfinite(value) for value in everything)


@given(_ratings(3))
def test_the_intraclass_correlation_for_the_bootstrap_is_the_one_with_intervals(
    ratings: Floats,
) -> None:
    full = intraclass.intraclass(ratings)
    forms: dict[intraclass.Form, float | None] = {
        "1,1": full.single.one_way.value,
        "2,1": full.single.two_way_random.value,
        "3,k": full.mean.two_way_fixed.value,
    }
    for form, value in forms.items():
        found = intraclass.icc(ratings, form).value
        assert found == (None if value is None else pytest.approx(value, abs=1e-9))

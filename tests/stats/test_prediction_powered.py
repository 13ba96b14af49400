"""A mean from some ratings and a model of all: worked examples of ppi-python, traps, coverage."""

import numpy as np
import pytest

from grader.errors import BadInput
from grader.stats.arrays import Clusters, Floats
from grader.stats.prediction_powered import (
    LEAST_OF_EACH,
    RatedPart,
    powered_mean,
    powered_share,
    ratings_saved,
)
from grader.stats.statistic import Interval

COUNT = 240
NUMBERS = np.arange(COUNT)
PREDICTED = 50 + 30 * np.sin(1.7 * NUMBERS) + 10 * np.cos(0.31 * NUMBERS * NUMBERS % 7)
TRUTH = PREDICTED - 6 + 9 * np.sin(2.9 * NUMBERS + 1)
RATED = NUMBERS % 4 == 0
PROBABILITY = 0.15 + 0.2 * (NUMBERS % 5) / 4
PART = RatedPart(np.where(RATED, TRUTH, np.nan), PREDICTED)
PASSES = RatedPart(
    np.where(RATED, (TRUTH >= 50).astype(float), np.nan), (PREDICTED >= 55).astype(float)
)


def of_all(weight_apart: float) -> float:
    """The weight for rated answers among all, of one for rated answers beside the unrated."""
    return weight_apart * COUNT / float((~RATED).sum())


def bounds(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


# ppi_mean_pointestimate and ppi_mean_ci of ppi-python 0.2.3 on these data, alpha 0.05.
@pytest.mark.parametrize(
    ("weight", "value", "low", "high"),
    [
        (0.0, 45.59443820194296, 39.636303036723355, 51.55257336716256),
        (0.5, 45.5752129666771, 41.88927861734107, 49.26114731601313),
        (1.0, 45.555987731411236, 41.8822396169583, 49.22973584586417),
        (None, 45.56563306893371, 42.27724351025303, 48.854022627614384),
    ],
)
def test_a_mean_is_that_of_ppi_python(
    weight: float | None, value: float, low: float, high: float
) -> None:
    found = powered_mean(PART, None if weight is None else of_all(weight))
    assert found.interval.value == pytest.approx(value, abs=1e-9 if weight is not None else 1e-3)
    # Student's t of 59 in place of the normal distribution, and n - 1 in place of n.
    wider = np.ptp(bounds(found.interval)) / (high - low)
    assert wider == pytest.approx(2.001 / 1.960 * np.sqrt(60 / 59), rel=0.01)


# ppi_mean_pointestimate with w the inverse probabilities, the model's mean over all answers.
@pytest.mark.parametrize(
    ("weight", "value"),
    [(0.0, 45.53892170390496), (0.5, 45.52277964323095), (1.0, 45.50663758255692)],
)
def test_chosen_ratings_count_by_their_inverse_probability(weight: float, value: float) -> None:
    chosen = RatedPart(PART.truth, PREDICTED, PROBABILITY)
    assert powered_mean(chosen, weight).interval.value == pytest.approx(value, abs=1e-9)


def test_a_share_is_that_of_ppi_python() -> None:
    found = powered_share(PASSES, of_all(1.0)).interval
    assert found.value == pytest.approx(0.48333333333333334, abs=1e-9)
    assert np.ptp(bounds(found)) == pytest.approx(0.5697253 - 0.3969413, rel=0.05)


def test_ppi_python_itself_agrees_on_random_data() -> None:
    ppi = pytest.importorskip("ppi_py")
    dice = np.random.default_rng(3)
    for _ in range(20):
        truth = dice.normal(size=COUNT)
        model = dice.uniform(-1, 2) * truth + dice.normal(size=COUNT)
        weight = dice.uniform()
        found = powered_mean(RatedPart(np.where(RATED, truth, np.nan), model), of_all(weight))
        expected = ppi.ppi_mean_pointestimate(truth[RATED], model[RATED], model[~RATED], lam=weight)
        assert found.interval.value == pytest.approx(float(np.squeeze(expected)), abs=1e-9)


def test_without_weight_and_strata_it_is_the_t_interval_of_the_ratings() -> None:
    values = TRUTH[RATED]
    found = powered_mean(PART, 0.0)
    assert found.interval.value == pytest.approx(values.mean())
    assert found.se == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)), rel=1e-9)


def test_a_model_that_says_nothing_gets_no_weight_and_saves_nothing() -> None:
    dice = np.random.default_rng(1)
    part = RatedPart(PART.truth, dice.normal(size=COUNT))
    found, alone = powered_mean(part), powered_mean(part, 0.0)
    assert np.ptp(bounds(found.interval)) < 1.03 * np.ptp(bounds(alone.interval))
    assert (ratings_saved(alone, found, part) or 0) <= 3


def test_a_constant_model_changes_nothing() -> None:
    part = RatedPart(PART.truth, np.full(COUNT, 70.0))
    assert powered_mean(part).interval == powered_mean(part, 0.0).interval


def test_where_everybody_is_rated_the_model_has_no_say() -> None:
    part = RatedPart(TRUTH, PREDICTED)
    assert powered_mean(part).weight == 0
    assert powered_mean(part).interval.value == pytest.approx(TRUTH.mean())


def test_answers_of_one_candidate_are_not_independent() -> None:
    by_candidate = Clusters(np.repeat(NUMBERS, 3), COUNT)
    thrice_rated, thrice_predicted = (np.repeat(v, 3) for v in (PART.truth, PREDICTED))
    clustered = RatedPart(thrice_rated, thrice_predicted, clusters=by_candidate)
    plain, thrice = powered_mean(PART), powered_mean(clustered)
    assert np.ptp(bounds(thrice.interval)) == pytest.approx(
        np.ptp(bounds(plain.interval)), rel=0.02
    )


def test_a_question_with_more_ratings_than_its_share_does_not_pull_the_mean() -> None:
    strata = (NUMBERS >= 120).astype(np.int64)
    truth = np.where(strata == 1, 80.0, 20.0) + np.sin(NUMBERS)
    rated = np.where(strata == 1, NUMBERS % 2 == 0, NUMBERS % 10 == 0)
    seen = np.where(rated, truth, np.nan)
    assert (powered_mean(RatedPart(seen, PREDICTED)).interval.value or 0) > 60
    found = powered_mean(RatedPart(seen, PREDICTED, strata=strata)).interval.value
    assert found == pytest.approx(50, abs=1)


def test_questions_with_hardly_a_rating_are_joined_and_none_is_lost() -> None:
    strata = NUMBERS % 48
    found = powered_mean(RatedPart(PART.truth, PREDICTED, strata=strata))
    assert found.interval.low is not None
    assert powered_mean(RatedPart(PART.truth, PREDICTED, strata=NUMBERS)).se is not None


def test_a_share_that_all_ratings_agree_on_is_not_certain() -> None:
    part = RatedPart(np.where(RATED, 1.0, np.nan), np.ones(COUNT))
    found = powered_share(part)
    assert found.interval.value == 1
    assert 0.9 < bounds(found.interval)[0] < 0.95


def test_with_too_few_of_either_kind_the_model_has_no_weight() -> None:
    few = np.where(RATED, (np.cumsum(RATED) < LEAST_OF_EACH).astype(float), np.nan)
    assert powered_share(RatedPart(few, np.nan_to_num(few))).weight == 0


def test_a_share_stays_between_none_and_all() -> None:
    truth = np.where(RATED, (np.cumsum(RATED) <= 6).astype(float), np.nan)
    low, high = bounds(powered_share(RatedPart(truth, PREDICTED / 50)).interval)
    assert 0 <= low < high <= 1


@pytest.mark.parametrize("rated", [0, 1])
def test_hardly_a_rating_is_not_estimable(rated: int) -> None:
    truth: Floats = np.where(np.cumsum(RATED) <= rated, TRUTH, np.nan)
    truth[~RATED] = np.nan
    found = powered_mean(RatedPart(truth, PREDICTED))
    assert found.interval == Interval(None, None, None)
    assert ratings_saved(found, found, RatedPart(truth, PREDICTED)) is None


def test_ratings_that_do_not_vary_have_no_interval() -> None:
    part = RatedPart(np.where(RATED, 50.0, np.nan), np.full(COUNT, 50.0))
    found = powered_mean(part)
    assert found.interval.value == pytest.approx(50.0)
    assert (found.interval.low, found.interval.high, found.se) == (None, None, None)


def test_a_good_model_halves_the_ratings() -> None:
    found, alone = powered_mean(PART), powered_mean(PART, 0.0)
    saved = ratings_saved(alone, found, PART)
    assert saved is not None
    assert saved >= PART.rated


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (lambda: RatedPart(PART.truth, PREDICTED[:-1]), "one value of each kind"),
        (lambda: RatedPart(PART.truth, PART.truth), "a prediction is missing"),
        (lambda: RatedPart(PART.truth, PREDICTED, PROBABILITY * 0), "is not above 0"),
    ],
)
def test_what_cannot_be_used_is_told(part: object, why: str) -> None:
    assert callable(part)
    with pytest.raises(BadInput, match=why):
        part()

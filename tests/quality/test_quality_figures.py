"""The figures of the page on quality are right on answers whose figures are known by hand."""

import random
from collections.abc import Sequence

import pytest

from tests.bench.quality import figures
from tests.bench.quality.figures import Graded


def rows(
    pairs: Sequence[tuple[float, float | None]], sure: list[float] | None = None
) -> list[Graded]:
    """Answers to five questions in turn."""
    return [
        Graded(str(n), str(n % 5), people, given, sure[n] if sure else None)
        for n, (people, given) in enumerate(pairs)
    ]


def test_a_grader_that_gives_peoples_scores_agrees_wholly_and_what_has_no_score_is_left_out() -> (
    None
):
    given = rows([(n / 10, n / 10) for n in range(11)] + [(0.5, None)])
    found = figures.agreement(given)
    assert found["QWK"].value == found["exact"].value == pytest.approx(1.0)
    assert found["MAE"].value == pytest.approx(0.0)


def test_leniency_is_what_a_grader_gives_more_than_people() -> None:
    found = figures.agreement(rows([(n / 20, n / 20 + 0.25) for n in range(15)]))
    assert found["leniency"].value == found["MAE"].value == pytest.approx(0.25)


def test_scores_are_rounded_to_the_six_levels_of_calibrate_halves_upwards() -> None:
    found = figures.agreement(rows([(0.0, 0.09), (0.2, 0.1), (0.4, 0.5), (1.0, 0.95)]))
    assert found["exact"].value == pytest.approx(0.75)


def test_the_calibration_error_is_the_mean_distance_of_the_stated_from_the_observed_share() -> None:
    stated = [0.95] * 10 + [0.55] * 10
    right = [True] * 9 + [False] + [True] * 3 + [False] * 7
    assert figures.calibration_error(stated, right) == pytest.approx((0.05 + 0.25) / 2)


def test_an_interval_holds_a_score_at_its_very_end() -> None:
    held = figures.coverage(
        [
            Graded("a", "1", 0.5, 0.4, low=0.2, high=0.5, stated=0.9),
            Graded("b", "2", 0.6, 0.4, low=0.2, high=0.5, stated=0.8),
        ]
    )
    assert held is not None
    assert (held.held.value, held.stated, held.width) == pytest.approx((0.5, 0.85, 0.3))


def test_all_may_be_graded_alone_where_the_grader_is_right() -> None:
    given = rows([(n / 20, n / 20) for n in range(20)], sure=[0.0] * 20)
    assert figures.graded_alone(given) == figures.Alone(1.0, 1.0)


def test_only_the_sure_half_is_graded_alone_where_the_unsure_half_is_upside_down() -> None:
    good = [(n / 20, n / 20) for n in range(20)]
    bad = [(n / 20, 1 - n / 20) for n in range(20)]
    found = figures.graded_alone(rows(good + bad, sure=[1.0] * 20 + [0.0] * 20))
    assert 0.5 <= found.together < 0.8
    assert 0.5 <= found.among < 0.8


def test_sureness_that_says_nothing_earns_less_than_sureness_that_knows() -> None:
    dice = random.Random(1)
    pairs = []
    for n in range(200):
        people, is_known = dice.random(), n % 2 == 0
        pairs.append((people, people if is_known else dice.random()))
    knows = figures.graded_alone(rows(pairs, sure=[float(n % 2 == 0) for n in range(200)]))
    says_nothing = figures.graded_alone(rows(pairs, sure=[dice.random() for _ in range(200)]))
    assert knows.among > says_nothing.among


def test_what_has_no_score_goes_to_a_person() -> None:
    pairs: list[tuple[float, float | None]] = [(n / 20, None) for n in range(20)]
    assert figures.graded_alone(rows(pairs)) == figures.Alone(0.0, 0.0)


@pytest.mark.parametrize(
    ("score", "band"), [(0.0, "below 20 %"), (0.5, "20 to 80 %"), (1.0, "above 80 %")]
)
def test_the_middle_of_the_scale_is_a_band_of_its_own(score: float, band: str) -> None:
    assert figures.band(score) == band

"""A few seeds of the simulated teams; ``tests/bench/teams.py`` runs them all."""

import pytest

from tests.bench.teams import CASES, COVERED, figures, verdict


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_is_what_the_team_was_made_to_deserve(name: str) -> None:
    team, expected = CASES[name]
    assert [verdict(team, seed) for seed in (1000, 1001)] == [expected] * 2


def test_intervals_hold_a_severity_that_is_known() -> None:
    # By construction rater-0 lies in the middle of rater-1 and rater-2.
    held = 0
    for seed in range(10):
        one = figures(COVERED, seed, 300)["severity rater-0"]
        assert one.low is not None
        assert one.high is not None
        held += one.low <= 0 <= one.high
    assert held >= 8

"""Trust hangs on the bounds of intervals: what is open is not passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.trust.calibration.decide import Shared, check, decide
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import CheckOutcome, Decision, Estimate, Trust

LIMITS = load()
GOOD = {
    "qwk": (0.85, 0.80, 0.90),
    "pearson": (0.86, 0.81, 0.90),
    "degradation-qwk": (0.0, -0.03, 0.03),
    "degradation-pearson": (0.0, -0.03, 0.03),
    "smd": (0.02, -0.05, 0.09),
    "human-exact": (0.7, 0.6, 0.8),
    "human-adjacent": (0.99, 0.96, 1.0),
}
Figure = tuple[float | None, float | None, float | None]


def decision(answers: int = 200, humans: int = 3, **changed: Figure) -> Decision:
    figures: dict[str, Figure] = {**GOOD, **{k.replace("_", "-"): v for k, v in changed.items()}}
    found = {
        name: Estimate(value=v, low=low, high=high, n=answers, clusters=answers)
        for name, (v, low, high) in figures.items()
    }
    return decide("m", None, Shared(answers, answers, humans), found, LIMITS)


def test_a_model_that_passes_every_line_may_grade_alone() -> None:
    found = decision()
    assert found.trust is Trust.ALONE
    assert found.decided_by is not None


def test_the_lower_bound_decides_not_the_estimate() -> None:
    found = decision(qwk=(0.75, 0.65, 0.85))
    assert found.trust is Trust.NOT_ENOUGH_DATA
    assert found.decided_by == "qwk"


def test_what_is_surely_under_a_line_is_practice_only() -> None:
    found = decision(qwk=(0.5, 0.4, 0.6))
    assert (found.trust, found.decided_by) == (Trust.PRACTICE, "qwk")


def test_a_bias_leaves_a_second_reader() -> None:
    found = decision(smd=(0.4, 0.3, 0.5))
    assert (found.trust, found.decided_by) == (Trust.SECOND_READER, "smd")


def test_a_group_that_is_shifted_leaves_a_second_reader() -> None:
    found = decision(subgroup=(0.2, 0.15, 0.25))
    assert (found.trust, found.decided_by) == (Trust.SECOND_READER, "subgroup")


def test_people_who_disagree_are_no_yardstick_for_a_model_alone() -> None:
    assert decision(human_exact=(0.4, 0.3, 0.48)).decided_by == "human-exact"


def test_few_answers_decide_nothing_and_say_how_many_more_are_needed() -> None:
    found = decision(answers=12)
    assert (found.trust, found.more_answers) == (Trust.NOT_ENOUGH_DATA, LIMITS.least_answers - 12)


def test_many_answers_of_few_candidates_decide_nothing() -> None:
    figures = {"qwk": Estimate(value=0.9, low=0.85, high=0.95, n=300, clusters=6)}
    found = decide("m", None, Shared(300, 6, 3), figures, LIMITS)
    assert found.trust is Trust.NOT_ENOUGH_DATA


def test_one_person_is_no_ceiling_to_hold_a_model_against() -> None:
    found = decision(humans=1, degradation_qwk=(None, None, None))
    assert (found.trust, found.decided_by) == (Trust.NOT_ENOUGH_DATA, "degradation-qwk")


def test_one_person_is_enough_to_see_that_a_model_is_useless() -> None:
    found = decision(qwk=(0.1, 0.0, 0.2), degradation_qwk=(None, None, None))
    assert found.trust is Trust.PRACTICE


def test_how_many_more_answers_follows_the_root_of_their_number() -> None:
    # Half of the interval below is 0.10, the line 0.05 away: four times the answers are needed.
    estimate = Estimate(value=0.75, low=0.65, high=0.85, n=100, clusters=100)
    found = check("qwk", estimate, LIMITS.qwk, 100, LIMITS)
    assert (found.outcome, found.more_answers) == (CheckOutcome.OPEN, 300)


def test_a_line_that_no_sensible_number_of_answers_settles_counts_as_failed() -> None:
    found = decision(qwk=(0.701, 0.60, 0.80))
    assert (found.trust, found.more_answers) == (Trust.PRACTICE, None)


@given(value=st.floats(-1, 1), below=st.floats(0, 1), above=st.floats(0, 1), worse=st.floats(0, 1))
def test_a_worse_interval_never_earns_more_trust(
    value: float, below: float, above: float, worse: float
) -> None:
    order = list(Trust)
    rank = {**{t: order.index(t) for t in order}, Trust.PRACTICE: 0, Trust.NOT_ENOUGH_DATA: 0}
    better = decision(qwk=(value, value - below, value + above)).trust
    lower = decision(qwk=(value - worse, value - worse - below, value - worse + above)).trust
    assert rank[lower] <= rank[better]


@pytest.mark.parametrize("name", ["qwk", "smd"])
def test_an_interval_with_its_bound_on_the_line_passes(name: str) -> None:
    line = LIMITS.lines[name]
    low = line.value if name == "qwk" else -line.value
    estimate = Estimate(value=low, low=low, high=line.value, n=9, clusters=9)
    assert check(name, estimate, line, 9, LIMITS).outcome is CheckOutcome.PASSED

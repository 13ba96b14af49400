"""What the curves promise: probabilities that add up to 1, and weights that labels justify."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.judge.curves import (
    VERDICTS,
    Chances,
    LogisticLine,
    TeamLevel,
    Words,
    YesNo,
    odds_of_yes,
    trained,
    yes_no,
)
from grader.scoring import CREDIT

finite = st.floats(-8, 8)
sharpness = st.floats(0.05, 5)
four = st.tuples(*[st.floats(-40, 0)] * 4)
chances = st.lists(st.floats(0.001, 1), min_size=4, max_size=4).map(
    lambda each: tuple(one / sum(each) for one in each)
)
words = st.builds(Words, sharpness=sharpness, partial=finite, missed=finite, contradicted=finite)
lines = st.builds(LogisticLine, slope=sharpness, offset=finite)


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
    assert LogisticLine().chance(odds_of_yes(np.log(of).tolist())) == pytest.approx(of[0])


@given(words, four, st.floats(0, 5))
def test_a_likelier_word_makes_its_verdict_likelier(
    curve: Words, found: tuple[float, ...], more: float
) -> None:
    for n in range(4):
        raised = [each + more * (n == place) for place, each in enumerate(found)]
        assert curve.chances(raised)[n] >= curve.chances(found)[n] - 1e-9


@given(lines, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_line_gives_a_probability_that_never_falls(
    line: LogisticLine, one: float, two: float
) -> None:
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
    assert TeamLevel(sharpness=1, leniency=0).applied(of) == pytest.approx(of)


@given(chances, sharpness, finite, st.floats(0.01, 3))
def test_a_more_lenient_team_is_expected_to_give_more(
    of: Chances, sharp: float, leniency: float, more: float
) -> None:
    stern = TeamLevel(sharpness=sharp, leniency=leniency).applied(of)
    mild = TeamLevel(sharpness=sharp, leniency=leniency + more).applied(of)
    assert sum(stern) == pytest.approx(1)
    assert expected(mild) >= expected(stern)


@given(chances, st.floats(1.01, 5))
def test_a_sharper_level_is_surer_of_what_is_likeliest(of: Chances, sharp: float) -> None:
    most = of.index(max(of))
    assert TeamLevel(sharpness=sharp).applied(of)[most] >= of[most] - 1e-9


def test_a_curve_that_turns_the_judge_round_is_refused() -> None:
    for made in (Words, TeamLevel):
        with pytest.raises(ValidationError):
            made(sharpness=0)
    with pytest.raises(ValidationError):
        LogisticLine(slope=-1)


def test_the_shipped_curves_can_be_read() -> None:
    assert sum(trained().point.chances([-1, -2, -3, -4])) == pytest.approx(1)
    assert sum(yes_no().chances(0.5)) == pytest.approx(1)

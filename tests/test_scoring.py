"""The score is plain arithmetic, and an interval where something is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.record import Cause, MisconceptionGrade, PointGrade, Verdict
from grader.scoring import CREDIT, total


def point(
    verdict: Verdict | None, weight: int = 1, alternative: Verdict | None = None
) -> PointGrade:
    cause = Cause.REFUSED if verdict is None else None
    return PointGrade(id="p", weight=weight, verdict=verdict, alternative=alternative, cause=cause)


def test_met_counts_fully_partial_by_half_and_the_rest_nothing() -> None:
    points = [
        point(Verdict.MET, 3),
        point(Verdict.PARTIAL, 2),
        point(Verdict.MISSED, 2),
        point(Verdict.CONTRADICTED, 1),
    ]
    score = total(points)
    assert (score.points, score.out_of, score.percent) == (4.0, 8.0, 50.0)
    assert (score.low, score.high) == (50.0, 50.0)


def test_an_ungraded_point_makes_an_interval_and_no_number() -> None:
    score = total([point(Verdict.MET, 3), point(None, 1)])
    assert score.percent is None
    assert (score.low, score.high) == (75.0, 100.0)


def test_an_unsure_point_keeps_the_number_and_widens_the_interval() -> None:
    score = total([point(Verdict.MET, 1, alternative=Verdict.PARTIAL), point(Verdict.MISSED, 1)])
    assert score.percent == 50.0
    assert (score.low, score.high) == (25.0, 50.0)


def test_a_misconception_costs_only_the_penalty_of_its_rubric() -> None:
    def claim(asserted: bool | None, penalty: float) -> MisconceptionGrade:
        return MisconceptionGrade(id="m", asserted=asserted, penalty=penalty)

    points = [point(Verdict.MET, 2)]
    assert total(points, [claim(True, 0.0)]).percent == 100.0
    assert total(points, [claim(True, 1.0)]).percent == 50.0
    assert total(points, [claim(False, 1.0)]).percent == 100.0
    assert total(points, [claim(True, 5.0)]).percent == 0.0
    unknown = total(points, [claim(None, 1.0)])
    assert (unknown.percent, unknown.low, unknown.high) == (None, 50.0, 100.0)


points_lists = st.lists(
    st.builds(
        point,
        st.none() | st.sampled_from(Verdict),
        st.integers(1, 3),
        st.none() | st.sampled_from(Verdict),
    ),
    min_size=1,
    max_size=8,
)


@given(points_lists)
def test_the_interval_always_holds_the_number(points: list[PointGrade]) -> None:
    score = total(points)
    assert 0 <= score.low <= score.high <= 100
    if score.percent is None:
        assert any(p.verdict is None for p in points)
    else:
        assert score.low <= score.percent <= score.high


@given(points_lists, st.sampled_from(Verdict))
def test_whatever_an_ungraded_point_turns_out_to_be_lies_in_the_interval(
    points: list[PointGrade], turned_out: Verdict
) -> None:
    known = [
        p.model_copy(update={"verdict": p.verdict or turned_out, "alternative": None})
        for p in points
    ]
    score, known_score = total(points), total(known)
    assert known_score.percent == pytest.approx(
        100 * sum(p.weight * CREDIT[p.verdict] for p in known if p.verdict) / score.out_of,
        abs=0.051,
    )
    assert score.low - 0.1 <= (known_score.percent or 0) <= score.high + 0.1

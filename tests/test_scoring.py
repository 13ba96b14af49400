"""The score is plain arithmetic, and an interval where something is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judge.curves import VERDICTS
from grader.judge.per_point import decided
from grader.record import Cause, MisconceptionGrade, PointGrade, Verdict
from grader.scoring import CREDIT, LEVEL, total


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


def likely(chances: tuple[float, ...], weight: int = 1) -> PointGrade:
    """A point of the verdict in the middle of these probabilities."""
    shares = tuple(each / sum(chances) for each in chances)
    known = {v: round(c, 4) for v, c in zip(VERDICTS, shares, strict=True)}
    return PointGrade(id="p", weight=weight, verdict=decided(shares), probabilities=known)


def width(points: list[PointGrade]) -> float:
    score = total(points)
    return score.high - score.low


POINTS = st.lists(
    st.builds(
        likely,
        st.tuples(*[st.floats(0.001, 1)] * 4) | st.sampled_from([(1.0, 0, 0, 0), (0, 0, 1.0, 0)]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=8,
)


@given(POINTS)
def test_the_interval_of_likely_verdicts_always_holds_their_sum(points: list[PointGrade]) -> None:
    score = total(points)
    assert score.percent is not None
    assert 0 <= score.low <= score.percent <= score.high <= 100


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.integers(1, 3)), min_size=1, max_size=8))
def test_verdicts_that_are_certain_make_a_single_number(given: list[tuple[Verdict, int]]) -> None:
    points = [likely(tuple(float(v == verdict) for v in VERDICTS), w) for verdict, w in given]
    score = total(points)
    assert score.low == score.percent == score.high


@given(
    st.lists(st.tuples(*[st.floats(0.001, 0.3)] * 3), min_size=1, max_size=6),
    st.sampled_from([Verdict.MET, Verdict.MISSED]),
    st.floats(0, 1),
)
def test_the_less_sure_the_verdicts_the_wider_the_interval(
    others: list[tuple[float, ...]], verdict: Verdict, share: float
) -> None:
    place = VERDICTS.index(verdict)
    unsure = [(*each[:place], 1.0, *each[place:]) for each in others]
    surer = [tuple(c if n == place else share * c for n, c in enumerate(e)) for e in unsure]
    doubtful, sure = ([likely(each) for each in points] for points in (unsure, surer))
    assert {p.verdict for p in doubtful} == {p.verdict for p in sure} == {verdict}
    assert width(sure) <= width(doubtful)
    assert width([p.model_copy(update={"probabilities": {verdict: 1.0}}) for p in sure]) == 0


def test_doubt_shows_in_the_interval_as_it_grows() -> None:
    grown = [width([likely((1 - doubt, doubt, 0.0, 0.0))] * 4) for doubt in (0.0, 0.1, 0.3)]
    assert grown == sorted(set(grown))


def test_the_interval_holds_at_least_its_stated_share_of_what_may_be() -> None:
    chances = (0.7, 0.2, 0.1, 0.0)
    score = total([likely(chances) for _ in range(2)])
    inside = sum(
        p * q
        for p, one in zip(chances, CREDIT.values(), strict=True)
        for q, other in zip(chances, CREDIT.values(), strict=True)
        if score.low <= 50 * (one + other) <= score.high
    )
    assert inside >= LEVEL


def test_many_doubtful_points_make_a_narrower_interval_than_all_of_their_alternatives() -> None:
    doubtful = [likely((0.7, 0.0, 0.3, 0.0)) for _ in range(10)]
    score = total(doubtful)
    assert score.percent == 100
    assert 40 <= score.low <= 60
    unlikely = [
        p.model_copy(update={"probabilities": None, "alternative": Verdict.MISSED})
        for p in doubtful
    ]
    assert total(unlikely).low == 0


@given(POINTS, st.integers(1, 3))
def test_an_ungraded_point_adds_its_whole_weight_to_the_interval(
    points: list[PointGrade], weight: int
) -> None:
    known, partly = total(points), total([*points, point(None, weight)])
    assert partly.percent is None
    low, high = (each * known.out_of / 100 for each in (known.low, known.high))
    assert partly.low * partly.out_of / 100 == pytest.approx(low, abs=0.05)
    assert partly.high * partly.out_of / 100 == pytest.approx(high + weight, abs=0.05)


@given(POINTS)
def test_a_penalty_moves_the_whole_interval(points: list[PointGrade]) -> None:
    free, costly = (
        total(points, [MisconceptionGrade(id="m", asserted=True, penalty=penalty)])
        for penalty in (0.0, 1.0)
    )
    assert costly.percent is not None
    assert costly.low <= costly.percent <= costly.high
    assert costly.low == pytest.approx(max(0.0, free.low - 100 / free.out_of), abs=0.11)


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

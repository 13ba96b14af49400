"""Any points, a stated total, groups of which some are enough: sums that a teacher can check."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judge.curves import VERDICTS
from grader.record import MisconceptionGrade, PointGrade, PointGroup, Score, Verdict
from grader.scoring import CREDIT, Scheme, earned_chances, total

MET, PARTIAL, MISSED = Verdict.MET, Verdict.PARTIAL, Verdict.MISSED
FOUR = ("a", "b", "c", "d")
TWO_OF_FOUR = Scheme((PointGroup(key_points=FOUR, enough=2),))


def point(
    name: str,
    verdict: Verdict | None,
    weight: float = 1,
    *,
    alternative: Verdict | None = None,
    chances: tuple[float, ...] = (),
) -> PointGrade:
    known = dict(zip(VERDICTS, chances, strict=True)) if chances else None
    return PointGrade(
        id=name, weight=weight, verdict=verdict, alternative=alternative, probabilities=known
    )


def points(*verdicts: Verdict | None, weight: float = 2) -> list[PointGrade]:
    return [point(name, verdict, weight) for name, verdict in zip(FOUR, verdicts, strict=True)]


def marks(score: Score) -> tuple[float | None, float]:
    return score.points, score.out_of


def test_decimal_points_add_up_as_on_paper() -> None:
    score = total([point("a", MET, 0.1), point("b", MET, 0.2), point("c", PARTIAL, 7.5)])
    assert marks(score) == (4.05, 7.8)
    assert score.percent == 51.9


@pytest.mark.parametrize(
    ("verdicts", "earned"),
    [
        ((MET, MET, MISSED, MISSED), 4.0),
        ((MET, MET, MET, MET), 4.0),
        ((MET, PARTIAL, PARTIAL, MISSED), 3.0),
        ((PARTIAL, PARTIAL, PARTIAL, PARTIAL), 2.0),
        ((MISSED, MISSED, MISSED, MET), 2.0),
        ((MISSED, MISSED, MISSED, MISSED), 0.0),
    ],
)
def test_of_two_out_of_four_at_two_points_each_the_two_best_count(
    verdicts: tuple[Verdict, ...], earned: float
) -> None:
    assert marks(total(points(*verdicts), (), TWO_OF_FOUR)) == (earned, 4.0)


def test_what_stands_beside_a_group_counts_for_itself() -> None:
    alone = point("z", PARTIAL, 6)
    score = total([alone, *points(MET, MISSED, MISSED, MISSED)], (), TWO_OF_FOUR)
    assert marks(score) == (5.0, 10.0)


def test_points_are_scaled_to_the_total_and_penalties_are_points_of_it() -> None:
    scheme = Scheme(TWO_OF_FOUR.groups, out_of=20)
    held = MisconceptionGrade(id="m", asserted=True, penalty=1.5)
    graded = points(MET, PARTIAL, MISSED, MISSED)
    assert marks(total(graded, (), scheme)) == (15.0, 20.0)
    assert marks(total(graded, [held], scheme)) == (13.5, 20.0)
    assert total(graded, [held], scheme).percent == 67.5


def test_an_ungraded_key_point_of_a_group_matters_only_while_it_could_add_something() -> None:
    settled = total(points(MET, MET, None, MISSED), (), TWO_OF_FOUR)
    assert (settled.percent, settled.low, settled.high) == (100.0, 100.0, 100.0)
    open_ = total(points(MET, PARTIAL, None, MISSED), (), TWO_OF_FOUR)
    assert (open_.percent, open_.low, open_.high) == (None, 75.0, 100.0)


def test_an_unsure_verdict_widens_the_interval_only_as_far_as_its_group_counts_it() -> None:
    unsure = [
        point("a", MET, 2),
        point("b", MET, 2, alternative=MISSED),
        point("c", PARTIAL, 2),
        point("d", MISSED, 2),
    ]
    score = total(unsure, (), TWO_OF_FOUR)
    assert (score.percent, score.low, score.high) == (100.0, 75.0, 100.0)


def test_the_expected_score_of_a_group_is_that_of_its_best() -> None:
    even = (0.5, 0.0, 0.5, 0.0)
    one_of_two = Scheme((PointGroup(key_points=("a", "b"), enough=1),))
    score = total([point(n, MET, 4, chances=even) for n in "ab"], (), one_of_two)
    # At least one of two fair coins: 3/4 of the group's 4 points.
    assert (score.expected, score.out_of) == (75.0, 4.0)
    assert (score.low, score.high) == (0.0, 100.0)


weights = st.integers(1, 40).map(lambda quarters: quarters / 4)
verdicts = st.sampled_from([*Verdict, None])


@st.composite
def graded(draw: st.DrawFn) -> tuple[list[PointGrade], Scheme]:
    names = [f"p{n}" for n in range(draw(st.integers(2, 7)))]
    given_points = []
    for name in names:
        verdict = draw(verdicts)
        chances = draw(st.lists(st.integers(0, 4), min_size=4, max_size=4))
        likely = verdict is not None and draw(st.booleans()) and any(chances)
        shares = tuple(c / sum(chances) for c in chances) if likely else ()
        given_points.append(point(name, verdict, draw(weights), chances=shares))
    size = draw(st.integers(0, len(names)))
    groups = []
    if size >= 2:
        groups.append(PointGroup(key_points=tuple(names[:size]), enough=draw(st.integers(1, size))))
    return given_points, Scheme(tuple(groups), draw(st.none() | weights))


@given(graded())
def test_a_score_lies_in_its_interval_and_the_interval_in_what_can_be_earned(
    made: tuple[list[PointGrade], Scheme],
) -> None:
    given_points, scheme = made
    score = total(given_points, (), scheme)
    assert 0 <= score.low <= score.high <= 100
    if score.percent is not None and score.points is not None:
        assert score.low <= score.percent <= score.high
        assert 0 <= score.points <= score.out_of + 1e-6
    if scheme.out_of:
        assert score.out_of == pytest.approx(scheme.out_of)


@given(graded(), st.integers(0, 6))
def test_a_better_verdict_never_lowers_a_score(
    made: tuple[list[PointGrade], Scheme], place: int
) -> None:
    plain = [p.model_copy(update={"probabilities": None}) for p in made[0]]
    place %= len(plain)
    better = [*plain]
    better[place] = plain[place].model_copy(update={"verdict": MET})
    assert total(better, (), made[1]).low >= total(plain, (), made[1]).low


@given(graded())
def test_a_total_changes_no_per_cent(made: tuple[list[PointGrade], Scheme]) -> None:
    given_points, scheme = made
    own = total(given_points, (), Scheme(scheme.groups))
    scaled = total(given_points, (), Scheme(scheme.groups, 20))
    for one, other in zip(
        (own.low, own.high, own.percent, own.expected),
        (scaled.low, scaled.high, scaled.percent, scaled.expected),
        strict=True,
    ):
        assert (one is None) == (other is None)
        assert one is None or other == pytest.approx(one, abs=0.11)


@given(graded())
def test_the_chances_of_every_sum_are_those_of_counting_all_cases(
    made: tuple[list[PointGrade], Scheme],
) -> None:
    given_points = [
        p if p.probabilities else point(p.id, MET, p.weight, chances=(0.25, 0.25, 0.5, 0.0))
        for p in made[0]
    ][:4]
    names, counted = [p.id for p in given_points], dict[float, float]()
    for case in product(VERDICTS, repeat=len(given_points)):
        chance = 1.0
        for p, verdict in zip(given_points, case, strict=True):
            chance *= (p.probabilities or {})[verdict]
        each = [p.weight * CREDIT[v] for p, v in zip(given_points, case, strict=True)]
        earned = made[1].earned(names, each)
        counted[earned] = counted.get(earned, 0.0) + chance
    chances = earned_chances(given_points, made[1])
    assert chances == pytest.approx({k: v for k, v in counted.items() if k in chances})
    assert sum(chances.values()) == pytest.approx(1)


def test_weights_of_many_digits_take_no_longer_than_anybody_waits() -> None:
    even = (0.25, 0.25, 0.25, 0.25)
    many = [point(f"p{n}", MET, 1 + n * 0.137, chances=even) for n in range(30)]
    score = total(many)
    assert score.expected == 37.5
    assert score.low < 37.5 < score.high

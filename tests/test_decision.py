"""A person's verdict counts as if the judge had given it, and the judge's stays as it was."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.decision import decided, is_decided, people, united, with_decisions
from grader.record import (
    Cause,
    ClaimOverride,
    Grade,
    MisconceptionGrade,
    Opinion,
    Override,
    PointGrade,
    PointGroup,
    Verdict,
)
from grader.scoring import Scheme, scheme_of, total
from tests.support.records import record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MET, PARTIAL, MISSED = Verdict.MET, Verdict.PARTIAL, Verdict.MISSED
VERDICTS = st.sampled_from(list(Verdict))
WEIGHTS = st.sampled_from([1, 2, 3, 0.5, 2.75])


def override(point: str, verdict: Verdict, at: datetime = NOON, by: str = "Ana") -> Override:
    return Override(key_point=point, verdict=verdict, by=by, reason="said it", at=at)


def on_claim(name: str, asserted: bool) -> ClaimOverride:
    return ClaimOverride(misconception=name, asserted=asserted, by="Ana", reason="no", at=NOON)


@st.composite
def points(draw: st.DrawFn) -> tuple[PointGrade, ...]:
    """Key points as judges leave them: sure, unsure, ungraded, by chance or by several."""
    likely = draw(st.booleans())
    made = []
    for number in range(draw(st.integers(1, 5))):
        verdict = draw(st.one_of(VERDICTS, st.none()))
        chances = draw(st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
        opinion = Opinion(judge="b", verdict=draw(VERDICTS))
        made.append(
            PointGrade(
                id=f"p{number}",
                weight=draw(WEIGHTS),
                verdict=verdict,
                alternative=draw(st.one_of(st.none(), VERDICTS)) if verdict else None,
                cause=None if verdict else Cause.TIMEOUT,
                probabilities=dict(zip(Verdict, chances, strict=True)) if likely else None,
                opinions=(opinion,) if draw(st.booleans()) else (),
            )
        )
    return tuple(made)


@st.composite
def grades(draw: st.DrawFn) -> Grade:
    made = draw(points())
    names = tuple(point.id for point in made)
    groups = (PointGroup(key_points=names[:2], enough=1),) if draw(st.booleans()) else ()
    claim = MisconceptionGrade(
        id="m", asserted=draw(st.sampled_from([True, False, None])), penalty=draw(WEIGHTS)
    )
    score = total(made, (claim,), Scheme(groups, draw(st.sampled_from([None, 10.0]))))
    return record(key_points=made, groups=groups, misconceptions=(claim,), score=score)


@given(grades(), st.lists(st.tuples(st.integers(0, 4), VERDICTS)), st.lists(st.booleans()))
def test_any_decisions_give_the_score_of_a_grade_with_those_verdicts_from_the_start(
    grade: Grade, wanted: Sequence[tuple[int, Verdict]], claims: Sequence[bool]
) -> None:
    given_verdicts = {f"p{number}": verdict for number, verdict in wanted}
    likely = any(point.probabilities for point in grade.key_points)
    from_the_start = [
        PointGrade(
            id=point.id,
            weight=point.weight,
            verdict=given_verdicts[point.id],
            probabilities={given_verdicts[point.id]: 1.0} if likely else None,
        )
        if point.id in given_verdicts
        else point
        for point in grade.key_points
    ]
    held = [
        m.model_copy(update={"asserted": claims[-1]}) if claims else m for m in grade.misconceptions
    ]
    settled = with_decisions(
        grade,
        *(override(f"p{number}", verdict) for number, verdict in wanted),
        *(on_claim("m", asserted) for asserted in claims),
    )
    score = total(from_the_start, held, scheme_of(grade))
    assert decided(settled).score == score
    assert settled.decided == (score if wanted or claims else None)
    # The judge's own is read as before.
    assert (settled.key_points, settled.score) == (grade.key_points, grade.score)


@given(grades(), st.lists(st.tuples(st.integers(0, 4), VERDICTS), min_size=1))
def test_a_record_reads_back_with_its_decisions_and_without_any_it_is_as_before(
    grade: Grade, wanted: Sequence[tuple[int, Verdict]]
) -> None:
    assert "claim_overrides" not in grade.to_json()
    assert '"decided"' not in grade.to_json()
    settled = with_decisions(grade, *(override(f"p{n}", verdict) for n, verdict in wanted))
    again = Grade.model_validate_json(settled.to_json())
    assert decided(again).score == decided(settled).score


def test_a_decision_written_by_hand_counts_whatever_score_stands_beside_it() -> None:
    by_hand = record(overrides=(override("broadcast", MET),))
    assert by_hand.score.percent == 58.3
    assert decided(by_hand).score.percent == 91.7


def test_a_later_decision_wins_whatever_the_order_in_the_file() -> None:
    early, late = override("banks", MISSED), override("banks", PARTIAL, NOON + timedelta(days=1))
    for order in ((early, late), (late, early)):
        assert decided(record(overrides=order)).key_points[0].verdict is PARTIAL


def test_one_that_is_appended_wins_also_by_a_clock_that_is_behind() -> None:
    first = with_decisions(record(), override("banks", MISSED))
    then = with_decisions(first, override("banks", PARTIAL, NOON - timedelta(hours=1)))
    assert decided(then).key_points[0].verdict is PARTIAL
    assert [o.verdict for o in then.overrides] == [MISSED, PARTIAL]


def test_a_time_written_without_its_zone_is_no_hindrance() -> None:
    naive = override("banks", MISSED, datetime(2026, 11, 24))  # noqa: DTZ001
    grade = record(overrides=(override("banks", PARTIAL), naive))
    assert decided(grade).key_points[0].verdict is MISSED


def test_a_decision_ends_doubt_and_what_was_ungraded() -> None:
    open_point = PointGrade(id="banks", weight=3, verdict=None, cause=Cause.REFUSED, detail="no")
    grade = with_decisions(record(key_points=(open_point,)), override("banks", MET))
    (point,) = decided(grade).key_points
    assert (point.verdict, point.cause, point.detail) == (MET, None, "")
    assert decided(grade).ungraded == ()
    assert grade.ungraded == (open_point,)


def test_what_the_rubric_does_not_have_changes_nothing() -> None:
    grade = with_decisions(record(), override("nowhere", MET), on_claim("nowhere", True))
    assert decided(grade).score == grade.score


def test_without_decisions_the_grade_is_the_same_object() -> None:
    grade = record()
    assert decided(grade) is grade
    assert not is_decided(grade)


@pytest.mark.parametrize("first", [0, 1])
def test_copies_with_decisions_of_their_own_unite_alike_in_any_order(first: int) -> None:
    base = record()
    copies = [
        with_decisions(base, override("banks", MISSED, by="Ben")),
        with_decisions(base, override("banks", PARTIAL, NOON + timedelta(hours=1), by="Ana")),
    ]
    one, other = copies[first], copies[1 - first]
    both = united(one, other)
    assert united(both, one, other) == both
    assert both.overrides == united(other, one).overrides
    assert people(both) == ("Ben", "Ana")
    assert decided(both).key_points[0].verdict is PARTIAL

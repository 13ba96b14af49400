"""What a session adds up to, while its records stream past."""

import statistics
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.record import (
    Cause,
    Grade,
    JudgeInfo,
    MisconceptionGrade,
    PointGrade,
    PointGroup,
    Score,
    Usage,
    Verdict,
)
from grader.scoring import Scheme, costs, total
from grader.session.summary import Unit
from grader.session.tally import MOST_PERIODS, Tally
from grader.text.flags import Flag
from tests.support.records import record, summarize


def scored(percent: float | None, low: float | None = None, high: float | None = None) -> Score:
    least = percent if low is None else low
    most = percent if high is None else high
    assert least is not None
    assert most is not None
    points = None if percent is None else percent / 10
    return Score(percent=percent, low=least, high=most, points=points, out_of=10)


def points(*verdicts: Verdict | None) -> tuple[PointGrade, ...]:
    return tuple(
        PointGrade(id=f"p{i}", weight=3 - i, verdict=v, cause=None if v else Cause.TIMEOUT)
        for i, v in enumerate(verdicts)
    )


@settings(max_examples=40)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_mean_and_median_are_those_of_the_scores(tenths: list[int]) -> None:
    scores = summarize(record(score=scored(t / 10)) for t in tenths).scores
    assert scores.mean == pytest.approx(statistics.mean(tenths) / 10)
    assert scores.median == pytest.approx(statistics.median(tenths) / 10)
    assert sum(scores.histogram) == scores.answers == len(tenths)


def test_full_marks_are_in_the_last_bar_and_each_ten_starts_a_new_one() -> None:
    values = (0, 9.9, 10, 99.9, 100)
    histogram = summarize(record(score=scored(v)) for v in values).scores.histogram
    assert histogram == (2, 1, 0, 0, 0, 0, 0, 0, 0, 2)


def test_an_ungraded_answer_is_no_zero() -> None:
    summary = summarize([record(score=scored(80)), record(score=scored(None, 20, 60))])
    assert (summary.scores.mean, summary.scores.ungraded) == (80, 1)
    assert (summary.scores.low, summary.scores.high) == (50, 70)
    assert sum(summary.scores.histogram) == 1


def test_nothing_graded_is_no_score_at_all() -> None:
    summary = summarize([])
    assert summary.scores.mean is None
    assert summary.weakest() == ()
    assert summary.periods == ()


def test_key_points_are_counted_by_verdict_in_the_rubrics_order() -> None:
    first = points(Verdict.MET, Verdict.PARTIAL, None)
    second = points(Verdict.MET, Verdict.CONTRADICTED, Verdict.MISSED)
    question = summarize(record(key_points=p) for p in (first, second)).questions[0]
    assert [p.id for p in question.key_points] == ["p0", "p1", "p2"]
    met, mixed, doubtful = question.key_points
    assert (met.met, met.share_met) == (2, 1)
    assert (mixed.partial, mixed.contradicted, mixed.share_met) == (1, 1, 0)
    assert (doubtful.missed, doubtful.ungraded, doubtful.graded) == (1, 1, 1)


def test_the_weakest_key_points_are_those_that_cost_the_most_points() -> None:
    verdicts = points(Verdict.PARTIAL, Verdict.MISSED, Verdict.MET)
    weakest = summarize([record(key_points=verdicts)]).weakest()
    assert [p.id for p in weakest] == ["p1", "p0"]


def test_what_a_point_was_worth_in_the_grade_decides_and_not_its_weight() -> None:
    heavy = points(Verdict.MISSED)
    small = record(key_points=heavy, score=total(heavy, scheme=Scheme((), 0.5)), question="small")
    light = points(Verdict.MISSED, Verdict.MET)
    large = record(key_points=light, score=total(light, scheme=Scheme((), 10)), question="large")
    weakest = summarize([small, large]).weakest()
    assert [(p.question, p.worth) for p in weakest] == [
        ("large", 10 * light[0].weight / sum(p.weight for p in light)),
        ("small", 0.5),
    ]


def test_a_point_of_a_group_that_had_enough_others_cost_nothing() -> None:
    group = PointGroup(key_points=("p0", "p1", "p2"), enough=2)
    said = tuple(
        PointGrade(id=f"p{n}", weight=3, verdict=verdict)
        for n, verdict in enumerate((Verdict.MET, Verdict.MISSED, Verdict.MET))
    )
    score = total(said, scheme=Scheme((group,)))
    assert score.percent == 100
    assert summarize([record(key_points=said, score=score, groups=(group,))]).weakest() == ()
    less = (said[0], said[1], said[2].model_copy(update={"verdict": Verdict.PARTIAL}))
    cost = costs(
        record(key_points=less, score=total(less, scheme=Scheme((group,))), groups=(group,))
    )
    assert [round(each.lost, 6) for each in cost.values()] == [0, 1, 0.5]


def test_a_key_point_that_nobody_could_grade_is_not_called_weak() -> None:
    assert summarize([record(key_points=points(None))]).weakest() == ()


def test_ungraded_key_points_are_counted_by_cause_commonest_first() -> None:
    refused = PointGrade(id="r", weight=1, verdict=None, cause=Cause.REFUSED)
    summary = summarize([record(key_points=(refused, *points(None, None)))])
    assert list(summary.causes.items()) == [(Cause.TIMEOUT, 2), (Cause.REFUSED, 1)]
    assert summary.ungraded_points == 3


def test_misconceptions_flags_and_doubts_are_counted() -> None:
    held = MisconceptionGrade(id="m", asserted=True)
    unclear = MisconceptionGrade(id="n", asserted=None, cause=Cause.TIMEOUT)
    unsure = PointGrade(id="p", weight=1, verdict=Verdict.MET, alternative=Verdict.PARTIAL)
    flag = Flag(kind="bidi", start=0, end=1, text="x")
    grade = record(key_points=(unsure,), misconceptions=(held, unclear), flags=(flag, flag))
    summary = summarize([grade, record()])
    assert [(m.id, m.asserted) for m in summary.misconceptions()] == [("m", 1)]
    assert (summary.flagged, summary.flags, summary.unsure) == (1, {"bidi": 2}, 1)


def test_candidates_beyond_the_limit_are_counted_together() -> None:
    grades = [record(candidate=name) for name in ("Li", "Wu", "Li", "Xu", "Xu")] + [record()]
    summary = summarize(grades, candidates=2)
    assert [(c.name, c.scores.answers) for c in summary.candidates] == [("Li", 2), ("Wu", 1)]
    assert summary.more_candidates == 2


def test_costs_tell_paid_saved_and_unknown_apart() -> None:
    usages = (
        Usage(input_tokens=10, calls=1, cost_usd=0.5),
        Usage(input_tokens=10, calls=1, cost_usd=0.25, from_ledger=True),
        Usage(input_tokens=10, calls=1, cost_usd=None),
    )
    usage = summarize(record(usage=u) for u in usages).usage
    assert (usage.paid_usd, usage.saved_usd, usage.unknown_costs) == (0.5, 0.25, 1)
    assert (usage.input_tokens, usage.calls, usage.from_ledger) == (30, 3, 1)


def test_judges_and_versions_of_a_rubric_are_told_apart() -> None:
    local = record(judge=JudgeInfo(kind="local", model="small"))
    digests = local.digests.model_copy(update={"rubric": "sha256:other"})
    summary = summarize([local, record(), record(digests=digests)])
    assert [(j.model, j.answers) for j in summary.judges] == [("m", 2), ("small", 1)]
    assert summary.questions[0].rubrics == 2


def test_progress_goes_by_the_day_of_the_attempt() -> None:
    start = datetime(2026, 11, 1, 23, tzinfo=UTC)
    grades = [record(attempted_at=start + timedelta(days=d), score=scored(10 * d)) for d in (1, 0)]
    periods = summarize(grades).periods
    assert [(str(p.start), p.unit, p.scores.mean) for p in periods] == [
        ("2026-11-01", Unit.DAY, 0),
        ("2026-11-02", Unit.DAY, 10),
    ]


@settings(max_examples=40)
@given(st.lists(st.datetimes(), min_size=1, max_size=150))
def test_progress_never_has_more_periods_than_can_be_read(times: list[datetime]) -> None:
    grades = [record(attempted_at=t.replace(tzinfo=UTC)) for t in times]
    periods = summarize(grades).periods
    assert len(periods) <= MOST_PERIODS or periods[0].unit is Unit.YEAR
    assert sum(p.scores.answers for p in periods) == len(times)
    assert all(a.start < b.start for a, b in pairwise(periods))
    assert len({p.unit for p in periods}) == 1


def test_the_order_of_the_records_does_not_matter() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    grades = [
        record(attempted_at=start + timedelta(days=3 * d), score=scored(d % 100), candidate=str(d))
        for d in range(90)
    ]
    assert summarize(grades) == summarize(reversed(grades))


def test_memory_does_not_grow_with_the_number_of_answers() -> None:
    def many(count: int) -> Iterator[Grade]:
        for i in range(count):
            yield record(answer_id=str(i), candidate=str(i), score=scored(i % 101))

    tally = Tally(candidates=10)
    for grade in many(200):
        tally.add(grade)
    tracemalloc.start()
    for grade in many(500):
        tally.add(grade)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


def test_whole_points_stay_whole_in_the_totals() -> None:
    (question,) = summarize([record()]).questions
    assert [str(point.weight) for point in question.key_points] == ["3", "2", "1"]
    assert '"weight":3,' in question.model_dump_json()

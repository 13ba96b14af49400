"""A first judge, and a second one that is asked only about what the first leaves open."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from grader import answer as answers
from grader.grading import Attempt, grade
from grader.judge.base import Judgement
from grader.judge.cascade import Cascade
from grader.record import Verdict
from grader.rubric.files import load_rubric
from grader.scoring import total
from grader.util.files import data_folder
from tests.support.judges import Given, ToldJudge

RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
IDS = [point.id for point in RUBRIC.key_points]
ANSWER = answers.from_text("Shared memory has 32 banks of 4 bytes.", "t")
MET, PARTIAL, MISSED, CONTRADICTED = Verdict


def judged(first: ToldJudge, second: ToldJudge, below: float = 0.75) -> Judgement:
    return asyncio.run(Cascade(first, second, below).judge(RUBRIC, ANSWER))


def test_the_second_judge_is_asked_once_about_what_the_first_is_unsure_of() -> None:
    first = ToldJudge("a", {IDS[0]: (MISSED, 0.5), IDS[1]: (None, None), IDS[2]: (PARTIAL, 0.75)})
    second = ToldJudge("b")
    result = judged(first, second)
    assert second.asked == [(IDS[0], IDS[1])]
    assert [point.verdict for point in result.points[:3]] == [MET, MET, PARTIAL]
    assert [point.by for point in result.points[:3]] == ["b", "b", "a"]
    assert [o.verdict for o in result.points[0].opinions] == [MISSED, MET]
    assert result.points[2].opinions == ()
    assert [point.id for point in result.points] == IDS


def test_a_verdict_without_a_confidence_is_sent_on() -> None:
    second = ToldJudge("b")
    judged(ToldJudge("a", {IDS[3]: (MET, None)}), second)
    assert second.asked == [(IDS[3],)]


def test_nothing_is_asked_of_the_second_where_the_first_is_sure() -> None:
    second = ToldJudge("b")
    result = judged(ToldJudge("a"), second)
    assert second.asked == []
    assert result.usage.calls == 1
    assert (result.replied, result.feedback) == ("a-2026", "words of a")
    assert {point.by for point in result.points} == {"a"}


def test_what_the_second_cannot_grade_keeps_the_first_ones_verdict_or_stays_ungraded() -> None:
    first = ToldJudge("a", {IDS[0]: (PARTIAL, 0.4), IDS[1]: (None, None)})
    second = ToldJudge("b", {IDS[0]: (None, None), IDS[1]: (None, None)})
    points = judged(first, second).points
    assert (points[0].verdict, points[0].by, points[0].confidence) == (PARTIAL, "a", 0.4)
    assert points[1].verdict is None
    assert points[1].cause is not None


def test_a_verdict_that_was_overruled_does_not_widen_the_interval() -> None:
    score = total(judged(ToldJudge("a", {IDS[0]: (MISSED, 0.5)}), ToldJudge("b")).points)
    assert score.low == score.high == 100


def test_the_record_says_who_judged_how_and_what_both_used() -> None:
    cascade = Cascade(ToldJudge("a", {IDS[0]: (MISSED, 0.5)}), ToldJudge("b"), 0.75)
    record = asyncio.run(grade(RUBRIC, Attempt(ANSWER, "a"), cascade))
    judge = record.judge
    assert (judge.model, judge.combine, judge.unsure_below) == (
        "a then b below 0.75", "cascade", 0.75
    )  # fmt: skip
    assert [part.model for part in judge.parts] == ["a", "b"]
    assert (judge.replied, record.feedback) == ("a-2026 + b-2026", "words of b")
    assert record.usage.calls == 2
    other = Cascade(cascade.first, cascade.second, 0.8)
    assert other.prompt_digest != cascade.prompt_digest
    assert other.info.model != judge.model


EACH: st.SearchStrategy[dict[str, Given]] = st.fixed_dictionaries(
    {
        name: st.tuples(st.none() | st.sampled_from(Verdict), st.none() | st.floats(0, 1))
        for name in IDS
    }
)


@given(EACH, EACH, st.floats(0, 1))
def test_every_verdict_is_that_of_the_judge_it_is_said_to_be_by(
    first: dict[str, Given], second: dict[str, Given], below: float
) -> None:
    judges = {"a": ToldJudge("a", first), "b": ToldJudge("b", second)}
    for point in judged(judges["a"], judges["b"], below).points:
        assert point.by is not None
        assert point.verdict == judges[point.by].gives[point.id][0]


@given(EACH, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_sends_no_less_on(
    first: dict[str, Given], below: float, other: float
) -> None:
    low, high = sorted((below, other))
    sent = []
    for threshold in (low, high):
        second = ToldJudge("b")
        judged(ToldJudge("a", first), second, threshold)
        sent.append({name for names in second.asked for name in names})
    assert sent[0] <= sent[1]

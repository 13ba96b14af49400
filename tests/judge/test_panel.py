"""Several judges together: what most of them give, the mean of them, and who gave what."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import answer as answers
from grader.errors import ModelFailed
from grader.grading import Attempt, grade
from grader.judge.base import Judgement
from grader.judge.panel import JudgePanel, Together
from grader.record import Verdict
from grader.rubric.files import load_rubric
from grader.scoring import total
from grader.util.files import data_folder
from tests.support.judges import Given, ToldJudge

RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
FIRST = RUBRIC.key_points[0].id
CLAIM = RUBRIC.misconceptions[0].id
ANSWER = answers.from_text("Shared memory has 32 banks of 4 bytes.", "t")
MET, PARTIAL, MISSED, CONTRADICTED = Verdict


def together(*judges: ToldJudge, combine: Together = "majority") -> Judgement:
    return asyncio.run(JudgePanel(judges, combine).judge(RUBRIC, ANSWER))


def gives(*verdicts: Verdict | None) -> list[ToldJudge]:
    return [ToldJudge(f"m{n}", {FIRST: (v, 0.9)}) for n, v in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "verdict", "alternative"),
    [
        ((MET, MET, MET), MET, None),
        ((MISSED, MET, MET), MET, MISSED),
        ((MISSED, MET), MISSED, MET),
        ((MET, PARTIAL, MISSED), MET, PARTIAL),
        ((None, MET, None), MET, None),
        ((None, None), None, None),
    ],
)
def test_most_decide_a_tie_goes_to_the_judge_named_first_and_dissent_stays_visible(
    verdicts: tuple[Verdict | None, ...], verdict: Verdict | None, alternative: Verdict | None
) -> None:
    point = together(*gives(*verdicts)).points[0]
    assert (point.verdict, point.alternative) == (verdict, alternative)
    assert (point.cause is None) is (verdict is not None)
    assert [(o.judge, o.verdict) for o in point.opinions] == [
        (f"m{n}", v) for n, v in enumerate(verdicts)
    ]


def test_dissent_makes_the_score_an_interval_and_takes_confidence() -> None:
    alike, split = together(*gives(MET, MET)), together(*gives(MET, MISSED))
    assert total(alike.points).low == total(alike.points).high == 100
    assert total(split.points).low < total(split.points).high == 100
    assert (alike.points[0].confidence, split.points[0].confidence) == (0.9, 0.45)


def test_the_mean_takes_the_verdict_in_the_middle_and_expects_the_mean_of_the_scores() -> None:
    judges = gives(MET, MISSED)
    result = together(*judges, combine="mean")
    scores = [total(asyncio.run(j.judge(RUBRIC, ANSWER)).points).percent or 0 for j in judges]
    assert result.points[0].verdict == PARTIAL
    assert total(result.points).expected == pytest.approx(sum(scores) / 2, abs=0.1)


def test_a_key_point_that_cannot_be_partly_met_never_is_by_the_mean() -> None:
    points = (RUBRIC.key_points[0].model_copy(update={"notes": _without_partial()}),)
    rubric = RUBRIC.model_copy(update={"key_points": points, "misconceptions": ()})
    panel = JudgePanel(tuple(gives(MET, MISSED)), "mean")
    assert rubric.key_points[0].binary
    assert asyncio.run(panel.judge(rubric, ANSWER)).points[0].verdict == MISSED


def _without_partial() -> object:
    return RUBRIC.key_points[0].notes.model_copy(update={"partial": None})


def test_a_misconception_counts_where_most_hold_it_for_asserted_and_a_tie_takes_nothing() -> None:
    held, not_held = ToldJudge("a", holds=[CLAIM]), ToldJudge("b")
    assert not together(held, not_held).misconceptions[0].asserted
    assert together(held, not_held, ToldJudge("c", holds=[CLAIM])).misconceptions[0].asserted
    assert together(ToldJudge("a", holds=None)).misconceptions[0].asserted is None
    assert [o.asserted for o in together(held, not_held).misconceptions[0].opinions] == [
        True,
        False,
    ]


def test_the_record_names_the_parts_and_adds_up_what_they_used() -> None:
    panel = JudgePanel(tuple(gives(MET, MISSED)))
    record = asyncio.run(grade(RUBRIC, Attempt(ANSWER, "a"), panel))
    assert (record.judge.model, record.judge.combine) == ("m0 + m1", "majority")
    assert [part.model for part in record.judge.parts] == ["m0", "m1"]
    assert record.judge.replied == "m0-2026 + m1-2026"
    assert (record.usage.calls, record.usage.input_tokens) == (2, 20)
    assert JudgePanel(panel.judges, "mean").info.model == "mean of m0 + m1"
    assert JudgePanel(panel.judges, "mean").prompt_digest != panel.prompt_digest
    assert record.model_validate_json(record.to_json()) == record


def test_a_judge_that_fails_is_told_only_once_the_others_are_done() -> None:
    class Failing(ToldJudge):
        async def judge(self, *_: object) -> Judgement:
            raise ModelFailed("no such model")

    other = ToldJudge("b")
    with pytest.raises(ModelFailed, match="no such model"):
        together(Failing("a"), other)
    assert len(other.asked) == 1


def told(verdicts: st.SearchStrategy[Verdict | None]) -> st.SearchStrategy[list[ToldJudge]]:
    each = st.tuples(verdicts, st.none() | st.floats(0, 1))
    points: st.SearchStrategy[dict[str, Given]] = st.fixed_dictionaries(
        {point.id: each for point in RUBRIC.key_points}
    )
    claims = st.lists(st.sampled_from([m.id for m in RUBRIC.misconceptions]))
    judge = st.builds(ToldJudge, st.just("m"), points, claims, st.booleans())
    return st.lists(judge, min_size=2, max_size=5)


GRADED = told(st.sampled_from(Verdict))


@given(told(st.none() | st.sampled_from(Verdict)))
def test_most_never_give_a_verdict_that_no_judge_gave(judges: list[ToldJudge]) -> None:
    for point in together(*judges).points:
        assert point.verdict in {judge.gives[point.id][0] for judge in judges}
        votes = [judge.gives[point.id][0] for judge in judges]
        if point.verdict is not None:
            assert all(votes.count(point.verdict) >= votes.count(v) for v in votes if v is not None)


@given(GRADED, st.sampled_from(["majority", "mean"]), st.floats(0, 3))
def test_the_interval_holds_every_judges_score(
    judges: list[ToldJudge], combine: Together, penalty: float
) -> None:
    costly = tuple(m.model_copy(update={"penalty": penalty}) for m in RUBRIC.misconceptions)
    rubric = RUBRIC.model_copy(update={"misconceptions": costly})
    result = asyncio.run(JudgePanel(tuple(judges), combine).judge(rubric, ANSWER))
    score = total(result.points, result.misconceptions)
    assert score.percent is not None
    assert score.low <= score.percent <= score.high
    for judge in judges:
        own = asyncio.run(judge.judge(rubric, ANSWER))
        percent = total(own.points, own.misconceptions).percent
        assert percent is not None
        assert score.low <= percent <= score.high


@given(GRADED)
def test_the_order_of_the_judges_matters_only_where_they_tie(judges: list[ToldJudge]) -> None:
    there, back = together(*judges), together(*reversed(judges))
    for one, other in zip(there.points, back.points, strict=True):
        votes = [judge.gives[one.id][0] for judge in judges]
        if one.verdict != other.verdict:
            assert votes.count(one.verdict) == votes.count(other.verdict)

"""One yes/no question a key point: the log-probabilities decide, evidence is a real sentence."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import answer as answers
from grader import rubric as rubrics
from grader.calibrated import (
    Calibration,
    Curve,
    calibration,
    finding,
    log_odds,
    mean_of_others,
)
from grader.data import folder
from grader.judge import Judgement
from grader.nearest import nearest
from grader.per_point import PerPoint
from grader.record import Cause, Verdict
from grader.request import Reply, Request, Token, Unusable
from grader.rubric import Text
from tests.fakes import INFO, FakeModel, completion

RUBRIC = rubrics.load("bank-conflict", (folder("rubrics"),))
TEXT = "Shared memory has 32 banks. Padding helps. 同一个字的访问会广播。"
PLAIN = Calibration(
    met=Curve(slope=1, offset=0),
    some=Curve(slope=1, offset=2),
    claim=Curve(slope=1, offset=0),
    unsure=0.4,
    languages=("en", "zh"),
)


def token(**top: float) -> Token:
    pairs = [{"token": name, "logprob": value} for name, value in top.items()]
    return Token.model_validate({**pairs[0], "top_logprobs": pairs})


def judge(model: FakeModel, fitted: Calibration = PLAIN) -> Judgement:
    return asyncio.run(
        PerPoint(model.ask, INFO, fitted).judge(RUBRIC, answers.from_text(TEXT, "t"))
    )


def saying(yes: set[str], odds: float = 3.0) -> FakeModel:
    """A model that says yes to the texts *yes*, and names the third sentence as evidence."""

    def reply(request: Request) -> Reply:
        if "logprobs" not in request.body:
            return Reply(body=completion("3."))
        asked = request.body["messages"][-1]["content"]
        x = odds if any(text in asked for text in yes) else -odds
        return Reply(body=completion("Yes", logprobs={"Yes": 0.0, "No": -x}))

    return FakeModel(reply)


def test_every_key_point_is_asked_in_both_languages_answer_first() -> None:
    model = saying(set())
    judge(model)
    for point in RUBRIC.key_points:
        for text in (point.en, point.zh):
            asked = [
                r.body["messages"][-1]["content"]
                for r in model.asked
                if text in r.body["messages"][-1]["content"] and "logprobs" in r.body
            ]
            assert len(asked) == 1
            assert asked[0].index("[1] Shared memory has 32 banks.") < asked[0].index(text)


def test_a_yes_is_met_with_a_sentence_of_the_answer_as_evidence() -> None:
    point = RUBRIC.key_points[1]
    found = judge(saying({point.en, point.zh})).points[1]
    assert found.verdict == Verdict.MET
    assert found.confidence == pytest.approx(1 / (1 + math.exp(-3)), abs=0.001)
    assert [e.text for e in found.evidence] == ["Shared memory has 32 banks."]
    assert TEXT[found.evidence[0].start : found.evidence[0].end] == found.evidence[0].text


def test_the_log_odds_of_both_languages_are_averaged() -> None:
    found = judge(saying({RUBRIC.key_points[1].en})).points[1]
    assert found.verdict == Verdict.PARTIAL, "3 and -3 make 0"
    assert found.alternative == Verdict.MET, "and 0 is as unsure as can be"


def test_a_missed_point_whose_opposite_is_asserted_is_contradicted() -> None:
    claim = next(m for m in RUBRIC.misconceptions if m.contradicts)
    result = judge(saying({claim.en}))
    found = next(p for p in result.points if p.id == claim.contradicts[0])
    assert found.verdict == Verdict.CONTRADICTED
    assert found.evidence
    assert next(m for m in result.misconceptions if m.id == claim.id).asserted


def test_an_endpoint_without_log_probabilities_leaves_everything_ungraded() -> None:
    result = judge(FakeModel(completion("Yes")))
    assert {p.cause for p in result.points} == {Cause.NO_LOGPROBS}
    assert {p.verdict for p in result.points} == {None}


def test_a_failed_call_leaves_its_point_ungraded_with_the_cause() -> None:
    result = judge(FakeModel(Reply(cause=Cause.TIMEOUT)))
    assert {p.cause for p in result.points} == {Cause.TIMEOUT}


def test_the_other_key_points_of_an_answer_weigh_in() -> None:
    leaning = PLAIN.model_copy(update={"met": Curve(slope=1, others=1, offset=0)})
    assert finding(-0.5, leaning, others=2.0, binary=True).verdict == Verdict.MET
    assert finding(-0.5, leaning, others=-2.0, binary=True).verdict == Verdict.MISSED
    assert mean_of_others(1.0, [1.0, 3.0, 5.0]) == 4.0
    assert mean_of_others(1.0, [1.0]) == 1.0


def test_yes_and_no_are_found_however_they_are_written() -> None:
    assert log_odds(token(**{" Yes": -0.1, "no": -2.1})) == pytest.approx(2.0)
    assert log_odds(token(是=-0.5, 否=-0.7)) == pytest.approx(0.2)


def test_a_word_that_was_not_returned_counts_as_the_least_likely_that_was() -> None:
    assert log_odds(token(Yes=-0.01, Maybe=-5.0)) == pytest.approx(4.99)


def test_neither_yes_nor_no_is_no_verdict() -> None:
    with pytest.raises(Unusable):
        log_odds(token(Perhaps=-0.1))


@given(st.floats(-60, 60), st.booleans())
def test_every_log_odds_gives_a_verdict_that_its_key_point_can_have(x: float, binary: bool) -> None:
    found = finding(x, PLAIN, others=0.0, binary=binary)
    assert 0 <= found.confidence <= 1
    assert found.alternative != found.verdict
    if binary:
        assert Verdict.PARTIAL not in (found.verdict, found.alternative)


@given(st.floats(-20, 20), st.floats(0, 10))
def test_more_log_odds_never_make_a_worse_verdict(x: float, more: float) -> None:
    order = [Verdict.MISSED, Verdict.PARTIAL, Verdict.MET]
    for fitted in (calibration("local"), calibration("endpoint")):
        low = finding(x, fitted, others=0.0, binary=False).verdict
        high = finding(x + more, fitted, others=0.0, binary=False).verdict
        assert order.index(low) <= order.index(high)


def test_the_evidence_is_the_sentence_nearest_in_words_in_any_language() -> None:
    sentences = ["Padding helps.", "Shared memory has 32 banks.", "同一个字的访问会广播。"]
    assert nearest(["There are thirty-two (32) banks of shared memory."], sentences) == 1
    assert nearest(["Reading the same word is broadcast.", "读同一个字走广播"], sentences) == 2
    assert nearest(["Pad the row."], sentences) == 0


def test_where_no_word_is_shared_the_model_names_the_sentence() -> None:
    assert nearest(["Quantisation loses accuracy."], ["Padding helps.", "It is broadcast."]) is None
    wording = Text(en="Quantisation loses accuracy.", zh="量化损失精度")
    claim = RUBRIC.misconceptions[0].model_copy(update={"en": wording.en, "zh": wording.zh})
    odd = RUBRIC.model_copy(update={"misconceptions": (claim,)})
    judged = asyncio.run(
        PerPoint(saying({claim.en}).ask, INFO, PLAIN).judge(odd, answers.from_text(TEXT, "t"))
    )
    assert [e.text for e in judged.misconceptions[0].evidence] == ["同一个字的访问会广播。"]

"""A judgement is read wherever a reply holds it, and no verdict is read that it does not hold."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import answer as answers
from grader.judge.base import Judgement
from grader.judge.one_call import OneCall
from grader.llm.request import Reply, is_worth_asking_again, usage
from grader.record import Cause, Verdict
from grader.rubric.files import load_rubric
from grader.util.files import data_folder
from tests.support.fakes import INFO, FakeModel, completion, judgement
from tests.support.odd_replies import EMPTY_HANDED, READABLE, body

TEXT = (
    "Shared memory has 32 banks of 4 bytes. Padding the row with one word removes conflicts."
    r" The stride is $\frac{a}{b} \le \theta$."
)
RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
POINT, OTHER = RUBRIC.key_points[0], RUBRIC.key_points[1]
CLAIM = RUBRIC.misconceptions[0]
MET = {"quotes": ["32 banks of 4 bytes"], "reason": "it is said so", "verdict": "met"}


def judge(model: FakeModel, text: str = TEXT) -> Judgement:
    return asyncio.run(OneCall(model.ask, INFO).judge(RUBRIC, answers.from_text(text, "t")))


def whole(item: object = MET, name: str = POINT.id) -> str:
    reply = judgement(RUBRIC)
    reply["key_points"][name] = item
    return json.dumps(reply, ensure_ascii=False)


@pytest.mark.parametrize("kind", READABLE)
def test_a_judgement_is_read_wherever_the_reply_holds_it(kind: str) -> None:
    model = FakeModel(Reply(body=READABLE[kind](whole())))
    result = judge(model)
    assert [p.verdict for p in result.points] == [Verdict.MET] + [Verdict.MISSED] * (
        len(RUBRIC.key_points) - 1
    )
    assert len(model.asked) == 1
    assert not is_worth_asking_again(Reply(body=READABLE[kind](whole())))
    assert usage(Reply(body=READABLE[kind](whole()))).calls == 1


@pytest.mark.parametrize("kind", EMPTY_HANDED)
def test_a_reply_that_holds_nothing_grades_nothing_and_is_worth_asking_again(kind: str) -> None:
    reply = Reply(body=EMPTY_HANDED[kind])
    assert is_worth_asking_again(reply)
    model = FakeModel(reply)
    result = judge(model)
    assert {p.verdict for p in result.points} == {None}
    assert len(model.asked) <= 2
    assert all(p.detail for p in result.points)


@pytest.mark.parametrize(
    "judged",
    [
        completion(None, refusal="no"),
        completion("{", finish_reason="length"),
        completion("", finish_reason="length"),
        completion("", finish_reason="content_filter"),
        completion("It is quite good."),
        completion(None, logprobs={"Yes": -0.1}),
        json.dumps({"choices": [{"text": "Yes [1", "finish_reason": "length"}]}),
    ],
)
def test_what_a_model_said_is_never_paid_for_again(judged: str) -> None:
    assert not is_worth_asking_again(Reply(body=judged))


@pytest.mark.parametrize(
    "slip",
    [
        {"verdict": "Met"},
        {"verdict": " MET."},
        {"quotes": "32 banks of 4 bytes"},
        {"quotes": [{"text": "32 banks of 4 bytes"}]},
        {"quotes": [{"quote": "32 banks of 4 bytes"}]},
        {"reason": None},
    ],
)
def test_a_small_slip_with_one_reading_is_read(slip: dict[str, Any]) -> None:
    model = FakeModel(completion(whole(MET | slip)))
    assert judge(model).points[0].verdict == Verdict.MET
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("written", "asserted"), [("false", False), ("False", False), ("no", False), ("TRUE", True)]
)
def test_a_truth_that_was_written_as_a_word_is_read(written: str, asserted: bool) -> None:
    reply = judgement(RUBRIC)
    quotes = ["32 banks of 4 bytes"] if asserted else None
    reply["misconceptions"][CLAIM.id] = {"quotes": quotes, "reason": "", "asserted": written}
    model = FakeModel(completion(json.dumps(reply)))
    assert judge(model).misconceptions[0].asserted is asserted
    assert len(model.asked) == 1


@pytest.mark.parametrize("verdict", ["not met", "met/partial", "", "yes", 1, True, ["met"]])
def test_a_verdict_with_two_readings_or_none_is_not_guessed(verdict: object) -> None:
    model = FakeModel(completion(whole(MET | {"verdict": verdict})), completion("{}"))
    assert judge(model).points[0].verdict is None


@pytest.mark.parametrize(
    "quote", [r"\frac{a}{b} \le \theta", r"$\frac{a}{b}", r"\theta$", r"is $\frac{a}{b} \le"]
)
def test_a_formula_with_single_backslashes_is_read_and_located(quote: str) -> None:
    written = whole(MET | {"quotes": ["FORMULA"]}).replace("FORMULA", quote)
    model = FakeModel(completion(written))
    point = judge(model).points[0]
    assert point.verdict == Verdict.MET
    assert TEXT[point.evidence[0].start : point.evidence[0].end] == point.evidence[0].text
    assert len(model.asked) == 1


def test_a_list_of_items_under_their_ids_is_read() -> None:
    reply = judgement(RUBRIC)
    reply["key_points"] = [{"id": POINT.id, **MET}] + [
        {"id": p.id, "quotes": [], "reason": "", "verdict": "missed"} for p in RUBRIC.key_points[1:]
    ]
    assert judge(FakeModel(completion(json.dumps(reply)))).points[0].verdict == Verdict.MET


@pytest.mark.parametrize("between", ["\n", " On second thoughts: ", "</think>", "```\n```json\n"])
def test_of_two_different_judgements_neither_is_taken(between: str) -> None:
    second = whole({"quotes": [], "reason": "", "verdict": "missed"})
    model = FakeModel(completion(whole() + between + second))
    points = judge(model).points
    if between == "</think>":  # the first was a thought
        assert points[0].verdict == Verdict.MISSED
        return
    assert {p.verdict for p in points} == {None}
    assert "two different" in points[0].detail


def test_a_judgement_that_stands_in_the_answer_is_not_the_judges() -> None:
    theirs = whole()
    text = f"{TEXT}\n{theirs}"
    repeated = f"The answer holds {theirs}, which says nothing on the subject."
    assert {p.verdict for p in judge(FakeModel(completion(repeated)), text).points} == {None}


def test_a_verdict_inside_something_broken_is_none() -> None:
    torn = whole()[:-20]
    assert {p.verdict for p in judge(FakeModel(completion(torn))).points} == {None}


def test_the_verdict_on_another_item_is_never_taken_for_this_one() -> None:
    invented = MET | {"quotes": ["64 banks of 8 bytes"]}
    elsewhere = json.dumps({"key_points": {OTHER.id: MET}})
    model = FakeModel(completion(whole(invented)), completion(elsewhere))
    assert judge(model).points[0].verdict is None


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00 and \\ud83d", "\\uDFFF"])
def test_half_a_character_in_a_reply_is_replaced_and_told(half: str) -> None:
    written = whole(MET | {"reason": "so HALF"}).replace("HALF", half)
    written = written.replace("Say how", f"Say {half} how")
    for sent in (
        body({"content": written}),
        body({"content": "CUT"}).replace('"CUT"', json.dumps(written)),
    ):
        result = judge(FakeModel(Reply(body=sent)))
        point = result.points[0]
        assert point.verdict == Verdict.MET
        assert "\ufffd" in point.reason
        assert "half a character" in point.detail
        result.feedback.encode()
        point.model_dump_json().encode()


def test_half_a_character_of_the_body_itself_is_replaced_too() -> None:
    sent = body({"content": whole()}).replace('"model": "m"', '"model": "m\\ud800"')
    result = judge(FakeModel(Reply(body=sent)))
    assert result.replied == "m\ufffd"


@pytest.mark.parametrize("kind", ["error-object", "error-words"])
def test_the_providers_own_words_are_the_detail(kind: str) -> None:
    point = judge(FakeModel(Reply(body=EMPTY_HANDED[kind]))).points[0]
    assert point.cause == Cause.HTTP_ERROR
    assert "upstream is gone" in point.detail


verdict_words = st.sampled_from(["met", "missed", "partial", "contradicted"])


@given(
    before=st.text(max_size=60),
    after=st.text(max_size=60),
    kind=st.sampled_from(sorted(READABLE)),
    verdict=verdict_words,
)
def test_a_reply_wrapped_in_anything_never_yields_a_verdict_that_it_did_not_hold(
    before: str, after: str, kind: str, verdict: str
) -> None:
    quotes = [] if verdict == "missed" else MET["quotes"]
    item = MET | {"verdict": verdict, "quotes": quotes}
    wrapped = READABLE[kind](before + whole(item) + after)
    points = judge(FakeModel(Reply(body=wrapped))).points
    assert points[0].verdict in (None, Verdict(verdict))
    assert {p.verdict for p in points[1:]} <= {None, Verdict.MISSED}

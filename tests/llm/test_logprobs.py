"""Log-probabilities are read in every shape that servers send for a completed prompt."""

import json
from typing import Any

import pytest

from grader.llm.completion import Unusable, completion_in
from grader.record import Cause

WORDS = {"Yes": -0.1, "No": -3.0, "Half": -4.0}
WANTED = [("Yes", -0.1), ("No", -3.0), ("Half", -4.0)]


def llama_cpp() -> dict[str, Any]:
    """llama.cpp's server on /v1/completions, and every chat completion."""
    top = [{"id": 1, "token": t, "bytes": [], "logprob": p} for t, p in WORDS.items()]
    return {
        "choices": [{"text": "Yes", "logprobs": {"content": [{**top[0], "top_logprobs": top}]}}]
    }


def vllm() -> dict[str, Any]:
    """vLLM: four lists, the chosen token first among its alternatives."""
    logprobs = {
        "text_offset": [0],
        "tokens": ["Yes"],
        "token_logprobs": [-0.1],
        "top_logprobs": [{"No": -3.0, "Yes": -0.1, "Half": -4.0}],
    }
    return {"choices": [{"text": "Yes", "logprobs": logprobs, "stop_reason": None}]}


def sglang() -> dict[str, Any]:
    """SGLang: the same, with nothing for tokens that it has none for."""
    known = vllm()
    known["choices"][0]["logprobs"] |= {"tokens": ["Yes", " ["], "token_logprobs": [-0.1, None]}
    return known


def older_llama_cpp() -> dict[str, Any]:
    """llama.cpp's own format: the list beside the text, and no choices."""
    top = [{"token": t, "logprob": p} for t, p in WORDS.items()]
    return {"content": "Yes", "completion_probabilities": [{**top[0], "top_logprobs": top}]}


@pytest.mark.parametrize("shape", [llama_cpp, vllm, sglang, older_llama_cpp])
def test_the_alternatives_of_the_first_token_are_read_the_likeliest_first(shape: Any) -> None:
    completion = completion_in(json.dumps(shape()))
    first = completion.first_token
    assert [(t.token, t.logprob) for t in first.top_logprobs] == WANTED
    assert (first.token, first.logprob, completion.written) == ("Yes", -0.1, "Yes")


def test_the_probabilities_of_an_old_server_are_turned_into_logarithms() -> None:
    probs = [{"tok_str": "Yes", "prob": 0.5}, {"tok_str": "No", "prob": 0.0}]
    body = {"content": "Yes", "completion_probabilities": [{"content": "Yes", "probs": probs}]}
    first = completion_in(json.dumps(body)).first_token
    assert [round(t.logprob, 3) for t in first.top_logprobs] == [-0.693, -9999.0]


def test_a_probability_of_nothing_is_no_infinity() -> None:
    body = vllm()
    body["choices"][0]["logprobs"]["top_logprobs"] = [{"Yes": 0.0, "No": float("-inf")}]
    first = completion_in(json.dumps(body)).first_token
    assert [t.logprob for t in first.top_logprobs] == [0.0, -9999.0]


@pytest.mark.parametrize(
    "odd",
    [
        {"tokens": "Yes"},
        {"tokens": []},
        {"content": 7},
        [],
        "none",
    ],
)
def test_what_has_no_such_shape_costs_no_reply_and_says_that_none_came(odd: Any) -> None:
    completion = completion_in(json.dumps({"choices": [{"text": "Yes", "logprobs": odd}]}))
    assert completion.written == "Yes"
    with pytest.raises(Unusable, check=lambda u: u.cause == Cause.NO_LOGPROBS):
        _ = completion.tokens


def test_a_token_without_alternatives_has_none() -> None:
    logprobs = {"tokens": ["Yes"], "token_logprobs": 3, "top_logprobs": ["x"]}
    body = {"choices": [{"text": "Yes", "logprobs": logprobs}]}
    assert completion_in(json.dumps(body)).first_token.top_logprobs == ()

"""The trained judge behind somebody's server is asked for what the embedded engine is asked."""

import asyncio
import re
import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from grader import answer as answers
from grader.errors import BadInput
from grader.grading import Attempt, grade
from grader.judge.choice import bench, target
from grader.judge.curves import TeamLevel
from grader.judge.options import JudgeOptions, options
from grader.ledger.ledger import Ledger
from grader.llm.embedded import weights_file
from grader.llm.embedded.engine import as_read
from grader.llm.request import Reply, Request
from grader.session.run import answers_at_once
from tests.support.claims import CLAIMS, RUBRIC, TEXT, claim_of, saying
from tests.support.fakes import FakeModel

SERVED = JudgeOptions(model="judge", base_url="http://here:8000/v1", ask="trained")


def opened(ledger: Any, said: JudgeOptions = SERVED) -> Any:
    return bench(said, {}, Ledger(ledger / "ledger"), lambda: pytest.fail("no weights are needed"))


def graded(judge: Any, text: str = TEXT) -> dict[str, Any]:
    result = asyncio.run(grade(RUBRIC, Attempt(answers.from_text(text, "t"), "t"), judge))
    record = result.model_dump(exclude={"judge", "graded_at"})
    record["usage"].pop("cost_usd")  # nobody knows what a server of one's own costs
    return record


def test_the_record_is_that_of_the_embedded_judge_but_for_the_engine(tmp_path: Any) -> None:
    here = bench(JudgeOptions(), {}, Ledger(tmp_path / "here"), lambda: tmp_path)
    there = opened(tmp_path)
    words = {"broadcast": "Yes", "padding": "Half", "bank-definition": "Wrong"}
    embedded = graded(here.judge_over(saying("trained", **words)))
    assert graded(there.judge_over(saying("trained", **words))) == embedded
    info = there.info
    assert (info.kind, info.ask, info.model) == ("endpoint", "trained", "judge")
    assert info.endpoint == "http://here:8000/v1"
    assert info.adapter == here.info.adapter == f"sha256:{weights_file.adapter().sha256}"
    assert there.judge.prompt_digest == here.judge.prompt_digest


def test_every_request_completes_a_prompt_with_log_probabilities_and_no_penalty(
    tmp_path: Any,
) -> None:
    model = saying("trained")
    graded(opened(tmp_path).judge_over(model))
    assert len(model.asked) == CLAIMS
    for request in model.asked:
        assert request.path == "/completions"
        assert request.body["logprobs"] == 20
        assert (request.body["temperature"], request.body["repetition_penalty"]) == (0, 1)
        assert request.body["prompt"].startswith("Question: ")


def test_a_parameter_of_the_user_comes_after_what_is_sent_by_itself(tmp_path: Any) -> None:
    said = options("judge", "http://here/v1", "trained", ["repetition_penalty=1.5", "lora=1"])
    model = saying("trained")
    graded(opened(tmp_path, said).judge_over(model))
    assert {r.body["repetition_penalty"] for r in model.asked} == {1.5}
    assert {r.body["lora"] for r in model.asked} == {1}


@pytest.mark.parametrize("token", weights_file.weights().special_tokens)
def test_no_special_token_of_an_answer_reaches_a_server(token: str, tmp_path: Any) -> None:
    model = saying("trained")
    text = f"{TEXT} Ignore this: {token} and so on."
    graded(opened(tmp_path).judge_over(model), text)
    assert model.asked
    assert not any(token in request.body["prompt"] for request in model.asked)


def test_characters_are_composed_since_some_tokenisers_compose_them() -> None:
    apart = unicodedata.normalize("NFD", "Die Bänke é 한국")
    assert as_read(apart) == "Die Bänke é 한국"
    assert as_read("32 Bänke [1] 同一个字") == "32 Bänke [1] 同一个字"
    assert as_read(as_read("<|im_start|>")) == as_read("<|im_start|>")


class Slow(FakeModel):
    """Replies late, and knows what was under way at once."""

    slots = 8

    def __init__(self, known: FakeModel) -> None:
        super().__init__(Reply())
        self.known = known
        self.at_once: list[int] = []
        self._under_way = 0

    async def send(self, request: Request) -> Reply:
        self._under_way += 1
        self.at_once.append(self._under_way)
        await asyncio.sleep(0.001)
        self._under_way -= 1
        return await self.known.send(request)


def test_the_first_claim_is_asked_alone_and_the_others_follow_with_its_beginning(
    tmp_path: Any,
) -> None:
    model = Slow(saying("trained"))
    there = opened(tmp_path)
    there.model = model
    graded(there.judge_over(model))
    assert model.at_once[:3] == [1, 1, 2]
    first = model.known.asked[0]
    assert claim_of(first) == RUBRIC.key_points[0].text("en")
    assert {request.beginning for request in model.known.asked} == {first.beginning}


def test_requests_of_one_answer_make_up_for_few_answers_under_way() -> None:
    said = bench(SERVED, {}, None, lambda: pytest.fail("no"))  # type: ignore[arg-type]
    assert answers_at_once(said.info, slots=8, requests=64) == 8 + 2 + 1


def test_a_team_level_applies_to_it_as_to_the_embedded_judge(tmp_path: Any) -> None:
    unsure = replace(SERVED, level=TeamLevel(sharpness=0.01))
    model = saying("trained", broadcast="Half")
    plain, level = (graded(opened(tmp_path, said).judge_over(model)) for said in (SERVED, unsure))
    assert plain["score"]["expected"] < level["score"]["expected"]


@pytest.mark.parametrize(
    ("said", "env"),
    [
        (JudgeOptions(ask="trained"), {"OPENAI_API_KEY": "k"}),
        (JudgeOptions(ask="trained", model="m"), {"OPENROUTER_API_KEY": "k"}),
    ],
)
def test_a_provider_that_cannot_have_the_adapter_is_refused_with_the_way_out(
    said: JudgeOptions, env: dict[str, str]
) -> None:
    with pytest.raises(BadInput, match=re.escape("--base-url URL --model NAME")) as refused:
        target(said, env)
    assert "\n" not in str(refused.value)
    assert "--model local" in str(refused.value)

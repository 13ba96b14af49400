"""A model's own confidence decides what is asked again, and the record says so."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader import answer as answers
from grader.errors import BadInput
from grader.judge.choice import OpenJudge, target
from grader.judge.options import JudgeOptions
from grader.judge.stated import STATED, StatedConfidence, read_confidence
from grader.llm.request import Reply, Request
from grader.rubric.files import load_rubric
from grader.util.files import data_folder
from tests.support.fakes import FakeModel, completion, judgement

RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
TEXT = "Shared memory has 32 banks of 4 bytes."
FIRST = RUBRIC.key_points[0].id
FITTED = StatedConfidence(
    model="fake",
    unsure_below=0.8,
    chances=dict(zip(STATED, (0.97, 0.85, 0.6, 0.6, 0.5), strict=True)),
)


def stating(word_of: Callable[[str], str]) -> FakeModel:
    """Says of everything that it was missed, as sure as *word_of* says of the key point."""

    def reply(request: Request) -> Reply:
        form: Any = request.body["response_format"]
        asked = form["json_schema"]["schema"]["properties"]["key_points"]["properties"]
        judged = judgement(RUBRIC)
        judged["key_points"] = {
            name: {**judged["key_points"][name], "confidence": word_of(name)} for name in asked
        }
        return Reply(body=completion(json.dumps(judged)))

    return FakeModel(reply)


def opened(model: FakeModel, **said: Any) -> OpenJudge:
    options = JudgeOptions(model="fake", base_url="http://fake/v1", **said)
    return OpenJudge(model, options, target(options, {}))


def asked(model: FakeModel, **said: Any) -> list[int]:
    """How many key points each request asked about, with three votes."""
    judge = opened(model, **said).judge_over(model, votes=3)
    asyncio.run(judge.judge(RUBRIC, answers.from_text(TEXT, "t")))
    forms: list[Any] = [request.body["response_format"] for request in model.asked]
    schemas = [form["json_schema"]["schema"]["properties"]["key_points"] for form in forms]
    return [len(schema["properties"]) for schema in schemas]


def likely_first(name: str) -> str:
    return "likely" if name == FIRST else "certain"


def leaning_first(name: str) -> str:
    return "leaning" if name == FIRST else "certain"


def test_only_what_lies_below_the_fitted_threshold_is_asked_again() -> None:
    whole = len(RUBRIC.key_points)
    assert asked(stating(likely_first)) == [whole, 1]
    assert asked(stating(likely_first), confidence=FITTED) == [whole]
    assert asked(stating(leaning_first), confidence=FITTED) == [whole, 1]


def test_a_threshold_of_ones_own_stands_over_the_fitted_one() -> None:
    whole = len(RUBRIC.key_points)
    assert asked(stating(likely_first), confidence=FITTED, unsure_below=0.9) == [whole, 1]
    assert asked(stating(leaning_first), confidence=FITTED, unsure_below=0.0) == [whole]


def test_what_was_fitted_to_another_model_is_not_used() -> None:
    other = FITTED.model_copy(update={"model": "other"})
    judge = opened(stating(likely_first), confidence=other)
    assert judge.stated is None
    assert judge.info.confidence is None
    assert "confidence" not in json.loads(judge.info.model_dump_json())


def test_the_record_has_the_fitted_probabilities_of_verdict_and_judge() -> None:
    model = stating(likely_first)
    judge = opened(model, confidence=FITTED).judge_over(model, votes=2)
    found = asyncio.run(judge.judge(RUBRIC, answers.from_text(TEXT, "t")))
    assert {point.confidence for point in found.points} == {0.97, 0.85}
    assert judge.info.confidence == FITTED.chances
    assert judge.info.unsure_below == 0.8
    assert judge.prompt_digest != opened(model).judge_over(model).prompt_digest


GOOD = 'schema = "confidence/1"\nmodel = "m"\nunsure_below = 0.8\n[chances]\n' + "".join(
    f"{word} = {chance}\n" for word, chance in STATED.items()
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no schema"),
        ("oops", "not a model's confidence"),
        (GOOD.replace("0.9", "0.2"), "a surer word has no smaller chance"),
        (GOOD.replace("guess", "hunch"), "give one for each of certain"),
        (GOOD.replace("unsure_below = 0.8", "unsure_below = 8"), "unsure_below"),
    ],
)
def test_a_file_that_is_no_confidence_is_named_with_the_reason(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(BadInput, match=told) as failed:
        read_confidence(file)
    assert str(file) in str(failed.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(GOOD, "utf-8")
    assert read_confidence(file).chances == STATED

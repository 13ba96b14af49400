"""An answer is split and folded once, whoever looks at it, however often."""

import asyncio
import json
from typing import Any

import pytest

from grader.answer import from_text
from grader.grading import Attempt, grade
from grader.judge.per_point import PerPoint
from grader.llm.request import Reply
from grader.record import JudgeInfo
from grader.rubric.format import Rubric
from grader.text import reading
from grader.text.fold import fold
from grader.text.sentences import Span, sentences

TEXT = "Words go to 32 banks. Two threads of a warp on one bank wait in turn.\n- padding helps"


async def met(body: dict[str, Any]) -> Reply:
    top = [{"token": "Yes", "logprob": -0.01}, {"token": "No", "logprob": -5.0}]
    token = {"token": "Yes", "logprob": -0.01, "top_logprobs": top}
    logprobs = {"content": [token] * min(4, body["max_tokens"])}
    return Reply(body=json.dumps({"choices": [{"text": "Yes [1]", "logprobs": logprobs}]}))


def test_a_reading_is_what_splitting_and_folding_give() -> None:
    read = reading.read_through(TEXT)
    assert read.sentences == sentences(TEXT)
    assert read.folded == fold(TEXT)
    assert read.folded_sentences == tuple(fold(span.text).text for span in sentences(TEXT))


def test_the_embedded_way_splits_an_answer_once(
    monkeypatch: pytest.MonkeyPatch, bank_conflict: Rubric
) -> None:
    split: list[str] = []
    text = TEXT + " Nobody has read this before."

    def counted(part: str) -> tuple[Span, ...]:
        split.append(part)
        return sentences(part)

    monkeypatch.setattr(reading, "sentences", counted)
    judge = PerPoint(met, JudgeInfo(kind="local", ask="trained", model="m"), "trained")
    attempt = Attempt(from_text(text, "answer"), "a")
    graded = asyncio.run(grade(bank_conflict, attempt, judge))
    assert graded.key_points
    assert split == [text]

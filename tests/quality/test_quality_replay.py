"""Recorded requests are answered by what they say to the model, whoever sends them."""

import json
from pathlib import Path
from typing import Any

from tests.bench.quality.replay import Replies, key, made_up

ASKED: dict[str, Any] = {"model": "a", "messages": [{"role": "user", "content": "Grade it."}]}


def test_the_name_of_the_model_or_user_does_not_make_another_request() -> None:
    assert key(ASKED) == key({**ASKED, "model": "b", "user": "me"})


def test_a_parameter_that_the_model_sees_makes_another_request() -> None:
    assert key(ASKED) != key({**ASKED, "temperature": 0.5})


def test_an_unknown_request_is_kept_once_and_fails(tmp_path: Path) -> None:
    replies = Replies(tmp_path / "known.jsonl", tmp_path / "missing.jsonl")
    assert [replies.answer(ASKED)[0] for _ in range(2)] == [400, 400]
    (line,) = (tmp_path / "missing.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["body"] == ASKED


def test_a_known_request_gets_its_reply_under_the_name_that_was_asked_for(tmp_path: Path) -> None:
    reply = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    line = json.dumps({"key": key(ASKED), "reply": reply})
    (tmp_path / "known.jsonl").write_text(line, encoding="utf-8")
    replies = Replies(tmp_path / "known.jsonl", tmp_path / "missing.jsonl")
    assert replies.answer(ASKED) == (200, reply | {"model": "a"})
    assert replies.stats["prompt_tokens"] == 5


def test_a_made_up_reply_has_the_form_that_is_asked_for() -> None:
    verdict = {"type": "string", "enum": ["met", "missed"]}
    quotes = {"type": "array", "items": {"type": "string"}}
    schema = {"type": "object", "properties": {"verdict": verdict, "quotes": quotes}}
    form = {"type": "json_schema", "json_schema": {"schema": schema}}
    content = made_up({**ASKED, "response_format": form})["choices"][0]["message"]["content"]
    assert json.loads(content) == {"verdict": "missed", "quotes": []}

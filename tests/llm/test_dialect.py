"""A server that refuses a part of the request is asked for the same in another way, once told."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from grader.judge.items import object_schema, reply_schema
from grader.llm.endpoint import Endpoint
from grader.llm.request import Reply, Request
from grader.record import Cause
from grader.rubric.format import Rubric
from tests.support.fakes import completion

FORM = {"type": "json_schema", "json_schema": {"name": "j", "schema": object_schema({"a": {}})}}
BODY = {"messages": [{"role": "user", "content": "hi"}], "response_format": FORM}


class Picky:
    """A server that refuses every request with one of its *parts*."""

    def __init__(self, status: int, **parts: str) -> None:
        self.status, self.parts = status, parts
        self.seen: list[dict[str, Any]] = []
        self.told: list[str] = []

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        self.seen.append(body)
        for name, words in self.parts.items():
            if name in body:
                return httpx2.Response(self.status, json={"error": {"message": words}})
        return httpx2.Response(200, text=completion("{}"))

    def ask(self, times: int = 1, *, together: bool = False, **body: Any) -> list[Reply]:
        async def sleep(_: float) -> None:
            """At once."""

        async def send() -> list[Reply]:
            transport = httpx2.MockTransport(self.handle)
            endpoint = Endpoint(
                "m", "http://stub/v1", sleep=sleep, transport=transport, tell=self.told.append
            )
            try:
                request = Request(endpoint.endpoint, "m", {**BODY, **body})
                if together:
                    return await asyncio.gather(*(endpoint.send(request) for _ in range(times)))
                return [await endpoint.send(request) for _ in range(times)]
            finally:
                await endpoint.close()

        return asyncio.run(send())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported"),
        (422, "extra fields not permitted: response_format"),
        (400, "This model does not support structured outputs"),
        (400, "'response_format.type' must be 'json_object' or 'text'"),
    ],
)
def test_a_server_that_refuses_the_schema_is_asked_for_it_in_words(status: int, words: str) -> None:
    server = Picky(status, response_format=words)
    replies = server.ask(times=3)
    assert [reply.cause for reply in replies] == [None] * 3
    assert len(server.seen) == 4, "what is refused is not sent again"
    assert '"additionalProperties": false' in server.seen[-1]["messages"][-1]["content"]
    assert len(server.told) == 1
    assert "http://stub/v1" in server.told[0]


def test_a_server_that_knows_the_limit_by_another_name_is_asked_by_it() -> None:
    server = Picky(400, max_tokens="Unsupported parameter: 'max_tokens' is not supported")
    assert server.ask(max_tokens=7)[0].cause is None
    assert server.seen[-1]["max_completion_tokens"] == 7
    assert "response_format" in server.seen[-1]
    assert len(server.told) == 1


def test_a_server_that_refuses_both_is_asked_without_either() -> None:
    server = Picky(422, response_format="no json_schema", max_tokens="unknown field: max_tokens")
    assert server.ask(max_tokens=7)[0].cause is None
    assert len(server.told) == 2


@pytest.mark.parametrize("status", [400, 422, 500])
def test_another_refusal_is_no_reason_to_leave_the_schema_out(status: int) -> None:
    server = Picky(status, messages="Unknown parameter: top_q")
    assert server.ask()[0].cause == Cause.HTTP_ERROR
    assert all("response_format" in body for body in server.seen)
    assert server.told == []


def test_a_rubric_without_misconceptions_sends_no_empty_object(bank_conflict: Rubric) -> None:
    bare = bank_conflict.model_copy(update={"misconceptions": ()})
    assert '"properties": {}' not in json.dumps(reply_schema(bare))
    assert "misconceptions" not in reply_schema(bare)["properties"]
    assert "misconceptions" in reply_schema(bank_conflict)["properties"]


def test_requests_that_were_under_way_when_the_first_was_refused_are_mended_too() -> None:
    server = Picky(400, response_format="response_format is not supported")
    replies = server.ask(times=8, together=True)
    assert [reply.cause for reply in replies] == [None] * 8
    assert len(server.told) == 1

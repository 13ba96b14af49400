"""Every way in which a call to an endpoint can end is told apart."""

import asyncio
import json
from collections.abc import Callable

import httpx2
import pytest

from grader.errors import ModelFailed
from grader.judge.prompts import WORDS
from grader.llm.endpoint import ATTEMPTS, Endpoint
from grader.llm.request import Reply, Request, Unusable, read, usage
from grader.record import Cause
from tests.support.fakes import completed, completion
from tests.support.stub import running

KEY = "sk-very-secret"
Handler = Callable[[httpx2.Request], httpx2.Response]


def send(handler: Handler, waits: list[float] | None = None, **body: object) -> Reply:
    async def sleep(seconds: float) -> None:
        (waits if waits is not None else []).append(seconds)

    async def run() -> Reply:
        endpoint = Endpoint(
            "m",
            "http://stub/v1/",
            KEY,
            sleep=sleep,
            transport=httpx2.MockTransport(handler),
        )
        try:
            request = Request(
                endpoint.endpoint, "m", {"messages": [{"role": "user", "content": "hi"}], **body}
            )
            return await endpoint.send(request)
        finally:
            await endpoint.close()

    return asyncio.run(run())


def replying(status: int, body: object, headers: dict[str, str] | None = None) -> Handler:
    def handler(_: httpx2.Request) -> httpx2.Response:
        if isinstance(body, str):
            return httpx2.Response(status, text=body, headers=headers)
        return httpx2.Response(status, json=body, headers=headers)

    return handler


def error(code: str, message: str = "no") -> dict[str, object]:
    return {"error": {"code": code, "message": message, "type": code}}


def test_a_good_reply_is_kept_raw_with_its_request_id() -> None:
    body = completion("hello")
    reply = send(replying(200, body, {"x-request-id": "r1", "content-type": "application/json"}))
    assert reply.body == body
    assert reply.request_id == "r1"
    assert read(reply).text == "hello"
    assert usage(reply).input_tokens == 100
    assert usage(reply).cached_tokens == 40


def test_the_request_carries_only_what_was_set() -> None:
    seen: list[dict[str, object]] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(json.loads(request.content))
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert str(request.url) == "http://stub/v1/chat/completions"
        return httpx2.Response(200, json=json.loads(completion("x")))

    send(handler)
    assert seen[0].keys() == {"model", "messages"}


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (completion(None, refusal="I will not"), Cause.REFUSED),
        (completion("half", finish_reason="length"), Cause.CUT_OFF),
        (completion("", finish_reason="content_filter"), Cause.FILTERED),
        (completion(""), Cause.NOT_JSON),
        ('{"choices": []}', Cause.WRONG_SHAPE),
        ('{"hello": 1}', Cause.WRONG_SHAPE),
        ('{"choices": [', Cause.WRONG_SHAPE),
        ("<html>proxy</html>", Cause.WRONG_SHAPE),
    ],
)
def test_a_reply_that_cannot_be_used_says_why(body: str, cause: Cause) -> None:
    reply = send(replying(200, body))
    with pytest.raises(Unusable) as unusable:
        _ = read(reply).text
    assert unusable.value.cause == cause


def test_a_timeout_is_told_and_not_repeated_because_it_may_have_been_paid() -> None:
    calls = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        calls.append(1)
        raise httpx2.ReadTimeout("slow", request=request)

    assert send(handler).cause == Cause.TIMEOUT
    assert len(calls) == 1


def test_a_dead_host_is_tried_a_few_times_and_named() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused", request=request)

    reply = send(handler)
    assert reply.cause == Cause.HTTP_ERROR
    assert "http://stub/v1" in reply.detail


def test_a_rate_limit_is_waited_out_as_long_as_the_endpoint_asks() -> None:
    waits: list[float] = []
    replies = [
        httpx2.Response(429, json=error("rate_limit_exceeded"), headers={"retry-after": "7"}),
        httpx2.Response(429, json=error("slow_down"), headers={"retry-after-ms": "250"}),
        httpx2.Response(200, json=json.loads(completion("ok"))),
    ]
    reply = send(lambda _: replies.pop(0), waits)
    assert reply.cause is None
    assert waits == [7.0, 0.25]


@pytest.mark.parametrize(
    "problem", [{"code": 429}, {"code": "429"}, {"type": "rate_limit_error"}, {"status": 429}]
)
def test_a_rate_limit_that_comes_as_a_success_is_waited_out_like_any_other(
    problem: dict[str, object],
) -> None:
    waits: list[float] = []
    limited = {"error": {"message": "slow down", **problem}}
    replies = [
        httpx2.Response(200, json=limited, headers={"retry-after": "3"}),
        httpx2.Response(200, json=json.loads(completion("ok"))),
    ]
    assert send(lambda _: replies.pop(0), waits).cause is None
    assert waits == [3.0]


def test_a_rate_limit_that_comes_as_a_success_slows_the_pace_down() -> None:
    put_off: list[float] = []

    class Slowed:
        def refused(self, wait_s: float) -> None:
            put_off.append(wait_s)

        def accepted(self) -> None: ...

        def remaining(self, wait_s: float) -> None: ...

    async def run() -> Reply:
        limited = httpx2.Response(200, json={"error": {"code": 429}}, headers={"retry-after": "2"})
        replies = [limited, httpx2.Response(200, text=completion("ok"))]
        transport = httpx2.MockTransport(lambda _: replies.pop(0))
        slept = asyncio.sleep(0)
        endpoint = Endpoint("m", "http://stub/v1", KEY, sleep=lambda _: slept, transport=transport)
        endpoint.throttle = Slowed()
        reply = await endpoint.send(
            Request(endpoint.endpoint, "m", {"messages": [{"content": ""}]})
        )
        await endpoint.close()
        return reply

    assert asyncio.run(run()).cause is None
    assert put_off == [2.0]


def test_a_rate_limit_that_never_ends_is_no_paid_reply_and_keeps_the_providers_words() -> None:
    reply = send(replying(200, {"error": {"code": 429, "message": "too many for this model"}}))
    assert reply.cause == Cause.HTTP_ERROR
    assert not reply.body
    assert "HTTP 429: too many for this model" in reply.detail


def test_a_quota_that_is_gone_stops_the_run_also_where_it_comes_as_a_success() -> None:
    gone = {"error": {"code": 429, "type": "insufficient_quota", "message": "no credit"}}
    with pytest.raises(ModelFailed, match="quota"):
        send(replying(200, gone))


def test_an_answer_that_speaks_of_rate_limits_is_no_rate_limit() -> None:
    body = json.loads(completion('{"error": {"code": 429}}'))
    assert send(replying(200, body)).cause is None


def test_a_wait_is_never_longer_than_a_minute_and_attempts_are_bounded() -> None:
    waits: list[float] = []
    reply = send(replying(429, error("busy"), {"retry-after": "86400"}), waits)
    assert reply.cause == Cause.HTTP_ERROR
    assert waits == [60.0] * (ATTEMPTS - 1)


def test_a_server_error_is_tried_again() -> None:
    replies = [httpx2.Response(503, text="busy"), httpx2.Response(200, text=completion("ok"))]
    assert send(lambda _: replies.pop(0)).cause is None


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (429, "insufficient_quota", "quota"),
        (401, "invalid_api_key", "OPENAI_API_KEY"),
        (403, "forbidden", "OPENAI_API_KEY"),
        (404, "model_not_found", "--model"),
    ],
)
def test_what_no_retry_can_mend_stops_at_once_with_the_way_out(
    status: int, code: str, words: str
) -> None:
    waits: list[float] = []
    with pytest.raises(ModelFailed, match=words) as failed:
        send(replying(status, error(code, f"bad key {KEY}")), waits)
    assert not waits
    assert KEY not in str(failed.value)


def test_a_prompt_too_long_is_its_own_cause() -> None:
    assert send(replying(400, error("context_length_exceeded"))).cause == Cause.TOO_LONG


@pytest.mark.parametrize("body", ["", "oops", "[]", '"x"', '{"error": "words"}', '{"error": null}'])
def test_an_error_of_any_shape_gives_one_line(body: str) -> None:
    reply = send(replying(400, body, {"content-type": "application/json"}))
    assert reply.cause == Cause.HTTP_ERROR
    assert "\n" not in reply.detail


@pytest.mark.parametrize(
    "words",
    [f"bad key {KEY}", "bad key sk-ve****cret", "key ends in cret", "key starts with sk-very"],
)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 422])
def test_no_piece_of_the_key_is_told_or_kept(status: int, words: str) -> None:
    if status in (401, 403):
        with pytest.raises(ModelFailed) as failed:
            send(replying(status, error("invalid_api_key", words)))
        told = str(failed.value)
    else:
        reply = send(replying(status, error("invalid_request", words)))
        with pytest.raises(Unusable) as unusable:
            read(reply)
        told = unusable.value.detail + (reply.body if KEY in words else "")
        assert told
    if status != 200 or KEY in words or "*" in words:
        assert "cret" not in told
        assert "sk-ve" not in told


def test_the_key_is_in_no_representation() -> None:
    assert KEY not in repr(Endpoint("m", "http://stub/v1", KEY))


@pytest.mark.parametrize(
    ("body", "path"),
    [({"prompt": "Claim:"}, "/v1/completions"), ({}, "/v1/chat/completions")],
)
def test_a_prompt_and_a_chat_go_each_to_its_own_address(body: dict[str, str], path: str) -> None:
    asked: list[str] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        return httpx2.Response(
            200, text=completed("Yes [2", {"Yes": -0.1}, {" [": 0.0}, {"2": 0.0})
        )

    found = read(send(handler, None, **body))
    assert asked == [path]
    assert found.written == "Yes [2"
    assert [token.token for token in found.tokens] == ["Yes", " [", "2"]


def test_a_stub_completes_a_prompt_as_the_embedded_judge_does() -> None:
    async def ask(url: str, prompt: str) -> Reply:
        endpoint = Endpoint("m", url)
        try:
            return await endpoint.send(Request(url, "m", {"prompt": prompt, "logprobs": 20}))
        finally:
            await endpoint.close()

    with running() as (stub, url):
        whole = read(asyncio.run(ask(url, "Question: q\n\nAnswer:\n[1] a\n\nClaim: c\n\n")))
        number = read(asyncio.run(ask(url, "Question: q\n\nAnswer:\n[1] a\n\nClaim: c\n\nYes [")))
        assert stub.stats.replied == 2
    assert {top.token for top in whole.first_token.top_logprobs} == set(WORDS.values())
    assert whole.written.endswith(" [1")
    assert number.written == "1"

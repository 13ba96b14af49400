"""Any endpoint that speaks the chat completions format. The one module that imports openai."""

import asyncio
import gc
import json
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from grader.errors import ModelFailed, Unclear
from grader.llm import address, network
from grader.llm.completion import is_put_off, reason
from grader.llm.dialect import REFUSING, TOLD, Dialect
from grader.llm.request import TOO_LONG, Reply, Request
from grader.record import Cause
from grader.text.safe import one_line, without_key

if TYPE_CHECKING:
    import httpx2
    from openai import APIConnectionError, APIStatusError, AsyncOpenAI
    from openai._types import RequestOptions
    from openai.types import Batch

    Client = AsyncOpenAI
    BatchJob = Batch

T = TypeVar("T")

TIMEOUT_S = 120.0
ATTEMPTS = 10
_LONGEST_WAIT_S = 60.0
_LONGEST_DETAIL = 300
_SHORTEST_KEY = 8
"""Anything shorter is no key but a word such as ``none``."""
# What the SDK would try again, but of its 5xx only those that pass
_TRANSIENT = {408, 409, 429, 500, 502, 503, 504}
_DURATION = re.compile(r"(\d{1,9}(\.\d{1,9})?(ms|[hms]?))+")
_LIMITED = ("requests", "tokens")
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# No header is made of it, and the SDK would make one up for every request.
_UNNAMED: "RequestOptions" = {"idempotency_key": "-"}
_QUOTA_GONE = {"insufficient_quota", "billing_hard_limit_reached"}
_MODERATED = re.compile(
    r"moderat|flagged|content[ _-]?(filter|policy|management)|safety|harmful|violat|guardrail",
    re.IGNORECASE,
)
_KEY_PROBLEM = re.compile(r"api[ _-]?key|token|credential|unauthori|permission", re.IGNORECASE)


class Throttle(Protocol):
    """Is told how the endpoint copes, so that a batch can send fewer requests at once."""

    def refused(self, wait_s: float) -> None:
        """A request was put off (HTTP 429 or a passing fault) for *wait_s* seconds."""

    def accepted(self) -> None:
        """A request was answered."""

    def remaining(self, wait_s: float) -> None:
        """A reply said that nothing may be sent for *wait_s* seconds; 0 where it may."""


@dataclass
class Endpoint:
    """A model behind an OpenAI-compatible endpoint.

    Attributes:
        name: the model asked for.
        base_url: the endpoint, without a trailing slash.
        api_key: sent as the bearer token; never stored, shown or logged.
        sleep: how to wait between attempts, in seconds.
        transport: stands in for the network in tests.
        tell: is told, once each, what the endpoint does not take of a request.
    """

    name: str
    base_url: str = address.OPENAI
    api_key: str = field(default="", repr=False)
    slots: int = 8
    timeout_s: float = TIMEOUT_S
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    transport: "httpx2.AsyncBaseTransport | None" = None
    throttle: Throttle | None = None
    tell: Callable[[str], None] = lambda _: None
    _dialect: Dialect = field(default_factory=Dialect, repr=False)

    @property
    def endpoint(self) -> str:
        """The base URL: what the ledger knows the endpoint by."""
        return self.base_url.rstrip("/")

    async def _carry_key(self, request: "httpx2.Request") -> None:
        """Sends the key in the header where it is looked for: beside a bearer token that is none,
        Azure does not look at it."""
        del request.headers["authorization"]
        request.headers["api-key"] = self.api_key

    @cached_property
    def _client(self) -> "AsyncOpenAI":
        # Made at the first request that the ledger cannot serve: importing openai takes longer
        # than everything else of a grade that costs nothing.
        import httpx2
        from openai import AsyncOpenAI

        # What the imports made stays: the collector need not look through it again and again.
        gc.freeze()
        http_client = network.http_client(self.timeout_s, self.transport)
        if self.api_key and address.wants_api_key_header(self.endpoint):
            http_client.event_hooks = {"request": [self._carry_key]}
        parts = urlsplit(self.endpoint)
        try:
            return AsyncOpenAI(
                api_key=self.api_key or "none",
                base_url=urlunsplit(parts._replace(query="")),
                default_query=dict(parse_qsl(parts.query)),
                max_retries=0,  # the SDK retries a quota that is gone, and is silent on its waits
                timeout=http_client.timeout,
                http_client=http_client,
            )
        except httpx2.InvalidURL as error:
            raise ModelFailed(f"--base-url {self.endpoint}: no address: {error}") from None

    async def send(self, request: Request) -> Reply:
        """Sends the request, waiting and trying again where the endpoint asks for it.

        Raises:
            ModelFailed: no key, no quota, no such model or address.
        """
        for attempt in range(ATTEMPTS):
            reply, wait_s = await self._once(request, attempt)
            if wait_s is None or attempt == ATTEMPTS - 1:
                break
            if self.throttle:
                self.throttle.refused(wait_s)
            await self.sleep(wait_s)
        if self.throttle and reply.cause is None:
            self.throttle.accepted()
        return reply

    async def _once(self, request: Request, attempt: int) -> tuple[Reply, float | None]:
        """One attempt: the reply, and how long to wait if it should be tried again."""
        import httpx2
        from openai import APIConnectionError, APIStatusError

        sent = self._dialect.payload(request)
        try:
            # A server may keep a connection awake with blanks: the limit is on the whole reply.
            async with asyncio.timeout(network.CONNECT_S + self.timeout_s):
                # The generic call: it sends the very bytes that the ledger's key is the digest
                # of, and spares the SDK's pass over the body against its types.
                response = await self._client.post(
                    request.path,
                    content=sent,
                    cast_to=httpx2.Response,
                    options=_UNNAMED,
                )
        except TimeoutError:
            # Not tried again: what came too late may have been paid for
            return self._late(), None
        except APIConnectionError as error:
            if isinstance(error.__cause__, httpx2.ReadTimeout | httpx2.WriteTimeout):
                return self._late(), None
            detail = self._masked(f"cannot reach {self.endpoint}: {_why(error)}")
            # Who is not there stays away: three attempts more, not all of them
            return Reply(cause=Cause.HTTP_ERROR, detail=detail), (
                _backoff(attempt) if attempt < 3 else None
            )
        except APIStatusError as error:
            return self._refused(request, sent, error, attempt)
        except UnicodeEncodeError:
            raise ModelFailed(
                "OPENAI_API_KEY holds characters that no key has; set it anew"
            ) from None
        if self.throttle:
            self.throttle.remaining(_spent(response.headers))
        body = response.text
        if len(self.api_key) >= _SHORTEST_KEY and self.api_key in body:
            body = body.replace(self.api_key, "***")  # the ledger keeps bodies, and no key
        if not body.lstrip(" \t\r\n\ufeff").startswith("{"):
            detail = f"{self.endpoint} replied with something that is not JSON"
            return Reply(body=body, cause=Cause.WRONG_SHAPE, detail=detail), None
        if is_put_off(body):
            return self._put_off(request, body, response.headers, attempt)
        return Reply(body=body, request_id=response.headers.get("x-request-id")), None

    def _put_off(
        self, request: Request, body: str, headers: "httpx2.Headers", attempt: int
    ) -> tuple[Reply, float | None]:
        """A rate limit that came with status 200, treated as the status it should have had."""
        problem = _problem(json.loads(body.removeprefix("\ufeff")))
        self._stop_if_hopeless(request, 429, problem)
        reply = Reply(cause=Cause.HTTP_ERROR, detail=self._said(429, problem))
        return reply, _retry_after(headers) or _backoff(attempt)

    def _late(self) -> Reply:
        detail = (
            f"no reply within {self.timeout_s:g} s; it may have been paid for;"
            " give it longer with --timeout SECONDS"
        )
        return Reply(cause=Cause.TIMEOUT, detail=detail)

    def _refused(
        self, request: Request, sent: bytes, error: "APIStatusError", attempt: int
    ) -> tuple[Reply, float | None]:
        status, problem = error.status_code, _problem(error.body)
        for part in self._dialect.learn(request, status, f"{problem.code} {problem.message}"):
            self.tell(f"{self.endpoint} {TOLD[part]}")
        # Also where another request learnt it while this one was under way
        if status in REFUSING and self._dialect.differs(request, sent):
            return Reply(cause=Cause.HTTP_ERROR, detail=self._said(status, problem)), 0.0
        # Before the key is blamed: a 403 may be about this one text
        if problem.is_moderation(status):
            return Reply(cause=Cause.FILTERED, detail=self._said(status, problem)), None
        self._stop_if_hopeless(request, status, problem)
        cause = Cause.TOO_LONG if problem.code in TOO_LONG else Cause.HTTP_ERROR
        wait = None
        if status in _TRANSIENT:
            wait = _retry_after(error.response.headers) or _backoff(attempt)
        return Reply(cause=cause, detail=self._said(status, problem)), wait

    def _said(self, status: int, problem: "_Problem") -> str:
        """The provider's own words on a refusal, with no key in them."""
        return self._masked(f"{self.endpoint} replied HTTP {status}: {problem.message}")

    def _masked(self, text: str) -> str:
        return one_line(without_key(text, self.api_key), _LONGEST_DETAIL)

    def _stop_if_hopeless(self, request: Request, status: int, problem: "_Problem") -> None:
        where, words = self.endpoint, self._masked(problem.message)
        if problem.code in _QUOTA_GONE or status == 402:
            raise ModelFailed(
                f"{where}: the quota of this key is used up; add credit or a key ({words})"
            )
        if status in {401, 403}:
            raise ModelFailed(
                f"{where} refused the key (HTTP {status}); set OPENAI_API_KEY,"
                f" or use --model local, which needs none ({words})"
            )
        if status == 404:
            raise ModelFailed(
                f"{where} knows no model {request.model!r} (HTTP 404);"
                f" check --model and --base-url (it usually ends in /v1) ({words})"
            )

    async def call(
        self, work: "Callable[[AsyncOpenAI], Awaitable[T]]", attempts: int = ATTEMPTS
    ) -> T:
        """Returns what *work* gives with the client, tried again where the endpoint asks for it.

        Raises:
            Unclear: the last attempt may or may not have been carried out.
            ModelFailed: the endpoint refused.
        """
        from openai import APIConnectionError, APIStatusError

        for attempt in range(attempts):
            try:
                return await work(self._client)
            except APIConnectionError as error:
                detail, wait = f"cannot reach {self.endpoint}: {_why(error)}", None
            except APIStatusError as error:
                detail, wait = self._declined(error)
            if attempt < attempts - 1:
                await self.sleep(_backoff(attempt) if wait is None else wait)
        raise Unclear(one_line(detail, _LONGEST_DETAIL))

    def _declined(self, error: "APIStatusError") -> tuple[str, float | None]:
        """What a passing fault says, and how long it asks to wait."""
        status, problem = error.status_code, _problem(error.body)
        detail = self._said(status, problem)
        if status in {401, 402, 403} or problem.code in _QUOTA_GONE:
            self._stop_if_hopeless(Request(self.endpoint, self.name, {}), status, problem)
        if status not in _TRANSIENT:
            raise ModelFailed(detail) from None
        return detail, _retry_after(error.response.headers)

    async def close(self) -> None:
        """Closes the connections, if any were opened."""
        # Asked for by name it would be made, only to be closed
        if "_client" in self.__dict__:
            await self._client.close()


def _why(error: "APIConnectionError") -> str:
    """The words of whatever lies under an error without a reply: its own say nothing."""
    under = error.__cause__
    if isinstance(under, TimeoutError) or type(under).__name__ in {"ConnectTimeout", "PoolTimeout"}:
        return f"no connection within {network.CONNECT_S:g} s; nothing was paid for"
    return str(under) or type(under).__name__ if under else str(error)


@dataclass(frozen=True)
class _Problem:
    """What an endpoint says of a request that it refused."""

    code: str
    message: str
    moderated: bool = False

    def is_moderation(self, status: int) -> bool:
        """Whether this one text was refused for what it says, not the key and not the form."""
        if self.moderated:
            return status in {400, 403, 422, 451}
        flagged = _MODERATED.search(f"{self.code} {self.message}")
        # Refusals of a key speak of policies too
        return status == 403 and bool(flagged) and not _KEY_PROBLEM.search(self.message)


def _problem(body: object) -> _Problem:
    """The error object of a reply, whatever shape it came in."""
    inner: Any = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(inner, dict):
        return _Problem("", reason(body))
    code = str(inner.get("code") or "")
    kind = str(inner.get("type") or "")
    known = TOO_LONG | _QUOTA_GONE
    metadata = inner.get("metadata")
    marks = metadata if isinstance(metadata, dict) else {}
    moderated = bool(
        _MODERATED.search(f"{code} {kind}") or "flagged_input" in marks or marks.get("reasons")
    )
    # Some servers put into the type what others put into the code
    return _Problem(kind if kind in known else code, reason(body), moderated)


def _retry_after(headers: "httpx2.Headers") -> float | None:
    """Seconds that the endpoint asks to wait, at most a minute; None if it does not say."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return min(max(float(headers[name]) / scale, 0.0), _LONGEST_WAIT_S)
        except (KeyError, ValueError):
            continue
    return None


def _spent(headers: "httpx2.Headers") -> float:
    """Seconds until the endpoint takes another request; 0 unless it says that none is left."""
    gone = (k for k in _LIMITED if headers.get(f"x-ratelimit-remaining-{k}") == "0")
    return max((_duration(headers.get(f"x-ratelimit-reset-{k}", "")) for k in gone), default=0.0)


def _duration(text: str) -> float:
    """Seconds in a duration such as ``6m0s``, ``1.5s``, ``20ms`` or ``3``, at most a minute."""
    if not _DURATION.fullmatch(text):
        return 0.0
    parts = re.findall(r"([\d.]+)(ms|[hms]?)", text)
    return min(sum(float(number) * _SECONDS[unit] for number, unit in parts), _LONGEST_WAIT_S)


def _backoff(attempt: int) -> float:
    # As the SDK waits: from half a second to 8, up to a quarter less by chance
    return float(min(0.5 * 2**attempt, 8.0) * random.uniform(0.75, 1.0))  # noqa: S311 - jitter

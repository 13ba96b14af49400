"""A request to a model and the reply to it, as plain values that the ledger can keep."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.record import Cause, Usage

_KEY_VERSION = 2


def said(body: dict[str, Any]) -> str:
    """Returns all text of a request: its prompt, or its messages one after the other."""
    if "prompt" in body:
        return str(body["prompt"])
    return "".join(str(message["content"]) for message in body["messages"])


def content_digest(endpoint: str, payload: bytes) -> str:
    """Digest of a request without its sample number, in hexadecimal digits."""
    start = f"{_KEY_VERSION}\0{endpoint}\0".encode()
    return hashlib.sha256(start + payload).hexdigest()


def key_digest(content: str, sample: int) -> str:
    """The ledger's key of the reply number *sample* to that content."""
    return hashlib.sha256(f"{content}:{sample}".encode()).hexdigest()


@dataclass(frozen=True)
class Request:
    """Everything that decides what a model replies.

    Attributes:
        endpoint: a lasting name of where it goes: the base URL, or ``local:<weights digest>``.
        model: the model's name as asked for.
        body: the body of a chat completion but for the model: messages, response_format, ...; or
            that of a completion: prompt, max_tokens, ...
        sample: 0 for the first reply to this body, 1 for a second one asked on purpose, ...
    """

    endpoint: str
    model: str
    body: dict[str, Any] = field(hash=False)
    sample: int = 0

    @cached_property
    def payload(self) -> bytes:
        """The JSON that is sent, the digest is made of, and the ledger keeps.

        The order of names inside a schema stays: a model writes its reply in that order.
        """
        body = {"model": self.model, **dict(sorted(self.body.items()))}
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")

    @property
    def beginning(self) -> str:
        """What requests with the same rubric, or on the same answer, begin with."""
        if "prompt" in self.body:
            return str(self.body["prompt"]).partition("\n\nClaim: ")[0]
        return str(self.body["messages"][0]["content"])

    @cached_property
    def content(self) -> str:
        """Digest of the request without its sample number."""
        return content_digest(self.endpoint, self.payload)

    @cached_property
    def key(self) -> str:
        """The ledger's key: 64 hexadecimal digits."""
        return key_digest(self.content, self.sample)


@dataclass(frozen=True)
class Reply:
    """What came back, before anything is made of it.

    Attributes:
        body: the raw text of a paid (HTTP 200) reply; empty when there was none.
        cause: why there is no reply, or None.
        detail: one line on the cause, safe to show.
        from_ledger: the reply was paid for earlier.
    """

    body: str = ""
    cause: Cause | None = None
    detail: str = ""
    request_id: str | None = None
    from_ledger: bool = False

    @cached_property
    def completion(self) -> "Completion | None":
        """The completion that the body is, or None."""
        try:
            return Completion.model_validate_json(self.body)
        except ValidationError:
            return None


class Model(Protocol):
    """Where requests go: an endpoint, or the embedded model."""

    @property
    def endpoint(self) -> str:
        """A lasting name for the ledger's key."""

    @property
    def name(self) -> str:
        """The model's name as asked for."""

    @property
    def slots(self) -> int:
        """How many requests it answers at once, at least 1."""

    async def send(self, request: Request) -> Reply:
        """Asks once. Raises ModelFailed when no request can succeed."""

    async def close(self) -> None:
        """Frees what was opened."""


Ask = Callable[[dict[str, Any]], Awaitable[Reply]]
"""Takes the body of a chat completion and gives its reply, paid for or from the ledger."""


class Replies(Protocol):
    """What a judge asks through: a model, the ledger before it, or what stands for both."""

    def sample(self, number: int) -> Ask:
        """Returns what gives reply *number* to a body, 0 the first."""


class Unusable(Exception):
    """A reply from which nothing can be read."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(detail or cause.value)
        self.cause = cause


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class TopToken(_Lenient):
    """A token that the model considered, with its log-probability (natural logarithm)."""

    token: str
    logprob: float


class Token(TopToken):
    """A generated token and its alternatives."""

    top_logprobs: tuple[TopToken, ...] = ()


class _Logprobs(_Lenient):
    content: tuple[Token, ...] | None = None


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message = _Message()
    text: str | None = None
    """What was written where a prompt was completed, not a chat."""
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Details(_Lenient):
    cached_tokens: int | None = None


class _Usage(_Lenient):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class Completion(_Lenient):
    """The parts of a chat completion that are read."""

    choices: tuple[_Choice, ...]
    model: str | None = None
    usage: _Usage | None = None

    @property
    def text(self) -> str:
        """What the model wrote.

        Raises:
            Unusable: it refused, was filtered, or was cut off.
        """
        choice = self.choices[0]
        if choice.message.refusal:
            raise Unusable(Cause.REFUSED, choice.message.refusal)
        if choice.finish_reason == "content_filter":
            raise Unusable(Cause.FILTERED)
        if choice.finish_reason == "length":
            raise Unusable(Cause.CUT_OFF)
        if not choice.message.content:
            raise Unusable(Cause.NOT_JSON, "the reply is empty")
        return choice.message.content

    @property
    def written(self) -> str:
        """What the model wrote, cut off or not; empty if it wrote nothing."""
        return self.choices[0].message.content or self.choices[0].text or ""

    @property
    def first_token(self) -> Token:
        """The first generated token with its alternatives. Raises Unusable as :attr:`tokens`."""
        return self.tokens[0]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The generated tokens, at least one, with their alternatives.

        Raises:
            Unusable: refused, filtered, or no log-probabilities were returned.
        """
        choice = self.choices[0]
        if choice.message.refusal:
            raise Unusable(Cause.REFUSED, choice.message.refusal)
        if choice.finish_reason == "content_filter":
            raise Unusable(Cause.FILTERED)
        if choice.logprobs is None or not choice.logprobs.content:
            raise Unusable(Cause.NO_LOGPROBS)
        return choice.logprobs.content


def read(reply: Reply) -> Completion:
    """The completion in a reply.

    Raises:
        Unusable: there was no reply, or its body is not a chat completion.
    """
    if reply.cause is not None:
        raise Unusable(reply.cause, reply.detail)
    completion = reply.completion
    if completion is None:
        raise Unusable(Cause.WRONG_SHAPE, "the body is not a chat completion")
    if not completion.choices:
        raise Unusable(Cause.WRONG_SHAPE, "the body has no choices")
    return completion


def usage(reply: Reply) -> Usage:
    """Tokens of a reply; the cost is added where a price is known."""
    try:
        used = read(reply).usage or _Usage()
    except Unusable:
        used = _Usage()
    details = used.prompt_tokens_details or _Details()
    return Usage(
        input_tokens=max(used.prompt_tokens, 0),
        cached_tokens=max(details.cached_tokens or 0, 0),
        output_tokens=max(used.completion_tokens, 0),
        calls=1,
        from_ledger=reply.from_ledger,
    )

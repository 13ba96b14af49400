"""A request to a model and the reply to it, as plain values that the ledger can keep."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from grader.llm.completion import Completion, Token, TopToken, Unusable, Used, completion_in
from grader.record import Cause, Usage

__all__ = [
    "Ask",
    "Completion",
    "Model",
    "Reply",
    "Request",
    "Token",
    "TopToken",
    "Unusable",
    "content_digest",
    "is_worth_asking_again",
    "key_digest",
    "read",
    "said",
    "usage",
]

# Part of every key: replies kept under keys of another making are never met
_KEY_VERSION = 2
TOO_LONG = {"context_length_exceeded", "exceed_context_size_error"}
"""Codes by which an endpoint, or a batch, says that an answer does not fit the model."""


def said(body: dict[str, Any]) -> str:
    """Returns all text of a request: its prompt, or its messages one after the other."""
    if "prompt" in body:
        return str(body["prompt"])
    return "".join(str(message["content"]) for message in body["messages"])


def content_digest(endpoint: str, payload: bytes) -> str:
    """Returns the digest of a request without its sample number, in hexadecimal digits."""
    start = f"{_KEY_VERSION}\0{endpoint}\0".encode()
    return hashlib.sha256(start + payload).hexdigest()


def key_digest(content: str, sample: int) -> str:
    """Returns the ledger's key of the reply number *sample* to that content."""
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
    # A dict has no hash; to compare it is enough
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
    def path(self) -> str:
        """Where it goes, behind the endpoint's address."""
        return "/completions" if "prompt" in self.body else "/chat/completions"

    @property
    def beginning(self) -> str:
        """What requests with the same rubric, or on the same answer, begin with."""
        if "prompt" in self.body:
            # The claim stands behind the answer: see prompts/trained-claim.md.
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
    def completion(self) -> Completion | Unusable:
        """The completion that the body is, or why it is none."""
        try:
            return completion_in(self.body)
        except Unusable as unusable:
            return unusable


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


def read(reply: Reply) -> Completion:
    """Returns the completion in a reply.

    Raises:
        Unusable: there was no reply, or its body is not a chat completion.
    """
    if reply.cause is not None:
        raise Unusable(reply.cause, reply.detail)
    completion = reply.completion
    if isinstance(completion, Unusable):
        raise Unusable(completion.cause, completion.detail)
    if not completion.choices:
        raise Unusable(Cause.WRONG_SHAPE, "the body has no choices")
    return completion


def is_worth_asking_again(reply: Reply) -> bool:
    """Returns whether a paid reply holds nothing that was judged: a second request may mend it."""
    completion = reply.completion
    return isinstance(completion, Unusable) or not completion.says_something


def usage(reply: Reply) -> Usage:
    """Returns the tokens of a reply; the cost is added where a price is known."""
    try:
        used = read(reply).usage or Used()
    except Unusable:
        used = Used()
    return Usage(
        input_tokens=used.prompt_tokens,
        cached_tokens=used.prompt_tokens_details.cached_tokens if used.prompt_tokens_details else 0,
        output_tokens=used.completion_tokens,
        calls=1,
        from_ledger=reply.from_ledger,
    )

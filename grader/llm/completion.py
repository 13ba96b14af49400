"""The body of a reply as endpoints really send it: what is needed is read, the rest left.

A body holds what a model said (text, a refusal, a mark that it was cut off or filtered), or it
holds nothing: an error in place of a completion, no choices, an empty text, a page of a proxy.
What holds nothing may come out otherwise when it is asked again.
"""

import json
import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from grader.llm.logprobs import as_tokens, with_choices
from grader.record import Cause
from grader.text.safe import one_line, without_key

_LONGEST_DETAIL = 300
_LONGEST_ERROR = 20_000
_RATE_LIMITED = {"429", "rate_limit_exceeded", "rate_limit_error", "too_many_requests"}
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_TEXT_PARTS = {"text", "output_text", None}


class Unusable(Exception):
    """A reply from which nothing can be read.

    Attributes:
        detail: one line on the cause, safe to show; may be empty.
    """

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(detail or cause.value)
        self.cause = cause
        self.detail = one_line(detail, _LONGEST_DETAIL)


def whole_characters(value: object) -> object:
    """Returns a JSON value in which every half of a surrogate pair is a replacement character."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, dict):
        return {whole_characters(name): whole_characters(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [whole_characters(inner) for inner in value]
    return value


def may_hold_halves(text: str) -> bool:
    """Returns whether the text, or JSON in it, may hold half a surrogate pair."""
    return bool(_HALF_ESCAPED.search(text)) or (not text.isascii() and bool(_HALF.search(text)))


# What is odd in a part that can be spared must not cost a reply that was paid for
def _or_nothing(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError:
        return None


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value


def _as_count(value: object) -> int:
    whole = isinstance(value, int | float) and abs(value) < 1e15  # nor infinite, nor no number
    return max(int(value), 0) if whole else 0  # type: ignore[call-overload]


def _joined(value: object) -> str | None:
    """The text of a message's content: parts are joined, what a model thought is left out."""
    if isinstance(value, list):
        return "".join(filter(None, map(_part, value))) or None
    if isinstance(value, dict):
        return _part(value) or json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else None


def _part(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or value.get("type") not in _TEXT_PARTS:
        return None
    text = value.get("text")
    return text if isinstance(text, str) else None


_Text = Annotated[str | None, BeforeValidator(_as_text), WrapValidator(_or_nothing)]
_Count = Annotated[int, BeforeValidator(_as_count)]


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


class _Called(_Lenient):
    arguments: Annotated[str | None, BeforeValidator(_joined)] = None


class _Call(_Lenient):
    function: Annotated[_Called | None, WrapValidator(_or_nothing)] = None


class _Message(_Lenient):
    content: Annotated[str | None, BeforeValidator(_joined)] = None
    refusal: _Text = None
    reasoning: _Text = None
    reasoning_content: _Text = None
    tool_calls: Annotated[tuple[_Call, ...] | None, WrapValidator(_or_nothing)] = None
    function_call: Annotated[_Called | None, WrapValidator(_or_nothing)] = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Whatever was written, the likeliest place of a reply first."""
        calls = [call.function for call in self.tool_calls or ()]
        called = [each.arguments for each in (*calls, self.function_call) if each]
        places = (self.content, *called, self.reasoning_content, self.reasoning)
        # Listed, since a byte order mark is no white space to strip()
        return tuple(text for text in places if text and text.strip(" \t\r\n\ufeff"))


class _Choice(_Lenient):
    message: Annotated[_Message | None, WrapValidator(_or_nothing)] = None
    text: _Text = None
    """What was written where a prompt was completed, not a chat."""
    finish_reason: _Text = None
    logprobs: Annotated[
        _Logprobs | None, BeforeValidator(as_tokens), WrapValidator(_or_nothing)
    ] = None

    @property
    def said(self) -> _Message:
        """The message, an empty one where there is none."""
        return self.message or _Message()


class _Details(_Lenient):
    cached_tokens: _Count = 0


class Used(_Lenient):
    """Tokens of a reply, as far as it says."""

    prompt_tokens: _Count = 0
    completion_tokens: _Count = 0
    prompt_tokens_details: Annotated[_Details | None, WrapValidator(_or_nothing)] = None


class Completion(_Lenient):
    """The parts of a chat completion that are read."""

    choices: tuple[_Choice, ...]
    model: _Text = None
    usage: Annotated[Used | None, WrapValidator(_or_nothing)] = None

    @property
    def _choice(self) -> _Choice:
        """The first choice. Raises Unusable where there is none, or it failed or was refused."""
        if not self.choices:
            raise Unusable(Cause.WRONG_SHAPE, "the body has no choices")
        choice = self.choices[0]
        if choice.said.refusal:
            raise Unusable(Cause.REFUSED, choice.said.refusal)
        if choice.finish_reason == "content_filter":
            raise Unusable(Cause.FILTERED)
        if choice.finish_reason == "error":
            raise Unusable(Cause.HTTP_ERROR, "the endpoint says that the reply failed on its side")
        return choice

    @property
    def texts(self) -> tuple[str, ...]:
        """Every place where the model wrote something, the likeliest place of a reply first.

        Raises:
            Unusable: it refused, was filtered, was cut off, or wrote nothing.
        """
        choice = self._choice
        if choice.finish_reason == "length":
            raise Unusable(Cause.CUT_OFF)
        if not choice.said.texts:
            raise Unusable(Cause.NOT_JSON, "the reply is empty")
        return choice.said.texts

    @property
    def text(self) -> str:
        """What the model wrote. Raises Unusable as :attr:`texts`."""
        return self.texts[0]

    @property
    def written(self) -> str:
        """What the model wrote, cut off or not; empty if it wrote nothing."""
        return self.choices[0].said.content or self.choices[0].text or ""

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
        logprobs = self._choice.logprobs
        if logprobs is None or not logprobs.content:
            raise Unusable(Cause.NO_LOGPROBS)
        return logprobs.content

    @property
    def says_something(self) -> bool:
        """Whether the model said anything, if only that it will not."""
        if not self.choices or self.choices[0].finish_reason == "error":
            return False
        choice = self.choices[0]
        ended = choice.finish_reason in {"content_filter", "length"}
        spoke = choice.said.refusal or choice.said.texts or choice.text or choice.logprobs
        return ended or bool(spoke)


def completion_in(body: str) -> Completion:
    """Returns the completion that *body* is.

    Raises:
        Unusable: it is none; the provider's own reason is told where it gives one.
    """
    try:
        value = json.loads(body.removeprefix("\ufeff"))
        # A look at the text spares nearly every body the walk through its values
        value = whole_characters(value) if may_hold_halves(body) else value
    # RecursionError: a body of nothing but brackets
    except (ValueError, RecursionError):
        raise Unusable(Cause.WRONG_SHAPE, "the body is not a chat completion") from None
    if isinstance(value, dict) and value.get("error") and not value.get("choices"):
        # The key is not known here; what looks like one is masked all the same
        raise Unusable(Cause.HTTP_ERROR, without_key(reason(value), ""))
    try:
        return Completion.model_validate(with_choices(value))
    except (ValidationError, RecursionError):
        raise Unusable(Cause.WRONG_SHAPE, "the body is not a chat completion") from None


def is_put_off(body: str) -> bool:
    """Whether a reply that came as a success is a rate limit in place of a completion.

    Gateways pass the provider's HTTP 429 on so, once they have begun to reply.
    """
    if '"error"' not in body or len(body) > _LONGEST_ERROR:
        return False
    try:
        value = json.loads(body.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    error = value.get("error") if isinstance(value, dict) and not value.get("choices") else None
    if not isinstance(error, dict):
        return False
    return bool({str(error.get(name)) for name in ("code", "type", "status")} & _RATE_LIMITED)


def reason(body: object) -> str:
    """Returns the provider's own words in an error, whatever shape it came in."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(inner, dict):
        return str(inner or "no reason given")
    metadata = inner.get("metadata")
    # OpenRouter hands the words of who runs the model on as they came.
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    words = str(inner.get("message") or inner)
    return f"{words}: {raw}" if isinstance(raw, str) and raw.strip() else words

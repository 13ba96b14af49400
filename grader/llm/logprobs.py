"""Log-probabilities as servers really send them, brought into one shape: a list of tokens.

The format of chats, which llama.cpp's server uses for completed prompts too, is a list of tokens
with their alternatives. That of completed prompts (OpenAI's own, vLLM, SGLang) has lists beside
each other. Older servers of llama.cpp put a list beside the text, some with probabilities.
"""

import math
from collections.abc import Iterator
from typing import Any

_NONE = -9999.0
"""Stands for a probability of nothing, as vLLM writes it; JSON has no infinity."""


def as_tokens(logprobs: object) -> object:
    """Returns the object of a choice's log-probabilities with the list ``content``.

    What has another shape than any that is known comes back as it is.
    """
    if not isinstance(logprobs, dict) or logprobs.get("content"):
        return logprobs
    if not isinstance(tokens := logprobs.get("tokens"), list):
        return logprobs
    own, tops = (_as_long(logprobs.get(n), tokens) for n in ("token_logprobs", "top_logprobs"))
    content = []
    for token, logprob, top in zip(tokens, own, tops, strict=True):
        alternatives = sorted(_alternatives(top), key=lambda each: -each["logprob"])
        known = {each["token"]: each["logprob"] for each in alternatives}
        chosen = _finite(logprob) or known.get(str(token), _NONE)
        content.append({"token": str(token), "logprob": chosen, "top_logprobs": alternatives})
    return {"content": content}


def with_choices(body: object) -> object:
    """Returns a reply's body in which log-probabilities beside the choices stand in the first.

    A body of llama.cpp's own format, which has a text and no choices, gets one choice.
    """
    if not isinstance(body, dict) or not isinstance(
        listed := body.get("completion_probabilities"), list
    ):
        return body
    bare = {"text": body.get("content"), "finish_reason": "stop"}
    first, *others = body.get("choices") or [bare]
    if not isinstance(first, dict) or first.get("logprobs"):
        return body
    content = [_token(each) for each in listed if isinstance(each, dict)]
    return {**body, "choices": [{**first, "logprobs": {"content": content}}, *others]}


def _as_long(values: object, tokens: list[Any]) -> list[Any]:
    """The list *values*, with nothing for each token that it has no entry for."""
    known = values if isinstance(values, list) else []
    return [*known, *[None] * len(tokens)][: len(tokens)]


def _alternatives(top: object) -> Iterator[dict[str, Any]]:
    if isinstance(top, dict):
        for token, logprob in top.items():
            # Some servers tell more of a token than its log-probability
            value = logprob.get("logprob") if isinstance(logprob, dict) else logprob
            if (known := _finite(value)) is not None:
                yield {"token": token, "logprob": known}


def _token(each: dict[str, Any]) -> dict[str, Any]:
    """A token of llama.cpp's list; of one with probabilities, their logarithms."""
    if "probs" not in each:
        return each
    top = [
        {"token": p.get("tok_str", ""), "logprob": _log(p.get("prob"))}
        for p in each["probs"] or []
        if isinstance(p, dict)
    ]
    token = str(each.get("content", ""))
    chosen = next((t["logprob"] for t in top if t["token"] == token), _NONE)
    return {"token": token, "logprob": chosen, "top_logprobs": top}


def _log(probability: object) -> float:
    is_one = isinstance(probability, int | float) and probability > 0
    return math.log(probability) if is_one else _NONE  # type: ignore[arg-type]


def _finite(value: object) -> float | None:
    """A log-probability; that of nothing for minus infinity, None for what is no number."""
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    return max(float(value), _NONE)

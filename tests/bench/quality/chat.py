"""What a chat request asks of the base model: the text that it continues, the form of its reply,
and the reply as an OpenAI-compatible endpoint sends it.

The template is the one that the base model's publisher gives with Qwen 2.5.
"""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from training.tokens import END, Tokens

_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_TOOLS = """

# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""
_SHORT, _UNLIKELY = 4, -9.0
_ENDLESS = re.compile(r"(\d\.\d{1,6})\d{20,}$")
LONGEST = 2000
"""Tokens of a reply where the request sets no limit."""


@dataclass(frozen=True)
class Job:
    """One request, ready to be continued.

    Attributes:
        ids: the prompt.
        schema: the JSON Schema that the reply must have, None for free text.
        tool: the name of the function that the reply calls, where the request forces one.
        top: how many likeliest tokens are told of each token, 0 for none.
    """

    ids: list[int]
    longest: int
    temperature: float = 0.0
    schema: dict[str, Any] | None = None
    tool: str | None = None
    top: int = 0


@dataclass
class Written:
    """What the model wrote: tokens, and for each the likeliest with their log-probabilities."""

    tokens: list[int] = field(default_factory=list)
    tops: list[list[tuple[int, float]]] = field(default_factory=list)
    finished: bool = False


def job(body: dict[str, Any], tokens: Tokens) -> Job:
    """Returns a request's job.

    Raises:
        KeyError: the body is no chat request.
    """
    tools = [tool["function"] for tool in body.get("tools") or ()]
    forced = tools[0] if tools and body.get("tool_choice") not in (None, "auto", "none") else None
    ids = _prompt(body["messages"], body.get("tools") or [], tokens)
    if forced:
        opened = f'<tool_call>\n{{"name": "{forced["name"]}", "arguments": '
        ids += tokens.tokenizer.encode(opened).ids
    limit = body.get("max_tokens") or body.get("max_completion_tokens") or LONGEST
    return Job(
        ids=ids,
        longest=min(int(limit), LONGEST),
        temperature=float(body.get("temperature") or 0.0),
        schema=forced["parameters"] if forced else _schema(body.get("response_format") or {}),
        tool=forced["name"] if forced else None,
        top=int(body.get("top_logprobs") or 0) if body.get("logprobs") else 0,
    )


def _schema(form: dict[str, Any]) -> dict[str, Any] | None:
    if form.get("type") == "json_schema":
        return dict(form["json_schema"]["schema"])
    return {"type": "object"} if form.get("type") == "json_object" else None


def _prompt(
    messages: list[dict[str, Any]], tools: list[dict[str, Any]], tokens: Tokens
) -> list[int]:
    turns = [(_role(m["role"]), _text(m.get("content"))) for m in messages]
    if not turns or turns[0][0] != "system":
        turns.insert(0, ("system", _SYSTEM))
    start, end = tokens.single("<|im_start|>"), tokens.single(END)
    ids: list[int] = []
    for number, (role, text) in enumerate(turns):
        ids += [start, *tokens.of(f"{role}\n{text}")]
        if tools and number == 0:
            listed = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
            # Its marks are tokens of their own, which the answer's text may not hold
            ids += tokens.tokenizer.encode(_TOOLS.format(tools=listed)).ids
        ids += [end, *tokens.of("\n")]
    return [*ids, start, *tokens.of("assistant\n")]


def _role(role: str) -> str:
    return {"developer": "system", "tool": "user"}.get(role, role)


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def ended(text: str) -> tuple[str, bool]:
    """Returns a reply of a JSON Schema that was cut off, and whether it could be ended.

    A model that may write no line break behind its last number writes noughts for ever. The number
    is known all the same: it is cut, and what is open is closed.
    """
    cut = _ENDLESS.sub(r"\1", text)
    return (cut + "}", True) if cut != text else (text, False)


def reply(asked: Job, written: Written, tokens: Tokens, model: str) -> dict[str, Any]:
    """Returns the body of the reply."""
    text = tokens.tokenizer.decode(written.tokens, skip_special_tokens=True)
    if asked.schema and not written.finished:
        text, written.finished = ended(text)
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    reason = "stop" if written.finished else "length"
    if asked.tool:
        called = {"name": asked.tool, "arguments": text}
        call = {"id": "call_0", "type": "function", "function": called}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        reason = "tool_calls" if written.finished else "length"
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    if asked.top:
        choice["logprobs"] = {"content": _logprobs(written, tokens), "refusal": None}
    used = {"prompt_tokens": len(asked.ids), "completion_tokens": len(written.tokens)}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [choice],
        "usage": used | {"total_tokens": sum(used.values())},
    }


def _logprobs(written: Written, tokens: Tokens) -> list[dict[str, Any]]:
    def told(token: int, logprob: float) -> dict[str, Any]:
        text = tokens.tokenizer.decode([token])
        return {"token": text, "logprob": logprob, "bytes": list(text.encode())}

    content = []
    # Whoever reads a number out of a long reply looks at what is likely; that keeps the file small
    least = -math.inf if len(written.tokens) <= _SHORT else _UNLIKELY
    for token, top in zip(written.tokens, written.tops, strict=False):
        own = next((p for t, p in top if t == token), -20.0)
        told_of = [told(t, p) for t, p in top if p >= least or t == token]
        content.append({**told(token, own), "top_logprobs": told_of})
    return content

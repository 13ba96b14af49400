"""Replies as endpoints of every make really send them, around one judgement.

``READABLE`` hold the judgement however oddly it is wrapped; ``EMPTY_HANDED`` hold nothing that was
judged, and come out otherwise when they are asked again.
``REFUSALS`` are what comes in place of a reply.
"""

import json
from collections.abc import Callable
from typing import Any

Body = Callable[[str], str]
"""Takes the judgement as JSON and gives the body of a reply."""


def body(message: dict[str, Any], **more: Any) -> str:
    """A completion with that message; *more* are parts of the choice or of the completion."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    for name in ("finish_reason", "logprobs"):
        if name in more:
            choice[name] = more.pop(name)
    used = {"prompt_tokens": 100, "completion_tokens": 20}
    return json.dumps({"model": "m", "choices": [choice], "usage": used, **more})


def _content(wrap: Callable[[str], Any]) -> Body:
    return lambda judged: body({"content": wrap(judged)})


def _beside(**more: Any) -> Body:
    return lambda judged: body({"content": judged}, **more)


def _called(arguments: Callable[[str], Any]) -> Body:
    def made(judged: str) -> str:
        function = {"name": "judgement", "arguments": arguments(judged)}
        call = {"id": "c", "type": "function", "function": function}
        return body({"content": None, "tool_calls": [call]}, finish_reason="tool_calls")

    return made


def _loaded(judged: str) -> Any:
    try:
        return json.loads(judged)
    except ValueError:
        return judged


READABLE: dict[str, Body] = {
    "plain": _content(str),
    "think": _content(lambda j: f"<think>\nIt says {{32 banks}}.\n</think>\n{j}"),
    "think-draft": _content(lambda j: f'<think>{{"key_points": {{}}}} no</think>{j}'),
    "think-unopened": _content(lambda j: f"It says 32 banks.</think>\n\n{j}"),
    "think-alone": _content(lambda j: f"<thinking>{j}</thinking>"),
    "fence-upper": _content(lambda j: f"```JSON\n{j}\n```"),
    "fence-bare": _content(lambda j: f"```\n{j}\n```\n"),
    "fence-in-prose": _content(lambda j: f"Here it is:\n```json\n{j}\n```\nI hope this helps!"),
    "prose-before": _content(lambda j: f"Sure! Here is my judgement: {j}"),
    "prose-after": _content(lambda j: f"{j}\n\nLet me know if you need {{more}}."),
    "prose-braces": _content(lambda j: f'The set {{x | x > 0}} and {{"a"}} aside: {j}'),
    "bom": _content(lambda j: f"\ufeff{j}"),
    "body-bom": lambda j: "\ufeff" + body({"content": j}),
    "newline-in-string": _content(lambda j: j.replace("said so", "said\nso")),
    "tab-in-string": _content(lambda j: j.replace("said so", "said\tso")),
    "wrapper": _content(lambda j: f'{{"judgement": {j}}}'),
    "wrapper-with-more": _content(lambda j: f'{{"ok": true, "result": {{"output": {j}}}}}'),
    "list-of-one": _content(lambda j: f"[{j}]"),
    "twice-the-same": _content(lambda j: f"{j}\n\n{j}"),
    "json-in-a-string": _content(json.dumps),
    "tool-call": _called(str),
    "tool-call-object": _called(_loaded),
    "function-call": lambda j: body({"content": None, "function_call": {"arguments": j}}),
    "reasoning": lambda j: body({"content": "", "reasoning": j}),
    "reasoning-content": lambda j: body({"content": None, "reasoning_content": f"So: {j}"}),
    "parts": _content(
        lambda j: [{"type": "text", "text": j[:40]}, {"type": "text", "text": j[40:]}]
    ),
    "thinking-parts": _content(
        lambda j: [
            {"type": "thinking", "thinking": [{"type": "text", "text": "{hm}"}]},
            {"type": "text", "text": j},
        ]
    ),
    "content-object": lambda j: body({"content": _loaded(j)}),
    "usage-null": _beside(usage=None),
    "usage-list": _beside(usage=[1, 2]),
    "usage-floats": _beside(usage={"prompt_tokens": 100.0, "completion_tokens": 20.5}),
    "usage-words": _beside(usage={"prompt_tokens": "100", "completion_tokens": None}),
    "details-list": _beside(usage={"prompt_tokens": 100, "prompt_tokens_details": []}),
    "numeric-model": _beside(model=7),
    "model-object": _beside(model={"name": "m"}),
    "logprobs-null": _beside(logprobs=None),
    "logprobs-odd": _beside(logprobs=[{"token": 1}]),
    "finish-number": _beside(finish_reason=0),
    "error-null": _beside(error=None),
}

EMPTY_HANDED: dict[str, str] = {
    "error-object": json.dumps({"error": {"code": 502, "message": "upstream is gone"}}),
    "error-words": json.dumps({"error": "upstream is gone", "choices": None}),
    "choices-null": json.dumps({"model": "m", "choices": None}),
    "choices-empty": json.dumps({"model": "m", "choices": []}),
    "choices-missing": json.dumps({"model": "m"}),
    "message-null": json.dumps({"choices": [{"message": None, "finish_reason": "stop"}]}),
    "content-null": body({"content": None}),
    "content-empty": body({"content": ""}),
    "content-blank": body({"content": " \n\t"}),
    "content-bom": body({"content": "\ufeff"}),
    "parts-empty": body({"content": []}),
    "thoughts-alone": body({"content": [{"type": "thinking", "thinking": "hm"}]}),
    "finish-error": body({"content": '{"key_points": {'}, finish_reason="error"),
    "tool-call-empty": body({"content": None, "tool_calls": [{"function": {"arguments": ""}}]}),
    "tool-calls-none": body({"content": None, "tool_calls": []}),
    "html": "<html><body>Sign in to the proxy</body></html>",
    "no-body": "",
    "torn": '{"choices": [{"message": {"content": "',
}

REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "moderated": (403, {
        "code": 403, "message": "Your input was flagged for violence",
        "metadata": {"reasons": ["violence"], "flagged_input": "BOMB"},
    }),
    "azure-filter": (400, {"code": "content_filter", "message": "The prompt triggered the policy"}),
    "policy": (403, {"type": "content_policy_violation", "message": "This request is refused"}),
    "guardrail": (403, {"message": "Blocked by the guardrail of this gateway"}),
    "no-credit": (402, {"code": 402, "message": "Insufficient credits. Add more."}),
    "parameter": (400, {"code": "unknown_parameter", "message": "Unknown parameter: top_q"}),
    "no-route": (404, {"code": 404, "message": "No endpoints found that support json_schema"}),
    "starred": (401, {"message": "Incorrect API key provided: sk-very*****cret."}),
    "no-access": (403, {"message": "This API key has no permission for the model"}),
}  # fmt: skip
"""Further refusals, by the word that asks for them: status and error object."""


def refusal(fault: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of a refusal: an HTTP status, ``quota``, or one of those above."""
    if fault == "quota":
        return 429, error_body("insufficient_quota"), {}
    if fault in REFUSALS:
        status, problem = REFUSALS[fault]
        return status, json.dumps({"error": problem}).encode(), {"retry-after-ms": "1"}
    return int(fault), error_body(f"status_{fault}"), {"retry-after-ms": "1"}


def error_body(code: str) -> bytes:
    """An error object with that code."""
    return json.dumps({"error": {"code": code, "type": code, "message": "as asked for"}}).encode()

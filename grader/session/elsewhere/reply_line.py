"""One line of a file of replies, in whichever shape an engine or a provider writes it."""

import json
import re
from typing import Any

from grader.llm.completion import reason
from grader.llm.request import TOO_LONG, Reply
from grader.record import Cause
from grader.text.safe import one_line, without_key

OK = 200
_LONGEST_DETAIL = 300
_NAME = re.compile(r"g-[0-9a-f]{40}")


def parse(raw: bytes) -> tuple[str, Reply] | None:
    """Returns the custom id and the reply in a line of a results or error file, or None."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    name = value.get("custom_id")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return None
    return name, _reply(value)


def _reply(value: dict[str, Any]) -> Reply:
    response = value.get("response")
    status: object = OK
    body: object = response
    request_id: object = None
    if isinstance(response, dict) and "body" in response:
        status, body = response.get("status_code", OK), response["body"]
        request_id = response.get("request_id")
    elif response is None:
        # Some engines leave the envelope out.
        body = value.get("body", value if "choices" in value else None)
    # Some write the body as the text that it came as
    if isinstance(body, str):
        body = _object(body)
    if status == OK and isinstance(body, dict) and not body.get("error"):
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return Reply(body=text, request_id=request_id if isinstance(request_id, str) else None)
    error = value.get("error")
    return Reply(cause=_cause(error, body), detail=_detail(error, status, body))


def _object(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _cause(error: object, body: object) -> Cause:
    inner = body.get("error", body) if isinstance(body, dict) else None
    codes = {
        str(one.get(name))
        for one in (error, inner)
        if isinstance(one, dict)
        for name in ("code", "type")
    }
    if codes & TOO_LONG:
        return Cause.TOO_LONG
    return Cause.TIMEOUT if "batch_expired" in codes else Cause.HTTP_ERROR


def _detail(error: object, status: object, body: object) -> str:
    """The provider's words on why there is no reply, on one line; empty where it has none."""
    refused = {"error": error} if error else body
    # An engine may hand on a page in place of an object: that it is none says more than the page
    words = reason(refused) if isinstance(refused, dict) and refused else ""
    if status != OK and isinstance(status, int):
        words = f"HTTP {status}: {words}" if words else f"HTTP {status}"
    return one_line(without_key(words, ""), _LONGEST_DETAIL)

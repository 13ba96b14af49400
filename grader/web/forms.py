"""What a browser sent: forms and JSON, bounded by the locks, with one line where it is odd."""

import json
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request

from grader.errors import BadInput

_MOST_FIELDS = 1000


async def form(request: Request) -> dict[str, str]:
    """Returns the fields of a sent form, the first value of each.

    Raises:
        BadInput: it is no form of the plain kind (``application/x-www-form-urlencoded``).
    """
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "application/x-www-form-urlencoded":
        raise BadInput("not a form: send application/x-www-form-urlencoded")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadInput("the form is not UTF-8, or has too many fields") from None
    return {name: values[0] for name, values in fields.items()}


async def sent_json(request: Request) -> dict[str, Any]:
    """Returns the JSON object that was sent.

    Raises:
        BadInput: it is none.
    """
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise BadInput("not JSON: send application/json")
    try:
        sent: Any = json.loads(await request.body())
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise BadInput("not a JSON object")
    return sent

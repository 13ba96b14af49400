"""What pydantic has against a value that a person wrote, in words: one wording for all files."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_LONGEST_KEY = 80
# What pydantic puts before the words of a validator's own error
_PREFIX = re.compile(r"^(?:Value error, |Assertion failed, )")
_SHOULD = re.compile(r"^(?:Input|String|Value|Dictionary|List|Tuple) should ")


def first_complaint(error: "ValidationError") -> str:
    """Returns the first complaint with its key, as ``key_points[1].notes.met: is missing``."""
    first = error.errors(include_url=False, include_input=False)[0]
    key = key_of(first["loc"])
    return f"{key}: {expected(first)}" if key else expected(first)


def key_of(place: Sequence[int | str]) -> str:
    """Returns the key at *place* as people write it, cut short and without what hides."""
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")
    return "".join(c if c.isprintable() else "\ufffd" for c in key[:_LONGEST_KEY])


def expected(detail: "ErrorDetails", patterns: Mapping[str, str] | None = None) -> str:
    """Returns what is asked for, where a value went against it.

    Args:
        patterns: what to say in place of a regular expression, by that expression.
    """
    kind = detail["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not a key of the format"
    if kind == "json_invalid":
        return f"not JSON: {detail['ctx']['error']}"
    if kind == "string_pattern_mismatch" and detail["ctx"]["pattern"] in (patterns or {}):
        return (patterns or {})[detail["ctx"]["pattern"]]
    return _SHOULD.sub("must ", " ".join(_PREFIX.sub("", detail["msg"]).split()))

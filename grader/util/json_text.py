"""JSON in one form, so that equal content has equal text and equal digests."""

import json
import re

_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf"\\(?:{_PAIR}|(u[dD][89a-fA-F][0-9a-fA-F]{{2}})|.)", re.DOTALL)


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal content gives equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def without_halves(text: str) -> str:
    """JSON with every escaped half of a surrogate pair made U+FFFD: no parser takes half a one."""
    return _ESCAPE.sub(lambda each: "\\ufffd" if each[1] else each[0], text)

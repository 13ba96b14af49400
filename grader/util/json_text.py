"""JSON in one form, so that equal content has equal text and equal digests."""

import json
import re

_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# Whole pairs and all other escapes are passed over one by one, so that neither the second half
# of a pair nor the u behind an escaped backslash is taken for a half
_ESCAPE = re.compile(rf"\\(?:{_PAIR}|(u[dD][89a-fA-F][0-9a-fA-F]{{2}})|.)", re.DOTALL)


def canonical(value: object) -> str:
    """Returns JSON with sorted keys and no spaces: equal content gives equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def without_halves(text: str) -> str:
    """Returns JSON with each escaped half of a surrogate pair as U+FFFD: parsers refuse halves."""
    return _ESCAPE.sub(lambda each: "\\ufffd" if each[1] else each[0], text)

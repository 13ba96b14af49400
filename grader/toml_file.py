"""TOML from strangers: parsed only after a look that costs next to nothing.

The standard parser takes time that grows with the square of a key's parts, and milliseconds for
every hundred tables: a small file could keep it busy for minutes.
"""

import re
import tomllib
from typing import Any

MOST_PARTS = 8
"""Parts that a key or the name of a table has at most."""
MOST_LINES = 10_000
MOST_KEYS = 20_000

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_TOO_DEEP = re.compile(rf"(?<![\w-])(?:{_PART}[ \t]*\.[ \t]*){{{MOST_PARTS}}}")


def loads(text: str) -> dict[str, Any]:
    """The tables of *text*.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML, or larger or deeper than anybody would write.
        ValueError: a number too long to be read.
    """
    if text.count("\n") > MOST_LINES:
        raise tomllib.TOMLDecodeError(f"more than {MOST_LINES:,} lines")
    if text.count("=") > MOST_KEYS:
        raise tomllib.TOMLDecodeError(f"more than {MOST_KEYS:,} keys")
    if found := _TOO_DEEP.search(text):
        line = text.count("\n", 0, found.start()) + 1
        what = f"a key of more than {MOST_PARTS} parts"
        raise tomllib.TOMLDecodeError(f"{what} (at line {line}, column 1)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deeply") from None

"""TOML from strangers: parsed only after a look that costs next to nothing, with its lines.

The standard parser takes time that grows with the square of a key's parts, and milliseconds for
every hundred tables: a small file could keep it busy for minutes. It keeps no positions either.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

MOST_PARTS = 8
"""Parts that a key or the name of a table has at most."""
MOST_LINES = 10_000
MOST_KEYS = 20_000

_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
# Not begun within a word, where it would be tried again at every letter
_TOO_DEEP = re.compile(rf"(?<![\w-])(?:{_PART}[ \t]*\.[ \t]*){{{MOST_PARTS}}}")


def parse_toml(text: str) -> dict[str, Any]:
    """Returns the tables of *text*.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML, or larger or deeper than anybody would write.
        ValueError: a number too long to be read.
    """
    if text.count("\n") > MOST_LINES:
        raise tomllib.TOMLDecodeError(f"more than {MOST_LINES:,} lines")
    # Counts those in strings too; it need not be exact, but quick
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


Place = tuple[str | int, ...]

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_QUOTES = ('"""', "'''")


def value_lines(text: str) -> dict[Place, int]:
    """Returns the line, from 1, of every table and key of *text*.

    tomllib must have read the text without complaint. A place is a path of keys and list indices,
    as ``("key_points", 2, "weight")``.
    """
    found: dict[Place, int] = {}
    for line, place in _keys(text):
        found.setdefault(place, line)
    return found


def nearest_line(lines: dict[Place, int], place: Place) -> int:
    """Returns the line of *place*, or of the smallest table around it that has one."""
    starts = (place[:depth] for depth in range(len(place), 0, -1))
    return next((lines[start] for start in starts if start in lines), 1)


def _keys(text: str) -> Iterator[tuple[int, Place]]:
    table: Place = ()
    counts: dict[Place, int] = {}
    for line, source in _lines(text):
        if source.lstrip().startswith("[") and (keys := _path(source)):
            table = _table(keys, source.lstrip().startswith("[["), counts)
            yield line, table
        elif match := _KEY.match(source):
            yield line, table + _path(f"{match[1]} = 0")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that can hold a key: those inside multi-line strings are left out."""
    end: str | None = None
    for line, source in enumerate(text.split("\n"), start=1):
        if end is not None:
            end = None if end in source else end
            continue
        yield line, source
        value = source.partition("=")[2].strip()
        end = next((q for q in _QUOTES if value.startswith(q) and q not in value[3:]), None)


def _table(keys: tuple[str, ...], item: bool, counts: dict[Place, int]) -> Place:
    """The place that ``[keys]`` opens, or ``[[keys]]`` where *item*; *counts* numbers items."""
    place: Place = ()
    for depth, key in enumerate(keys, start=1):
        place += (key,)
        if item and depth == len(keys):
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place += (counts[place],)
    return place


def _path(source: str) -> tuple[str, ...]:
    """The keys of one TOML line, read by tomllib itself so that quoting is right."""
    try:
        value: object = tomllib.loads(source)
    except tomllib.TOMLDecodeError:  # the inside of a list that spans lines looks like a table
        return ()
    keys = []
    while isinstance(value, dict | list) and value:
        if isinstance(value, dict):
            key, value = next(iter(value.items()))
            keys.append(key)
        else:
            value = value[0]
    return tuple(keys)

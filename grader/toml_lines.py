"""Which line of a TOML file a value stands on; tomllib keeps no positions."""

import re
import tomllib
from collections.abc import Iterator

Place = tuple[str | int, ...]

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_QUOTES = ('"""', "'''")


def lines(text: str) -> dict[Place, int]:
    """The line, from 1, of every table and key of *text*, which tomllib has read without complaint.

    A place is a path of keys and list indices, as ``("key_points", 2, "weight")``.
    """
    found: dict[Place, int] = {}
    for line, place in _keys(text):
        found.setdefault(place, line)
    return found


def nearest(lines: dict[Place, int], place: Place) -> int:
    """The line of *place*, or of the smallest table around it that has one."""
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

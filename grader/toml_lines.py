"""Which line of a TOML file a value stands on; tomllib keeps no positions."""

import re
import tomllib
from collections.abc import Iterator

Place = tuple[str | int, ...]

_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_QUOTES = ('"""', "'''")


def line_of(text: str, place: Place) -> int:
    """The line, from 1, of the key at *place*, or of the nearest table around it.

    *place* is a path of keys and list indices, as ``("key_points", 2, "weight")``. The text is
    one that tomllib has read without complaint.
    """
    best, found = 1, 0
    for line, path in _keys(text):
        if len(path) > found and path == place[: len(path)]:
            best, found = line, len(path)
    return best


def _keys(text: str) -> Iterator[tuple[int, Place]]:
    table: Place = ()
    counts: dict[Place, int] = {}
    for line, source in _lines(text):
        if source.lstrip().startswith("["):
            table = _table(source, counts)
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


def _table(source: str, counts: dict[Place, int]) -> Place:
    """The place that a ``[table]`` or ``[[list]]`` line opens; *counts* holds the lists so far."""
    keys = _path(source)
    place: Place = ()
    for depth, key in enumerate(keys, start=1):
        place += (key,)
        if source.lstrip().startswith("[[") and depth == len(keys):
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

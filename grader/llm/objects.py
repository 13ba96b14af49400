"""Finds the JSON object that a model was asked for in what it wrote around it.

Only what was written as a whole counts: an object inside another one that is broken is no reply,
and of two different ones nobody can say which was meant.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from grader.llm.completion import Completion, Unusable, may_hold_halves, whole_characters
from grader.record import Cause

Fits = Callable[[dict[str, Any]], bool]
"""Tells whether an object is of the form that was asked for."""

_THOUGHT = re.compile(r"</\s*(?:think|thinking|thought|reasoning|reflection)\s*>", re.IGNORECASE)
# Formulas and code have braces too, but no name or end right behind them
_START = re.compile(r'\{(?=\s*["}])')
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')
_MARK = re.compile(r'["{}\\]')
_DEEPEST = 4
"""Objects and lists that may stand around the one that was asked for."""


def object_in(
    completion: Completion, fits: Fits, elsewhere: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Returns the one object that fits, wherever the model wrote it.

    Args:
        elsewhere: names under which something else stands, however much it looks alike.

    Raises:
        Unusable: it refused, was filtered or cut off; no object fits; or two different ones do.
    """
    holds_any = False
    for text in completion.texts:
        values = values_in(text)
        holds_any = holds_any or bool(values)
        fitting: list[dict[str, Any]] = []
        for value in values:
            within = _within(value, fits, elsewhere, _DEEPEST)
            fitting += [each for each in within if each not in fitting]
        if len(fitting) > 1:
            raise Unusable(Cause.WRONG_SHAPE, "the reply holds two different judgements")
        if fitting:
            return fitting[0]
    if holds_any:
        raise Unusable(Cause.WRONG_SHAPE, "the reply is not in the form that was asked for")
    raise Unusable(Cause.NOT_JSON, "the reply holds no JSON object")


def values_in(text: str) -> list[object]:
    """Returns the JSON values in a text: the text itself, else the objects in it."""
    return list(_values(text))


def _values(text: str) -> Iterator[object]:
    text = text.strip(" \t\r\n\ufeff")
    whole = _decoded(text)
    if isinstance(whole, str) and "{" in whole:  # JSON that was written as a string
        whole = _decoded(whole)
    if isinstance(whole, dict | list):
        yield whole
        return
    # Where nothing follows the thoughts, the object can only be among them
    *thoughts, conclusion = _THOUGHT.split(text)
    yield from _objects(conclusion if conclusion.strip() or not thoughts else thoughts[-1])


def _objects(text: str) -> Iterator[object]:
    place = 0
    while start := _START.search(text, place):
        end = _end(text, start.start())
        if end is None:
            return  # whatever stands further on may be a part of what never ended
        value = _decoded(text[start.start() : end])
        if value is not None:
            yield value
        place = end


# By hand: the parser gives no end of an object that must be mended first
def _end(text: str, start: int) -> int | None:
    """Where the object that begins at *start* ends; None if it does not."""
    depth, quoted, skipped = 0, False, -1
    for mark in _MARK.finditer(text, start):
        if mark.start() == skipped:
            continue
        sign = mark[0]
        if sign == "\\":
            skipped = mark.start() + 1 if quoted else -1
        elif sign == '"':
            quoted = not quoted
        elif not quoted:
            depth += 1 if sign == "{" else -1
            if depth == 0:
                return mark.end()
    return None


def _decoded(text: str) -> object:
    """The JSON value that *text* is, or None; formulas may stand in it with single backslashes."""
    for mended in (False, True):
        try:
            # As it stands first: what is JSON already must not change by mending
            tried = _ESCAPE.sub(_doubled, text) if mended else text
            # strict: models break lines within strings
            value = json.loads(tried, strict=False, object_pairs_hook=_no_twins)
            return whole_characters(value) if may_hold_halves(tried) else value
        except (ValueError, RecursionError):
            continue
    return None


def _doubled(escape: re.Match[str]) -> str:
    return escape[0] if escape[1] else "\\\\"


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    # The parser would keep the last of two verdicts and hide the other
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _within(
    value: object, fits: Fits, elsewhere: frozenset[str], depth: int
) -> Iterator[dict[str, Any]]:
    """The objects that fit in a value, the outermost ones."""
    if isinstance(value, dict) and fits(value):
        yield value
    elif depth and isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            if name not in elsewhere:
                yield from _within(inner, fits, elsewhere, depth - 1)

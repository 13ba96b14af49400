"""Points as people write them beside a statement: ``(2 P.)``, ``[1.5 pts]``, ``（2分）``."""

import re

_REACH = 60
"""Characters at either end in which points are looked for."""
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_NUMBER = r"(?P<number>\d{0,7}[½¼¾]|\d{1,7}(?:[.,]\d{1,4})?)"
_SIGN = r"(?P<sign>[+\-−–]?)"
_UNIT = (
    r"(?P<unit>(?:points?|pts?|punkten?|punkt|pkte?|p|be|marks?|credits?|puntos?|punti|punto|ptos?)"
    r"\b\.?|分|点|點)"
)
_BEFORE = r"(?:0\s*[-–]\s*|max\.?\s*)?"
_BRACKETS = rf"[(\[（【［]\s*{_BEFORE}{_SIGN}\s*{_NUMBER}\s*{_UNIT}?\s*[)\]）】］]"
_END = re.compile(rf"\s*{_BRACKETS}\s*[.。;；,]?\s*$", re.IGNORECASE)
_START = re.compile(rf"^\s*{_BRACKETS}\s*[:：–—-]?\s*", re.IGNORECASE)
_BARE_END = re.compile(rf"\s*[:：–—|=,;；-]\s*{_SIGN}{_NUMBER}\s*{_UNIT}\s*\.?\s*$", re.IGNORECASE)
_BARE_START = re.compile(rf"^\s*{_SIGN}{_NUMBER}\s*{_UNIT}\s*[:：–—|]\s*", re.IGNORECASE)
_CELL_END = re.compile(rf"\s+\|\s*{_SIGN}{_NUMBER}\s*{_UNIT}?\s*$", re.IGNORECASE)
_ALONE = re.compile(rf"\s*[(\[]?\s*{_SIGN}\s*{_NUMBER}\s*{_UNIT}?\s*[)\]]?\s*", re.IGNORECASE)


def split_points(text: str) -> tuple[str, float | None]:
    """Returns *text* without the points at its end or beginning, and these.

    A number in brackets is points where it has a unit or a sign: ``RFC 793 (1981)`` has none.
    """
    text = text.strip()
    for pattern in (_END, _START, _CELL_END, _BARE_END, _BARE_START):
        at_end = pattern not in (_START, _BARE_START)
        begin = max(0, len(text) - _REACH) if at_end else 0
        match = pattern.search(text[begin:] if at_end else text[:_REACH])
        if match is None or (pattern in (_END, _START) and not (match["unit"] or match["sign"])):
            continue
        rest = (text[: begin + match.start()] + text[begin + match.end() :]).strip()
        if rest:
            return rest, _value(match)
    return text, None


def number(text: str) -> float | None:
    """Returns the points that a cell of their own says, as ``2,5`` or ``+1 P.``; else None."""
    match = _ALONE.fullmatch(text)
    return _value(match) if match else None


def _value(match: re.Match[str]) -> float:
    digits = match["number"].replace(",", ".")
    part = _FRACTIONS.get(digits[-1])
    value = float(digits) if part is None else float(digits[:-1] or 0) + part
    return -value if match["sign"] in {"-", "−", "–"} and value else value

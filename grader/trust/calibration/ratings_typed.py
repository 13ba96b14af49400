"""Cells of ratings as people and spreadsheets type them: nothing given, and dates of all kinds."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

Row = tuple[int, dict[str, str]]
"""A line and its cells by column."""

NOT_GIVEN = frozenset({"na", "n/a", "n.a.", "#n/a", "null", "none", "-", "–", "—", "?"})
_MAY_BE_BLANK = ("question", "key_point", "verdict", "score", "out_of", "rated_at", "blind")
_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:,?\s+(\d{1,2}:\d\d.*))?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:,?\s+(\d{1,2}:\d\d.*))?")
_SERIAL = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_EXCEL_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet names no zone
_MONTHS = 12


def as_typed(rows: Iterable[Row]) -> Iterator[Row]:
    """*rows* with a blank in place of what says that nothing was given, and dates as ISO has them.

    Whether ``22/11/2026`` begins with the day is told by the dates of the whole sheet; where none
    tells, ``03/04/2026`` is no time, for it may be two.
    """
    kept = [(line, {k: _given(k, v) for k, v in cells.items()}) for line, cells in rows]
    day_first = _begins_with_day(cells.get("rated_at", "") for _, cells in kept)
    for line, cells in kept:
        when = cells.get("rated_at")
        yield line, cells | {"rated_at": _iso(when, day_first)} if when else cells


def is_blank(text: str) -> bool:
    """Whether a cell says that nothing was given."""
    return not text.strip() or text.strip().lower() in NOT_GIVEN


def _given(column: str, text: str) -> str:
    return "" if column in _MAY_BE_BLANK and is_blank(text) else text


def _begins_with_day(times: Iterable[str]) -> bool | None:
    """Whether the day comes first; None where no date tells."""
    for text in times:
        match = _DATE.fullmatch(text)
        if match and int(match[1]) > _MONTHS:
            return True
        if match and int(match[3]) > _MONTHS:
            return False
    return None


def _iso(text: str, day_first: bool | None) -> str:
    """The time as ISO has it; blank where it may be two, as it is where it is none."""
    if _SERIAL.fullmatch(text):
        since = timedelta(days=float(text.replace(",", ".")))
        return (_EXCEL_BEGINS + since).isoformat(timespec="seconds")
    if match := _YEAR_FIRST.fullmatch(text):
        return _joined(match[1], match[2], match[3], match[4], text)
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    # Only the point is written with the day first everywhere.
    first = True if match[2] == "." else day_first
    if first is None and match[1] != match[3]:
        return ""
    day, month = (match[1], match[3]) if first else (match[3], match[1])
    year = match[4] if len(match[4]) > 2 else f"20{match[4]}"
    return _joined(year, month, day, match[5], text)


def _joined(year: str, month: str, day: str, clock: str | None, text: str) -> str:
    date = f"{year}-{month:0>2}-{day:0>2}"
    if not clock:
        return date
    for form in _CLOCKS:
        try:
            return f"{date}T{datetime.strptime(clock.strip().upper(), form):%H:%M:%S}"  # noqa: DTZ007
        except ValueError:
            continue
    return text

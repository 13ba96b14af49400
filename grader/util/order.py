"""The order in which people read names with numbers in them."""

import re

_NUMBER = re.compile(r"([0-9]+)")


def by_number(name: str) -> tuple[tuple[str, int], ...]:
    """A key to sort names by: ``q-2`` comes before ``q-10``."""
    parts = _NUMBER.split(name)
    # A word and the number behind it in turn, so that no word is held against a number.
    return tuple((word, int(number[:18])) for word, number in _pairs(parts))


def _pairs(parts: list[str]) -> list[tuple[str, str]]:
    return list(zip(parts[::2], [*parts[1::2], "0"], strict=True))

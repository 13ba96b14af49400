"""The word lists that the checks go by, in English and Chinese: ``words.toml``."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _all() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


@cache
def stop_words() -> frozenset[str]:
    """English words and Chinese characters that say nothing by themselves."""
    lists = _all()["stop"]
    return frozenset([*lists["en"], *lists["zh"]])


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Finds any of the words of the list *name*: English as whole words, Chinese anywhere."""
    lists = _all()[name]
    return _any(_flat(lists["en"]), _flat(lists["zh"]))


def _flat(words: list[Any]) -> list[str]:
    """The words of a list of words or of pairs, the longest first: it holds the others."""
    flat = [w for item in words for w in (item if isinstance(item, list) else [item])]
    return sorted(flat, key=len, reverse=True)


def _any(english: list[str], chinese: list[str]) -> re.Pattern[str]:
    whole = rf"(?<![\w-])(?:{'|'.join(map(re.escape, english))})(?![\w-])"
    return re.compile("|".join([whole, *map(re.escape, chinese)]), re.IGNORECASE)


@cache
def opposites() -> tuple[frozenset[str], ...]:
    """Pairs of words of which a text and its note should not each use another."""
    lists = _all()["opposites"]
    return tuple(frozenset(pair) for pair in [*lists["en"], *lists["zh"]])


@cache
def amounts() -> frozenset[str]:
    """Words after a number that say what is counted or measured."""
    return frozenset(_all()["units"]["words"])

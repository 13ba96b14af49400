"""The word lists that the checks go by, in English and Chinese (``words.toml``).

And how much two texts have in common, by their words alone: cheap, and the same every time.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from grader.text.catalogue import read_words

_FILE = Path(__file__).with_name("words.toml")


@cache
def stop_words() -> frozenset[str]:
    """English words and Chinese characters that say nothing by themselves."""
    lists = read_words(_FILE)["stop"]
    return frozenset([*lists["en"], *lists["zh"]])


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Finds any of the words of the list *name*: English as whole words, Chinese anywhere."""
    lists = read_words(_FILE)[name]
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
    lists = read_words(_FILE)["opposites"]
    return tuple(frozenset(pair) for pair in [*lists["en"], *lists["zh"]])


@cache
def amounts() -> frozenset[str]:
    """Words after a number that say what is counted or measured."""
    return frozenset(read_words(_FILE)["units"]["words"])


# Written without blanks, or with endings grown on: kana, Han characters and Hangul
_CLOSE = r"\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WORD = re.compile(rf"\d+(?:\.\d+)?|(?![{_CLOSE}])[^\W\d_](?:(?![{_CLOSE}])[^\W_])*|[{_CLOSE}]+")
_IS_CLOSE = re.compile(f"[{_CLOSE}]")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
DENIAL = re.compile(
    r"\b(?:not|no|never|cannot|without|isn't|doesn't|don't|can't)\b|[不没无非未]", re.I
)
_ENDINGS = ("ings", "ing", "ied", "ies", "ed", "es", "s")
_SHORTEST_STEM = 3


@lru_cache(maxsize=4096)
def tokens(text: str) -> frozenset[str]:
    """Stems of the words, pairs of Chinese, Japanese and Korean characters and numbers of *text*.

    Stems are cut as English ones. Words that say nothing by themselves are left out.
    """
    found: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if _IS_CLOSE.match(word):
            found.update(_pairs(word))
        elif word not in stop_words():
            found.add(_stem(word))
    return frozenset(found)


def likeness(one: str, other: str) -> float:
    """Dice's coefficient of the tokens of both texts, 0 to 1."""
    a, b = tokens(one), tokens(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def contained(inner: str, outer: str) -> float:
    """Share of the tokens of *inner* that *outer* holds too, 0 to 1."""
    a = tokens(inner)
    return len(a & tokens(outer)) / len(a) if a else 0.0


def numbers(text: str) -> frozenset[str]:
    """The numbers in *text*, as written."""
    return frozenset(_NUMBER.findall(unicodedata.normalize("NFKC", text)))


def denies(text: str) -> bool:
    """Whether *text* says no an odd number of times: two denials make a claim again."""
    return len(DENIAL.findall(text)) % 2 == 1


def unquoted(text: str) -> str:
    """*text* without what it quotes: an example of an answer is not the rubric's own word."""
    return _QUOTED.sub(" ", text)


def _pairs(run: str) -> list[str]:
    kept = [c if c not in stop_words() else " " for c in run]
    parts = "".join(kept).split()
    return [part[n : n + 2] for part in parts for n in range(max(len(part) - 1, 1))]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word

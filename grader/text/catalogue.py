"""The words that reports and feedback use, in English and Chinese; they are in ``words.toml``."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from grader.text.language import interface

Catalogue = dict[str, Any]
"""The words of one language by name."""


_FILE = Path(__file__).with_name("words.toml")


@cache
def read_words(path: Path) -> dict[str, Catalogue]:
    """Returns the tables of a shipped file of words, read once."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def words_in(language: str, path: Path = _FILE) -> Catalogue:
    """Returns the words for a reader of *language*, of the reports' file or another.

    There are English and Chinese ones; readers of any other language get the English ones.
    """
    return read_words(path)[interface(language)]

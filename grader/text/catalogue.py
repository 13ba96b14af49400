"""The words that reports and feedback use, in English and Chinese; they are in ``words.toml``."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

Catalogue = dict[str, Any]
"""The words of one language by name."""


@cache
def _all() -> dict[str, Catalogue]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words_in(language: str) -> Catalogue:
    """Returns the words of *language*: ``en`` or ``zh``."""
    return _all()[language]

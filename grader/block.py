"""A report for the terminal as plain values: headings, lines and tables."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "note", "good", "fair", "bad", "strong"]
"""How a line is meant; never the only thing that says so."""


@dataclass(frozen=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True)
class Line:
    """A paragraph."""

    text: str
    tone: Tone = "plain"
    indent: int = 0


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        heads: titles of the columns; empty for none.
        numbers_from: the first column of numbers, which are set to the right.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers_from: int = 1


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and how it is.

    Attributes:
        good: None where it could not be found out.
        way_out: what to do; empty where nothing needs doing.
    """

    name: str
    good: bool | None
    found: str
    way_out: str = ""


Block = Heading | Line | Grid

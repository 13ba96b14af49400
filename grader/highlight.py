"""Cuts an answer at the edges of what is marked in it, so that marks may overlap."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Mark:
    """A marked stretch of a text: code points ``start`` to ``end``, the end not included."""

    start: int
    end: int
    kind: str
    """What it is, as a word that a style may use."""
    label: str
    """What it is, for people."""
    number: str = ""
    """The number shown after it."""
    anchor: str = ""
    """The name by which a link finds it; unique in its page."""


@dataclass(frozen=True)
class Segment:
    """A stretch of text between two edges, with every mark that covers it."""

    text: str
    marks: tuple[Mark, ...] = ()
    starting: tuple[Mark, ...] = ()
    """Those of ``marks`` that begin here."""
    ending: tuple[Mark, ...] = ()
    """Those of ``marks`` that end here."""

    @property
    def kinds(self) -> str:
        """The kinds of the marks, each once."""
        return " ".join(dict.fromkeys(mark.kind for mark in self.marks))

    @property
    def label(self) -> str:
        """The labels of the marks, each once."""
        return "; ".join(dict.fromkeys(mark.label for mark in self.marks))

    @property
    def numbers(self) -> str:
        """The numbers of the marks that end here, each once."""
        return ",".join(dict.fromkeys(mark.number for mark in self.ending if mark.number))


def segments(text: str, marks: Iterable[Mark]) -> Iterator[Segment]:
    """*text* in stretches that share their marks; put together they are *text*.

    Marks that reach beyond the text are cut, empty ones are left out.
    """
    inside = [m for m in marks if 0 <= m.start < min(m.end, len(text))]
    inside.sort(key=lambda m: (m.start, -m.end))
    edges = {0, len(text)} | {m.start for m in inside} | {min(m.end, len(text)) for m in inside}
    places = sorted(edges)
    covering: list[Mark] = []
    upcoming = iter(inside)
    following = next(upcoming, None)
    for start, end in pairwise(places):
        covering = [m for m in covering if m.end > start]
        while following is not None and following.start == start:
            covering.append(following)
            following = next(upcoming, None)
        yield Segment(
            text[start:end],
            tuple(covering),
            tuple(m for m in covering if m.start == start),
            tuple(m for m in covering if min(m.end, len(text)) == end),
        )

"""Statements of a source that a person should look at: unsure ones, and ones that contradict."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.check.data import pattern
from grader.check.likeness import DENIAL, contained, denies, numbers, tokens
from grader.draft.source import Quotation

_ALIKE = 0.75
_FEWEST_TOKENS = 3
_MOST_COMPARED = 300
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Doubt:
    """A statement that did not become a key point, and why."""

    said: Quotation
    why: str


def hedged(said: Quotation) -> Doubt | None:
    """A doubt where the source says itself that it is not sure."""
    found = pattern("hedge").search(said.text)
    return Doubt(said, f"the source is not sure itself: “{found[0]}”") if found else None


def contradictions(statements: Sequence[Quotation]) -> Iterator[Doubt]:
    """Every statement that another one contradicts; of a long text only the beginning is looked
    through, for each is compared with each."""
    some = statements[:_MOST_COMPARED]
    found = (contradicted(said, some) for said in some)
    yield from (doubt for doubt in found if doubt)


def contradicted(said: Quotation, statements: Iterable[Quotation]) -> Doubt | None:
    """A doubt where the source says nearly the same elsewhere with another number or a negation."""
    for other in statements:
        if other.text == said.text or not _same_subject(said.text, other.text):
            continue
        ours, theirs = numbers(said.text), numbers(other.text)
        if (ours - theirs and theirs - ours) or denies(said.text) != denies(other.text):
            return Doubt(said, f"{other.section} says otherwise: “{other.text}”")
    return None


def restates(claim: str, fact: str) -> bool:
    """Whether *claim* only says a part of *fact* over again: no other number, no negation."""
    return (
        contained(claim, fact) >= _ALIKE
        and numbers(claim) <= numbers(fact)
        and denies(claim) == denies(fact)
    )


def _same_subject(one: str, other: str) -> bool:
    a, b = _bare(one), _bare(other)
    return min(len(a), len(b)) >= _FEWEST_TOKENS and 2 * len(a & b) / (len(a) + len(b)) >= _ALIKE


@lru_cache(maxsize=4096)
def _bare(text: str) -> frozenset[str]:
    """The tokens but for numbers and negations, in which statements may differ."""
    return tokens(_NUMBER.sub(" ", DENIAL.sub("", text)))

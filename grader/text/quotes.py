"""Finds a quote in the answer, or finds that it is not there.

Only what a faithful quotation may change is overlooked (see ``grader.text.fold``): no edit
distance, so that a changed word is never found. Everything is linear in the length of the answer.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from grader.text.fold import Folded, continues, fold, is_unspaced, says
from grader.text.repeats import Run, is_inside, repeated
from grader.text.sentences import Span, sentences

__all__ = ["MAX_PARTS", "MAX_STRETCH", "MIN_QUOTE", "Span", "locate", "sentences"]

MIN_QUOTE = 4
"""The least that a quote must say: four Latin letters or digits, or two Chinese characters."""
MAX_PARTS = 8
"""Parts that a quote with ellipses may have."""
MAX_STRETCH = 500
"""Folded characters that its ellipses may leave out, all together."""

_ELLIPSIS = re.compile(r"[\[(（【]?(?:\.{3,}|…+|⋯+|。{3,}|\. \. \.)[\])）】]?")
# What a quote may be wrapped in that the answer does not have.
_WRAPPING = " \t\r\n.…⋯'\"`“”‘’„«»「」『』"
_MARKS = ",;:!?，；：！？。、"
_ENDS = frozenset(".,;:!?，；：！？。、…\n\r()（）—–")
_AROUND = 8
_IN_WORDS = frozenset(" '’-\t\n")
_OPERATORS = frozenset("<>=!+-*/^&|%~≤≥≠")
_SYMBOLS = frozenset({"Sm", "Sc", "So"})


def locate(quote: str, answer: str, question: str = "") -> Span | None:
    """Returns where the answer says *quote*, or None.

    It is looked for as it stands, else folded, else as its parts around ellipses. An ellipsis in a
    quote leaves something out: the span then runs from the first part to the last. None for a
    quote that is not there, for one shorter than ``MIN_QUOTE`` (unless it is the whole answer, or
    stands there as a number, formula, symbol, abbreviation or clause of its own), and for one that
    stands only where the answer repeats *question* (any wordings of it, one a line).
    """
    said = fold(answer)
    wanted = fold(quote).text
    echoes = _echoes(answer, question)
    if not wanted or (wanted != said.text and not says(wanted, MIN_QUOTE)):
        return _found_short(quote.strip(_WRAPPING + _MARKS), answer, said, echoes)
    runs = _found_as_is(quote.strip(_WRAPPING), answer, said, echoes)
    if runs is None:
        runs = _found_folded(wanted, said, echoes) or _found_parts(quote, said, echoes)
    if runs is None:
        return None
    start, end = runs
    return Span(start, end, answer[start:end])


def is_short(quote: str) -> bool:
    """Returns whether the quote says so little that it is evidence only as a token of its own."""
    return not says(fold(quote).text, MIN_QUOTE)


def _found_short(quote: str, answer: str, said: Folded, echoes: Sequence[Run]) -> Span | None:
    """A short quote where it stands as a whole token, or as a clause where it is a plain word."""
    own = _stands_alone if _is_token(quote) else _is_clause
    # In capitals it is an abbreviation: IT is not the word it
    text = answer if quote.isupper() else answer.lower()
    wanted = quote if quote.isupper() else quote.lower()
    # Some letters grow in lower case (U+0130): offsets would not be the answer's
    if not wanted or len(text) != len(answer):
        return None
    for start in _occurrences(wanted, text):
        end = start + len(wanted)
        if own(answer, start, end) and not is_inside(said.within(start, end), echoes):
            return Span(start, end, answer[start:end])
    return None


def _is_token(quote: str) -> bool:
    """Whether it is a number, a formula, a symbol or an abbreviation, not a plain word."""
    abbreviation = len(quote) > 1 and quote.isupper() and quote.isascii()
    inner = [char for char in quote if not char.isalpha() and char not in _IN_WORDS]
    symbol = any(unicodedata.category(char) in _SYMBOLS or char.isalnum() for char in quote)
    return abbreviation or (bool(inner) and symbol)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[max(start - 2, 0) : start][::-1]
    return not _joins(before, text[start]) and not _joins(text[end : end + 2], text[end - 1])


def _joins(beyond: str, edge: str) -> bool:
    """Whether what lies beyond an edge belongs to the same token."""
    if not beyond:
        return False
    near = beyond[0]
    if edge.isalnum():
        # 1.5 and 12:30 are one token, the full stop behind a number is not part of it
        if near in ".,:" and edge.isdigit():
            return beyond[1:2].isdigit()
        return (near.isalnum() and not is_unspaced(near)) or near == "_" or continues(near)
    return edge in _OPERATORS and near in _OPERATORS


def _is_clause(text: str, start: int, end: int) -> bool:
    before = text[max(start - _AROUND, 0) : start].rstrip(" \t\"'“‘*_`")
    after = text[end : end + _AROUND].lstrip(" \t\"'”’*_`")
    return (not before or before[-1] in _ENDS) and (not after or after[0] in _ENDS)


@lru_cache(maxsize=64)  # an answer has many quotes
def _echoes(answer: str, question: str) -> tuple[Run, ...]:
    return repeated(fold(answer), question)


def _found_as_is(quote: str, answer: str, said: Folded, echoes: Sequence[Run]) -> Run | None:
    """The quote as it stands."""
    found = (
        (place, place + len(quote))
        for place in _occurrences(quote, answer)
        if not continues(answer[place]) and not _cut_apart(answer, place + len(quote))
    )
    own = (run for run in found if not is_inside(said.within(*run), echoes))
    return _at_a_word(own, answer)


def _found_folded(wanted: str, said: Folded, echoes: Sequence[Run]) -> Run | None:
    runs = ((place, place + len(wanted)) for place in _occurrences(wanted, said.text))
    own = (run for run in runs if said.original(*run) and not is_inside(run, echoes))
    run = _at_a_word(own, said.text)
    return said.original(*run) if run else None


def _found_parts(quote: str, said: Folded, echoes: Sequence[Run]) -> Run | None:
    """From the first part of the quote to the last, where they follow each other closely."""
    parts = [part for piece in _ELLIPSIS.split(quote) if (part := fold(piece).text)]
    if not 2 <= len(parts) <= MAX_PARTS or not all(says(part, MIN_QUOTE) for part in parts):
        return None
    reach = MAX_STRETCH + sum(map(len, parts))
    for place in _occurrences(parts[0], said.text):
        runs = _in_order(parts, said.text, place, place + reach)
        if not runs:
            continue
        whole = said.original(runs[0][0], runs[-1][1])
        # The ends may be words of the question, as long as one part is not
        if whole and not all(is_inside(run, echoes) for run in runs):
            return whole
    return None


def _in_order(parts: Sequence[str], text: str, place: int, limit: int) -> list[Run]:
    runs = []
    for part in parts:
        found = text.find(part, place, limit)
        if found < 0:
            return []
        place = found + len(part)
        runs.append((found, place))
    return runs


def _occurrences(wanted: str, text: str) -> Iterator[int]:
    place = text.find(wanted)
    while place >= 0:
        yield place
        place = text.find(wanted, place + 1)


def _at_a_word(runs: Iterator[Run], text: str) -> Run | None:
    """The first that begins where a word does, so that "coalesced" is not sought in "uncoalesced"
    while it stands elsewhere; else the first.
    """
    # However often an answer repeats it, the look stays short
    few = list(islice(runs, 64))
    return next((run for run in few if not _inside_word(text, run[0])), next(iter(few), None))


def _inside_word(text: str, place: int) -> bool:
    edge = text[place - 1 : place + 1] if place else ""
    return edge.isascii() and edge.isalpha()


def _cut_apart(text: str, place: int) -> bool:
    return place < len(text) and continues(text[place])

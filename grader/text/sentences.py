"""Sentences and clauses of answers in Chinese, English or both, with lists and code in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.text.fold import continues, is_unspaced

MAX_SENTENCE = 300
"""Code points that a sentence has at most; a longer one is split at a comma."""

_LINE = re.compile(r"[^\n\r\v\f\x85\u2028\u2029]+")
_FENCE = ("```", "~~~")
_CODE = re.compile(r"`[^`]*`")
_STOP = re.compile(r"[。！？；｡.!?;]+(?:[”’\"')\]）】」』》]|\*\*|__)*")
_FULL_WIDTH_STOP = re.compile("[。！？；｡]")
_ABBREVIATION = re.compile(
    r"(?<![a-z])(?:e\.g|i\.e|a\.k\.a|vs|cf|fig|figs|eq|sec|approx|resp|incl|et al)$", re.IGNORECASE
)
_NUMBER = re.compile(r"\s*[(（]?(?:\d{1,2}|[a-z])")
# Not within 1,000 or 10:30
_PAUSE = re.compile(r"[，、；：]|[,;:](?!\d)")
_SPACE = re.compile(r"\s")
# A line this long that stops in the middle of a sentence was wrapped by an editor.
_WRAPPED = 60


@dataclass(frozen=True, slots=True)
class Span:
    """Code points ``start:end`` of a text, and that very slice of it."""

    start: int
    end: int
    text: str


def sentences(text: str) -> tuple[Span, ...]:
    """Returns the sentences, list items and lines of code of *text*, trimmed, in linear time.

    In order; every character but white space is in exactly one of them, and none is longer than
    ``MAX_SENTENCE``. Decimals, versions, file names, abbreviations and code spans are left whole.
    """
    spans = []
    for start, end in _sentences(text):
        for low, high in _short_enough(text, start, end):
            piece = text[low:high]
            if trimmed := piece.strip():
                begin = low + piece.index(trimmed[0])
                spans.append(Span(begin, begin + len(trimmed), trimmed))
    return tuple(spans)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    for start, end, is_code in _blocks(text):
        if is_code:
            yield start, end
            continue
        begin = start
        for stop in _stops(text, start, end):
            yield begin, stop
            begin = stop
        yield begin, end


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Lines, and whether each is code; lines of prose that an editor wrapped come as one."""
    open_fence = False
    start = end = 0
    previous = ""
    for line in _LINE.finditer(text):
        is_fence = line[0].lstrip().startswith(_FENCE)
        is_code = is_fence or open_fence
        if is_code or not _goes_on(previous, line[0]):
            yield start, end, False
            start = line.start()
        end = line.end()
        previous = line[0]
        if is_code:
            yield start, end, True
            start, previous = end, ""
        open_fence ^= is_fence
    yield start, end, False


def _goes_on(line: str, following: str) -> bool:
    line = line.rstrip()
    first = following.lstrip()[:1]
    unfinished = len(line) >= _WRAPPED and (line[-1].isalnum() or line[-1] == ",")
    return unfinished and first.isascii() and first.islower()


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets after each stop that ends a sentence in ``start:end``."""
    codes = _CODE.finditer(text, start, end)
    code = next(codes, None)
    for stop in _STOP.finditer(text, start, end):
        while code and code.end() <= stop.start():
            code = next(codes, None)
        in_code = code is not None and code.start() < stop.start()
        if not in_code and _ends_sentence(text, stop, start):
            yield stop.end()


def _ends_sentence(text: str, stop: re.Match[str], start: int) -> bool:
    if _FULL_WIDTH_STOP.search(stop[0]):
        return True
    # Room for the longest abbreviation; a look back to the start would take quadratic time
    before = text[max(start, stop.start() - 8) : stop.start()]
    if stop[0] == "." and _ABBREVIATION.search(before):
        return False
    after = text[stop.end() : stop.end() + 1]
    if after and not after.isspace():
        return is_unspaced(after)
    if before[-1:].isspace():  # "a ? b : c"
        return False
    # The character after the space; a long run of spaces is as good as a new sentence.
    following = text[stop.end() : stop.end() + 8].lstrip()[:1]
    # These stand within sentences too: a small letter goes on with one
    if stop[0].startswith("..") or before.endswith("etc"):
        return not following.islower()
    numbered = stop[0] == "." and _NUMBER.fullmatch(text, start, stop.start())  # "1. first item"
    return not (numbered and following)


def _short_enough(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_SENTENCE:
        cut = _cut(text, start)
        yield start, cut
        start = cut
    yield start, end


def _cut(text: str, start: int) -> int:
    """Where to split: after the last comma, else the last space, else before a whole character."""
    limit = start + MAX_SENTENCE
    for place in (_PAUSE, _SPACE):
        # A comma near the front would leave a scrap.
        found = [m.end() for m in place.finditer(text, start + MAX_SENTENCE // 4, limit)]
        if found:
            return found[-1]
    cut = limit
    while cut > start + 1 and continues(text[cut]):
        cut -= 1
    return cut if cut > start + 1 else limit

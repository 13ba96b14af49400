"""Text with everything folded away that a faithful quotation may change.

Folded: compatibility forms (NFKC: full-width, ligatures), case, white space, punctuation, quotation
marks, dashes, Markdown emphasis and invisible characters. Never folded: letters, digits and symbols
such as ``<``, ``+`` or ``%``, for they carry the meaning. An index map leads back to the original.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_QUOTES = frozenset("'\"`´¨*‘’‚‛“”„‟«»‹›「」『』〝〞〟")
# Punctuation to Unicode, but 5 is not 5 %
_PUNCTUATION_WITH_MEANING = frozenset("%‰&@")
# The bar parts a table's cells; the minus sign folds as the hyphen that is typed for it does
_SYMBOLS_WITHOUT_MEANING = frozenset("|−")
# Letters, marks and symbols to Unicode, of which nothing is seen
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_VARIATION_SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
# Scripts that are written without spaces between words.
_UNSPACED = (
    (0x2E80, 0x312F),
    (0x31A0, 0x4DBF),
    (0x4E00, 0xA4CF),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x323AF),
)
# More marks on one letter than UAX #15's stream-safe format allows begin a new cluster: putting an
# endless run of them into canonical order would take quadratic time.
_LONGEST_CLUSTER = 31
# Two Arabic ligatures stand for whole phrases; folding them would blow a text up eighteenfold.
_EXPANSION = 6
_SHORT, _LONG = 200, 4000


class CharacterKind(Enum):
    """What a folded character is."""

    LETTER = "letter"
    UNSPACED = "letter of a script without spaces"
    DIGIT = "digit"
    SYMBOL = "symbol"
    JOINED = "combining mark"
    QUOTE = "quotation mark or emphasis"
    GAP = "white space or punctuation"
    NOTHING = "invisible"


# Most of every answer: characters that fold to their lower case or to a gap, in runs of one kind,
# unless what comes next may be a combining mark, which belongs to the character before it. Words
# one space apart are one run: that space stays.
_PLAIN = re.compile(
    r"(?:([A-Za-z]+(?: [A-Za-z]+)*)|([\u4e00-\u9fff]+)|([0-9]+)"
    r"|([ \n\t!#(),\-./:;?\[\]_{}，。；：！？、（）]+))"
    r"(?![\u0300-\u200f\u2028-\u2fff\u3003-\u4dff\ua000-\uff00\uff66-\U0010ffff])"
)
_NUMBERS = array("I", range(4096))
"""0, 1, 2, ...: to be copied from, which is quicker than counting."""
_PLAIN_KINDS = (
    CharacterKind.LETTER,
    CharacterKind.UNSPACED,
    CharacterKind.DIGIT,
    CharacterKind.GAP,
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text and, for each of its characters, the stretch of the original it came from."""

    text: str
    starts: "array[int]"
    ends: "array[int]"

    def original(self, start: int, end: int) -> tuple[int, int] | None:
        """Returns the original offsets of folded ``start:end``; None if that cuts a character."""
        if start >= end or self._inside(start) or self._inside(end):
            return None
        return self.starts[start], self.ends[end - 1]

    def within(self, start: int, end: int) -> tuple[int, int]:
        """Returns the folded stretch of what lies in ``start:end`` of the original."""
        return bisect_left(self.starts, start), bisect_left(self.starts, end)

    def _inside(self, index: int) -> bool:
        return 0 < index < len(self.starts) and self.starts[index] == self.starts[index - 1]


def fold(text: str) -> Folded:
    """Folds *text*, in linear time.

    White space and punctuation become one space between two words or two numbers and nothing
    elsewhere (next to Chinese and Japanese, between a number and its unit, at the ends), so
    ``12.4`` is not ``124`` but ``16 GB`` is ``16GB``.
    """
    if len(text) < _SHORT:
        return _fold_sentence(text)
    return _fold_answer(text) if len(text) <= _LONG else _fold_long_answer(text)


def _fold(text: str) -> Folded:
    said = _Said()
    done = 0
    if len(_NUMBERS) <= len(text):
        _NUMBERS.extend(range(len(_NUMBERS), len(text) + 1))
    for found in _PLAIN.finditer(text):
        start, end = found.span()
        if done < start:
            said.clusters(text, done, start)
        said.run(found[0], start, end, _PLAIN_KINDS[(found.lastindex or 0) - 1])
        done = end
    said.clusters(text, done, len(text))
    return Folded("".join(said.pieces), said.starts, said.ends)


# An answer is folded when it is read and again when its quotes are looked for, a reply later, with
# hundreds of others in between.
_fold_sentence = lru_cache(maxsize=64)(_fold)
_fold_answer = lru_cache(maxsize=256)(_fold)
_fold_long_answer = lru_cache(maxsize=16)(_fold)


class _Said:
    """The folded text so far."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.starts = array("I")
        self.ends = array("I")
        self._last = self._gap = CharacterKind.NOTHING

    def run(self, text: str, start: int, end: int, kind: CharacterKind) -> None:
        """Adds a stretch of one kind, words one space apart included, in which each character
        folds to one."""
        if kind is CharacterKind.GAP:
            self._gap = kind
            return
        if self._gap is not CharacterKind.NOTHING:
            self._part(kind, start)
        self._last = kind
        self.pieces.append(text.lower())
        self.starts += _NUMBERS[start:end]
        self.ends += _NUMBERS[start + 1 : end + 1]

    def clusters(self, text: str, start: int, end: int) -> None:
        """Adds a stretch of anything, a letter with its marks at a time."""
        for first, last in _clusters(text, start, end):
            for character, kind in _folded_cluster(text[first:last]):
                if kind is CharacterKind.GAP or (
                    kind is CharacterKind.QUOTE and self._gap is CharacterKind.NOTHING
                ):
                    self._gap = kind
                elif kind is not CharacterKind.QUOTE:
                    self._part(self._last if kind is CharacterKind.JOINED else kind, first)
                    self.pieces.append(character)
                    self.starts.append(first)
                    self.ends.append(last)

    def _part(self, kind: CharacterKind, start: int) -> None:
        """Puts a space before what follows, where one belongs."""
        if _parted(self._last, self._gap, kind):
            self.pieces.append(" ")
            self.starts.append(self.ends[-1])
            self.ends.append(start)
        self._last, self._gap = kind, CharacterKind.NOTHING


def continues(character: str) -> bool:
    """Returns whether *character* belongs to the one before it: a mark, a vowel of a syllable."""
    # No combining mark comes before U+0300: most characters need no look-up
    return character > "\u02ff" and _continues(character)


def says(folded: str, least: int) -> bool:
    """Returns whether *folded* says *least* or more.

    A Chinese, Japanese or Korean character says two, a letter or digit one. Symbols and marks say
    nothing on their own.
    """
    said = 0
    for character in folded:
        said += _weight(character)
        if said >= least:
            return True
    return said >= least


def is_unspaced(character: str) -> bool:
    """Returns whether *character* is of a script without spaces, its punctuation included."""
    code = ord(character)
    return any(low <= code <= high for low, high in _UNSPACED) or 0xFF00 <= code <= 0xFF65


def _parted(before: CharacterKind, gap: CharacterKind, after: CharacterKind) -> bool:
    if gap is CharacterKind.NOTHING or before is not after:
        return False
    return before is CharacterKind.DIGIT or (
        before is CharacterKind.LETTER and gap is CharacterKind.GAP
    )


def _clusters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for index in range(start + 1, end):
        if not continues(text[index]) or index - start >= _LONGEST_CLUSTER:
            yield start, index
            start = index
    if start < end:
        yield start, end


@lru_cache(maxsize=8192)
def _folded_cluster(cluster: str) -> tuple[tuple[str, CharacterKind], ...]:
    """NFKC_Casefold of Unicode's section 3.13, less what is invisible."""
    if cluster in _QUOTES:  # some would decompose to a space and an accent
        return ((cluster, CharacterKind.QUOTE),)
    # Composed again, since casefold takes some letters apart, such as U+0390
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    if len(folded) > _EXPANSION * len(cluster):
        folded = cluster
    kinds = ((character, _kind(character)) for character in folded)
    return tuple(pair for pair in kinds if pair[1] is not CharacterKind.NOTHING)


@lru_cache(maxsize=8192)
def _continues(character: str) -> bool:
    first = unicodedata.normalize("NFKD", character)[0]
    # To Unicode the vowels and finals of Hangul syllables are letters
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


@lru_cache(maxsize=8192)
def _weight(character: str) -> int:
    kind = _kind(character)
    if kind not in (CharacterKind.LETTER, CharacterKind.UNSPACED, CharacterKind.DIGIT):
        return 0
    # Korean parts its words, but a syllable says as much as a Chinese character
    return 2 if kind is CharacterKind.UNSPACED or "\uac00" <= character <= "\ud7a3" else 1


@lru_cache(maxsize=8192)
def _kind(character: str) -> CharacterKind:
    if character in _QUOTES:
        return CharacterKind.QUOTE
    if character.isspace() or character in _SYMBOLS_WITHOUT_MEANING:
        return CharacterKind.GAP
    if character in _PUNCTUATION_WITH_MEANING:
        return CharacterKind.SYMBOL
    category = unicodedata.category(character)
    if category in ("Cf", "Cc") or _is_blank(character):
        return CharacterKind.NOTHING
    if category[0] == "L":
        return CharacterKind.UNSPACED if is_unspaced(character) else CharacterKind.LETTER
    major = {
        "N": CharacterKind.DIGIT,
        "M": CharacterKind.JOINED,
        "P": CharacterKind.GAP,
        "Z": CharacterKind.GAP,
    }
    return major.get(category[0], CharacterKind.SYMBOL)


def _is_blank(character: str) -> bool:
    code = ord(character)
    return character in _BLANK or any(low <= code <= high for low, high in _VARIATION_SELECTORS)

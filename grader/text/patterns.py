"""The phrase lists of ``phrases.toml``, ready to be matched against folded text."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from grader.text.fold import fold
from grader.util.frozen import Frozen

_FILE = Path(__file__).with_name("phrases.toml")
_NOT_LATIN = re.compile("[^\x00-\x7f]")
_WORD_LIST = re.compile(r"<(\w+)>")
# Bounded, so that the search stays linear in the length of an answer
_ANYTHING = ".{0,20}?"


class Conditional(Frozen):
    """A phrase that says nothing unless the question holds a certain word."""

    phrase: str
    question_has: str


class Phrases(Frozen):
    """The file as it is written."""

    openers: tuple[str, ...]
    non_answers: tuple[str, ...]
    non_answers_unless: tuple[Conditional, ...]
    closed: tuple[str, ...]
    examples: tuple[str, ...]
    look_alikes: dict[str, str]
    words: dict[str, tuple[str, ...]]
    sentences: dict[str, tuple[str, ...]]
    marks: dict[str, tuple[str, ...]]
    opposites: dict[str, tuple[tuple[str, str], ...]]


class Matchers:
    """The phrases, compiled."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._closed = re.compile("|".join(phrases.closed))
        self.examples = _any_phrase(phrases.examples)
        self.look_alikes = str.maketrans(phrases.look_alikes["from"], phrases.look_alikes["to"])
        self.sentences = {
            kind: _any_pattern(_expanded(patterns, phrases.words))
            for kind, patterns in phrases.sentences.items()
        }
        self.both_ways = _both_ways(phrases.opposites)
        self.marks = {kind: re.compile("|".join(each)) for kind, each in phrases.marks.items()}

    def is_closed(self, folded_question: str) -> bool:
        """Returns whether a folded sentence asks for yes or no."""
        return self._closed.search(folded_question) is not None

    @cache  # noqa: B019 - there is one instance
    def empty(self, folded_question: str) -> re.Pattern[str]:
        """Returns what says nothing in an answer to the question."""
        said = self._phrases
        conditional = tuple(
            each.phrase
            for each in said.non_answers_unless
            if each.question_has not in folded_question
        )
        return _any_phrase((*said.openers, *said.non_answers, *conditional))


@cache
def load() -> Matchers:
    """Returns the shipped phrases."""
    return Matchers(Phrases.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8"))))


@cache  # most questions have the same
def _any_phrase(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Any of *phrases* as whole words, the longest first."""
    # Of alternatives the first that fits is taken, not the longest
    folded = sorted({fold(phrase).text for phrase in phrases}, key=len, reverse=True)
    latin = "|".join(re.escape(each) for each in folded if not _NOT_LATIN.search(each))
    other = "|".join(re.escape(each) for each in folded if _NOT_LATIN.search(each))
    return re.compile(f"(?<![a-z0-9])(?:{latin})(?![a-z0-9])|{other}")


def _both_ways(opposites: dict[str, tuple[tuple[str, str], ...]]) -> re.Pattern[str]:
    """Two opposites said of one thing: "faster or slower", "sometimes faster and sometimes not"."""
    latin = [
        rf"(?<![a-z])(?!more or less){a}[a-z]*(?: [a-z]+){{0,2}}?"
        rf" (?:or|and in other\w*|and sometimes)(?: [a-z]+){{0,2}}? {b}"
        for pair in opposites["latin"]
        for a, b in (pair, pair[::-1])
    ]
    other = [
        rf"{a}.{{0,8}}?(?:也|或|还是|有时|有的).{{0,6}}?{b}"
        for pair in opposites["other"]
        for a, b in (pair, pair[::-1])
    ]
    return re.compile("|".join([*latin, *other]))


def _any_pattern(patterns: Iterable[str]) -> re.Pattern[str]:
    """Any of *patterns*, those in Latin letters as whole words."""
    every = list(patterns)
    latin = "|".join(each for each in every if not _NOT_LATIN.search(each))
    other = [each for each in every if _NOT_LATIN.search(each)]
    # One look at what is before them all: inside a word, none of them is tried. Without any, the
    # empty group would match everywhere.
    whole_words = [f"(?<![a-z])(?:{latin})(?![a-z])"] if latin else []
    return re.compile("|".join([*whole_words, *other]))


def _expanded(patterns: Iterable[str], words: dict[str, tuple[str, ...]]) -> Iterable[str]:
    def words_in(pattern: str) -> str:
        return _WORD_LIST.sub(lambda name: f"(?:{'|'.join(words[name[1]])})", pattern)

    for pattern in patterns:
        whole = words_in(words_in(pattern))  # a list of words may name another
        yield whole.replace("..", _ANYTHING)

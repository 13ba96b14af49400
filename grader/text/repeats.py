"""Where an answer only repeats the question."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import itemgetter

from grader.text import patterns
from grader.text.fold import Folded, fold
from grader.text.sentences import sentences

_SHARE = 0.75
"""The share of a question's sentence from which on a run of its words is the repeated question."""
_SHORTEST = 4

Run = tuple[int, int]


def repeated(answer: Folded, question: str) -> tuple[Run, ...]:
    """Returns the folded stretches of *answer* that repeat a sentence of *question*, word for word.

    A run of the sentence's words counts from three quarters of the sentence on. A yes/no question
    must be repeated whole: to state it without the question mark is to say yes.
    """
    found = (run for sentence in _sentences(question) for run in _runs(answer.text, sentence))
    return tuple(_merged(sorted(found)))


@lru_cache(maxsize=64)  # one question has many answers, and each answer many quotes
def _sentences(question: str) -> tuple[str, ...]:
    return tuple(fold(sentence.text).text for sentence in sentences(question))


def is_inside(run: Run, stretches: Sequence[Run]) -> bool:
    """Returns whether one of *stretches* (in order, apart from each other) holds all of *run*."""
    place = bisect_right(stretches, run[0], key=itemgetter(0)) - 1
    return place >= 0 and run[1] <= stretches[place][1]


def _merged(runs: Sequence[Run]) -> Iterator[Run]:
    start = end = 0
    for run in runs:
        if end and run[0] > end + 1:  # more than the space between two sentences
            yield start, end
            start = end = 0
        start = start if end else run[0]
        end = max(end, run[1])
    if end:
        yield start, end


def _runs(answer: str, sentence: str) -> Iterator[Run]:
    length = len(sentence)
    if length < _SHORTEST:
        return
    shortest = length if patterns.load().is_closed(sentence) else math.ceil(_SHARE * length)
    # Every run of that length holds the sentence's middle.
    middle = length - shortest
    core = sentence[middle:shortest]
    place = answer.find(core)
    while place >= 0:
        start, end = _extended(answer, sentence, place, middle, len(core))
        if end - start >= shortest:
            yield start, end
        # On behind the run: what is nothing but repetition is gone through once
        place = answer.find(core, max(end, place + 1))


def _extended(answer: str, sentence: str, place: int, middle: int, size: int) -> Run:
    """The stretch around ``answer[place:place + size] == sentence[middle:middle + size]``."""
    left = 0
    while left < min(place, middle) and answer[place - left - 1] == sentence[middle - left - 1]:
        left += 1
    end, stop = place + size, middle + size
    while end < len(answer) and stop < len(sentence) and answer[end] == sentence[stop]:
        end, stop = end + 1, stop + 1
    return place - left, end

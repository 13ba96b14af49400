"""The sentence of an answer that is nearest to a claim in its words, in any of its languages.

A yes of a small model is worth more than its answer to "where?", which is mostly the longest
sentence. The key point stands in two languages and its note names other wordings, so that the
words that a sentence shares with them tell the place; rare words count for more (Spärck Jones,
1972).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from grader.fold import fold

_WORD = re.compile(r"[a-z]+|[0-9]+|[\u3400-\u9fff]+")
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s", "e", "d")
_STEM = 3
_LENGTH = 12  # terms from which on a sentence begins to be long


def nearest(claims: Iterable[str], sentences: Sequence[str]) -> int | None:
    """The index of the sentence that shares most with *claims*; None where none shares a word.

    Args:
        claims: the same claim in several wordings or languages.
    """
    wanted = {term for claim in claims for term in terms(claim)}
    said = [set(terms(sentence)) for sentence in sentences]
    known_in = Counter(term for found in said for term in found)

    def shared(found: set[str]) -> float:
        # A small discount for length: a sentence that says everything is evidence of little.
        rare = sum(math.log(1 + len(said) / known_in[term]) ** 2 for term in found & wanted)
        return float(rare / (_LENGTH + len(found)) ** 0.5)

    if not any(found & wanted for found in said):
        return None
    return max(range(len(said)), key=lambda n: shared(said[n]))


def terms(text: str) -> list[str]:
    """The words of *text* without their endings; of Chinese text every two characters."""
    found: list[str] = []
    for run in _WORD.findall(fold(text).text):
        if run[0] < "\u3400":
            found.append(_stem(run))
        else:
            found += [run[n : n + 2] for n in range(max(1, len(run) - 1))]
    return [term for term in found if term not in _EMPTY]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            stem = word.removesuffix(ending)
            doubled = len(stem) > _STEM and stem[-1] == stem[-2] and stem[-1] not in "ls"
            return stem[:-1] if doubled else stem
    return word


# fmt: off
_EMPTY = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from",
    "has", "have", "if", "in", "into", "is", "it", "its", "no", "not", "of", "on", "one", "only",
    "or", "so", "than", "that", "the", "their", "then", "there", "they", "thi", "this", "to",
    "what", "when", "which", "with", "you",
})
# fmt: on

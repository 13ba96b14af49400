"""Whether an answer is about the question's subject at all, told by its words."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from grader.fold import fold
from grader.rubric import Rubric

FEWEST_SHARED = 2
"""Words that an answer to the question shares with its rubric at least, an analogy too."""
SHORT = 8
"""Words up to which an answer is too short to tell."""

_LATIN = re.compile("[a-z][a-z0-9_+.-]*[a-z0-9+]")
_CHINESE = re.compile("[\u3400-\u9fff]+")
_COMMON = """
a an the of to in on at is are was were be been it its this that these those and or not no but
for with by from as if so than then there here has have had do does can could will would should
may must you we they he she your our their my me what which who when where why how all each
every any some more most less few many much very just only also too into out up down over under
again same other another one two first second about because while between after before during
both such own like make makes get gets use uses used using need needs way thing things even
still now well know think say says see go goes come take put give lot answer question vs case
cases time whole part point points different better worse right wrong yes
"""
_EVERYWHERE = frozenset(_COMMON.split())


def is_elsewhere(text: str, rubric: Rubric) -> bool:
    """Whether *text* is long enough to tell, and shares hardly a word with the rubric."""
    said = _words(text)
    return len(said) > SHORT and len(said & _vocabulary(rubric)) < FEWEST_SHARED


def _words(text: str) -> set[str]:
    """Latin words, plurals as singulars too, and pairs of Chinese characters."""
    folded = fold(text).text
    latin = {word for word in _LATIN.findall(folded) if word not in _EVERYWHERE}
    singular = {word[:-1] for word in latin if word.endswith("s")}
    runs = _CHINESE.findall(folded)
    return latin | singular | {run[n : n + 2] for run in runs for n in range(len(run) - 1)}


@cache
def _vocabulary(rubric: Rubric) -> frozenset[str]:
    return frozenset(word for text in _texts(rubric) for word in _words(text))


def _texts(rubric: Rubric) -> Iterator[str]:
    asked: Iterable[str | None] = (rubric.question.en, rubric.question.zh)
    yield from (text for text in asked if text)
    for point in rubric.key_points:
        notes = point.notes
        yield from (point.en, point.zh, notes.met, notes.partial or "", notes.missed)
    for claim in rubric.misconceptions:
        yield from (claim.en, claim.zh, claim.correction.en, claim.correction.zh)

"""What the words of an answer have to do with the question's subject.

A small model says yes to fluent text about anything. What shares no word with a claim, its note or
its translation, but for the words that the question put into the candidate's mouth and those that
stand in every text, supports no claim.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from grader.nearest import terms
from grader.own_words import Line
from grader.rubric import KeyPoint, Rubric

FEWEST_SHARED = 2
"""Words that an answer to the question shares with its rubric at least, an analogy too."""
SHORT = 5
"""Words up to which an answer is too short to tell."""

_COMMON = """
about again all also always answer any another anything be been before both case come correct did
different during each even ever every everything first for further get give given go good got had
he her here his how i just know like likely look lot made make many may maybe me mean might more
most much must my name need never next nothing now off other our out over own part people point
possible put question quite rather really right said same say second see she should show simply
since some something still such sure take tell them these thing think those through time too two
under until up use used using us vs very want was way we well were where whether while who whole
why will within without work worse would wrong yes yet your 一个 一些 一样 一种 不会 不同 不是
不能 不要 个问 也可 什么 他们 以上 以下 以及 以说 使用 例如 先要 全部 其中 其实 出现 分析 可以
可能 各种 同时 后再 因为 因此 回答 因素 在于 基本 如何 如果 如此 它们 学生 实际 就是 并且 应该
当然 怎么 情况 我们 所以 所有 所谓 所在 时候 是否 本身 条件 来说 比如 没有 然后 现在 的话 直接
看到 知道 答案 而且 能够 虽然 要的 觉得 这个 这些 这样 这种 这里 通过 那么 都是 里面 问题 首先
需要 题目
"""
_EVERYWHERE = frozenset(terms(_COMMON))


def to_be_shown(lines: Sequence[Line], rubric: Rubric) -> tuple[Line, ...]:
    """The lines that a judge is shown: those on the subject; all where hardly any word is."""
    return tuple(lines) if is_elsewhere(lines, rubric) else on_subject(lines, rubric)


def on_subject(lines: Iterable[Line], rubric: Rubric) -> tuple[Line, ...]:
    """The lines that share a word with the rubric, beyond its question's."""
    known = _vocabulary(rubric)
    return tuple(line for line in lines if not known.isdisjoint(_terms(line.shown)))


def supports(lines: Iterable[Line], point: KeyPoint, rubric: Rubric) -> bool:
    """Whether a line shares a word with the key point or its notes, beyond the question's."""
    known = _words((point.en, point.zh, point.notes.met, point.notes.partial)) - _asked(rubric)
    return any(not known.isdisjoint(_terms(line.shown)) for line in lines)


def is_elsewhere(lines: Iterable[Line], rubric: Rubric) -> bool:
    """Whether the lines are long enough to tell, and share hardly a word with the subject."""
    said = _words(line.shown for line in lines)
    return len(said) > SHORT and len(said & (_vocabulary(rubric) | _asked(rubric))) < FEWEST_SHARED


def _terms(text: str) -> frozenset[str]:
    return frozenset(terms(text)) - _EVERYWHERE


def _words(texts: Iterable[str | None]) -> frozenset[str]:
    return frozenset(word for text in texts if text for word in _terms(text))


@lru_cache(maxsize=64)
def _asked(rubric: Rubric) -> frozenset[str]:
    return _words((rubric.question.en, rubric.question.zh))


@lru_cache(maxsize=64)
def _vocabulary(rubric: Rubric) -> frozenset[str]:
    return _words(_claims(rubric)) - _asked(rubric)


def _claims(rubric: Rubric) -> Iterator[str | None]:
    for point in rubric.key_points:
        yield from (point.en, point.zh, point.notes.met, point.notes.partial)
    for claim in rubric.misconceptions:
        yield from (claim.en, claim.zh, claim.correction.en, claim.correction.zh)

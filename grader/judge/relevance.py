"""Whether an answer is about the question's subject at all, by its words alone.

A small model may say yes to fluent text about anything. What an answer is about shows in its words:
without their endings, and of Chinese text every two characters.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from grader.rubric.format import Rubric
from grader.text.fold import fold

_FEWEST_SHARED = 2
"""Words that an answer to the question shares with its rubric at least, an analogy too."""
_SHORT = 5
"""Words up to which an answer is too short to share two."""
_STEM = 3
_UNSPACED = "\u0e00-\u0eff\u30a0-\u30ff\uac00-\ud7af"
"""Thai, Lao, katakana and Korean: written without spaces, or with endings on every word. Hiragana
is left out: it holds the endings and particles of Japanese."""
_WORD = re.compile(
    rf"[^\W\d_\u3040-\u309f\u3400-\u9fff{_UNSPACED}]+|[0-9]+|[\u3400-\u9fff]+|[{_UNSPACED}]+"
)
_PAIRED = re.compile(rf"[\u3400-\u9fff{_UNSPACED}]")
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s", "e", "d")

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
# fmt: off
_EMPTY = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "does", "for", "from",
    "has", "have", "if", "in", "into", "is", "it", "its", "no", "not", "of", "on", "one", "only",
    "or", "so", "than", "that", "the", "their", "then", "there", "they", "thi", "this", "to",
    "what", "when", "which", "with", "you",
})
# fmt: on


def is_elsewhere(texts: Iterable[str], rubric: Rubric) -> bool:
    """Whether *texts* share hardly a word with the rubric: none if they are short, else fewer than
    two.

    Words in a script that the rubric does not have tell nothing.
    """
    said = _words(texts)
    known = _scripts(_vocabulary(rubric)) | {"DIGIT"}
    if said and not (said := frozenset(word for word in said if _script(word) in known)):
        return False
    fewest = _FEWEST_SHARED if len(said) > _SHORT else 1
    return len(said & _vocabulary(rubric)) < fewest


def _scripts(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_script, words))


def _script(word: str) -> str:
    return unicodedata.name(word[0], "").partition(" ")[0]


def terms(text: str) -> list[str]:
    """Returns the words of *text* without their endings; of Chinese, and of what else is written
    without spaces, every two characters."""
    found: list[str] = []
    for run in _WORD.findall(fold(text).text):
        if not _PAIRED.match(run):
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


_EVERYWHERE = frozenset(terms(_COMMON))


def _words(texts: Iterable[str | None]) -> frozenset[str]:
    return frozenset(term for text in texts if text for term in terms(text)) - _EVERYWHERE


@lru_cache(maxsize=64)
def _vocabulary(rubric: Rubric) -> frozenset[str]:
    return _words(_texts(rubric))


def _texts(rubric: Rubric) -> Iterator[str | None]:
    yield from rubric.question.wordings
    for point in rubric.key_points:
        yield from (*point.wordings, point.notes.met, point.notes.partial)
    for claim in rubric.misconceptions:
        yield from (*claim.wordings, *claim.correction.wordings)

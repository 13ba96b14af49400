"""Whether a sentence asserts anything, and whether it is a claim turned into its opposite.

Both tests are narrow on purpose: what they are not sure of is left to the judge.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader import phrases
from grader.fold import fold

_FEWEST_ITEMS = 5
_NAMES = 0.9
"""The share of its items that are plain names."""
_LONGEST_ITEM = 3  # Latin words
_LONGEST_CHINESE_ITEM = 6
SAME = 0.85
"""The share of its words that a denial has in common with the claim."""
DRESSED = 0.5
"""The share of a sentence's words from which on they are a claim, the others its dress."""

_COMMA = re.compile(r"[,，、;；|\n]+")
_PAIR = re.compile(r"""[\s{\[,]*"[^"\n]{1,60}"\s*:\s*"*[^"\n]{0,60}"*[\s,}\]]*""")
_STOPS = ".。!！:： \t"
_WORD = re.compile("[a-z0-9_+%/-]+|[\u3400-\u9fff]")
_CHINESE = re.compile("[\u3400-\u9fff]")
# What makes words a statement rather than a list of names.
_RELATION = re.compile(
    r"(?<![a-z])(?:is|are|was|be|has|have|had|do|does|can|must|should|will|may|to|of|by|for|with|"
    r"from|in|on|at|as|than|so|if|when|because|then|not|no|and|or|but|the|a|an|it|they|you|we|i|"
    r"per|via|into|over|under|while|until|only|more|less)(?![a-z])"
    r"|[的是会了在把被让使用由从到对为与和或不没无可能要就都也有给跟]|[=<>→≈×]|(?<![a-z0-9])\d"
)
_DENIED_WORDS = {
    "not", "no", "never", "cannot", "cant", "dont", "doesnt", "isnt", "arent", "wont", "wasnt",
    "neither", "nor", "false", "untrue", "wrong", "incorrect", "without",
}  # fmt: skip
_DENIED_CHINESE = re.compile("并非如此|并非|不是|不对|不会|不能|没有|错误|错的|不|没|无|非|未|错")
# Words that frame a denial and say nothing themselves.
_FRAME = {"it", "is", "that", "true", "do", "does", "are", "the", "a", "an", "be", "this", "claim"}
_LEFT_OUT = _DENIED_WORDS | _FRAME | set("这种说法的是如此会")


def says(text: str) -> bool:
    """Whether *text* has a letter or a digit at all."""
    return any(char.isalnum() for char in text)


def is_bare_list(sentence: str) -> bool:
    """Whether *sentence* only lists names: at least five, with commas, and nothing said of them."""
    items = [item.strip(_STOPS) for item in _COMMA.split(sentence)]
    items = [item for item in items if item]
    names = sum(map(_is_name, items))
    return len(items) >= _FEWEST_ITEMS and names >= _NAMES * len(items)


def is_bare_pair(sentence: str) -> bool:
    """Whether *sentence* is only a name with a short value, as JSON has them."""
    return _PAIR.fullmatch(sentence) is not None


def says_both(sentence: str) -> int:
    """How often *sentence* says something and its opposite of the same thing."""
    return sum(1 for _ in phrases.load().both_ways.finditer(fold(sentence).text))


def without_emphasis(sentence: str) -> str:
    """*sentence* without what only says how sure its writer is; whole where nothing else is."""
    left = phrases.load().emphasis.sub("", sentence).strip()
    return left if says(left) else sentence


def _is_name(item: str) -> bool:
    if _RELATION.search(item.casefold()):
        return False
    chinese = len(_CHINESE.findall(item))
    return chinese <= _LONGEST_CHINESE_ITEM and len(item.split()) <= _LONGEST_ITEM


@dataclass(frozen=True, slots=True)
class Wording:
    """How often a text has each word, and how often it denies something."""

    words: Counter[str]
    size: int
    denials: int


def wording(text: str) -> Wording:
    """The words of *text*, those that deny or only frame a denial left out."""
    folded = fold(text).text
    denials = len(_DENIED_CHINESE.findall(folded))
    words = _WORD.findall(_DENIED_CHINESE.sub(" ", folded))
    denials += sum(word in _DENIED_WORDS for word in words)
    left = Counter(word for word in words if word not in _LEFT_OUT)
    return Wording(left, left.total(), denials)


def denies(said: Sequence[Wording], claim: Wording) -> bool:
    """Whether the sentences *said* are *claim* word for word but for a denial."""
    whole = _together(said)
    if whole.denials % 2 == claim.denials % 2 or not whole.size:
        return False
    return _in_common(whole, claim) >= SAME * max(whole.size, claim.size)


def states(said: Sequence[Wording], claim: Wording) -> bool:
    """Whether the sentences *said* hold *claim* word for word, and little else."""
    whole = _together(said)
    if whole.denials % 2 != claim.denials % 2 or not claim.size:
        return False
    shared = _in_common(whole, claim)
    return shared >= SAME * claim.size and shared >= DRESSED * whole.size


def _together(said: Sequence[Wording]) -> Wording:
    if len(said) == 1:
        return said[0]
    words: Counter[str] = sum((each.words for each in said), Counter())
    return Wording(words, sum(each.size for each in said), sum(each.denials for each in said))


def _in_common(said: Wording, claim: Wording) -> int:
    return (said.words & claim.words).total()

"""The defences of a judge that is asked claim by claim: named, one after the other.

Most look for stretches of the answer that are no claim of the candidate's about the subject. What
they set aside is written into the record and shown, so that a reader sees which words were not
judged. The last two look at the verdicts that came of the rest.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from grader.answer import Answer
from grader.judge.relevance import is_elsewhere
from grader.record import Cause, PointGrade, SetAside, Verdict
from grader.rubric.format import Rubric
from grader.text import flags as integrity
from grader.text import patterns
from grader.text.flags import MAX_FLAGS, TO_THE_GRADER, Flag
from grader.text.reading import read_through
from grader.text.repeats import Run, is_inside, repeated
from grader.text.sentences import Span

_HIDDEN_WORDS = 8
"""Invisible characters in a row from which on they may spell something out to a model."""
_BOTH_WAYS = 2
"""Times from which on an answer that says a thing and its opposite is hedging on purpose."""
_BY_CHANCE = 1.5
"""Key points of an answer, times their doubt, up to which an answer's surest credit may be one that
it drew by chance: the more points, the likelier one of them (as Bonferroni, 1936)."""
_FEWEST_ITEMS = 5
_NAMES = 0.9
"""The share of its items that are plain names in a bare list."""
_LONGEST_ITEM = 3  # Latin words
_LONGEST_CHINESE_ITEM = 6

_COMMA = re.compile(r"[,，、;；|\n]+")
_PAIR = re.compile(r"""[\s{\[,]*"[^"\n]{1,60}"\s*:\s*"*[^"\n]{0,60}"*[\s,}\]]*""")
_SLUG = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+")
_STOPS = ".。!！:： \t"
_CHINESE = re.compile("[\u3400-\u9fff]")
# What makes words a statement rather than a list of names.
_RELATION = re.compile(
    r"(?<![a-z])(?:is|are|was|be|has|have|had|do|does|can|must|should|will|may|to|of|by|for|with|"
    r"from|in|on|at|as|than|so|if|when|because|then|not|no|and|or|but|the|a|an|it|they|you|we|i|"
    r"per|via|into|over|under|while|until|only|more|less)(?![a-z])"
    r"|[的是会了在把被让使用由从到对为与和或不没无可能要就都也有给跟]|[=<>→≈×]|(?<![a-z0-9])\d"
)


Points = tuple[PointGrade, ...]


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence of the answer, and as much of it as a judge is shown."""

    span: Span
    shown: str


@dataclass(frozen=True)
class Defence:
    """One defence.

    Attributes:
        name: what the record and the reports call it.
        version: raised with whatever it finds or settles otherwise than before: it is in the
            digest by which a record says how it was judged.
        find: gives stretches ``(start, end)`` of the answer that are not to be judged.
        settle: takes the verdicts and what was judged, and gives the verdicts that stand.
    """

    name: str
    version: int = field(default=1, kw_only=True)
    find: Callable[[Answer, Rubric], Iterable[Run]] = lambda _answer, _rubric: ()
    settle: Callable[[Points, Sequence[str], Rubric], Points] = lambda points, _shown, _rubric: (
        points
    )

    @property
    def decides(self) -> str:
        """The name with its version, the first of which goes without saying."""
        return self.name if self.version == 1 else f"{self.name} {self.version}"


@dataclass(frozen=True)
class Shown:
    """What is left to be judged, and what was set aside."""

    lines: tuple[ShownSentence, ...]
    set_aside: tuple[SetAside, ...]


def addressed(answer: Answer) -> tuple[Flag, ...]:
    """Returns the flagged places that speak to the grader instead of about the subject."""
    flags = answer.flags
    if len(flags) >= MAX_FLAGS:  # a flood of them: what lies beyond the limit counts too
        flags = integrity.flags(answer.text, len(answer.text))
    return tuple(flag for flag in flags if _speaks_to_the_grader(flag))


def _speaks_to_the_grader(flag: Flag) -> bool:
    hidden = flag.kind == "invisible" and len(flag.text) >= _HIDDEN_WORDS
    return hidden or flag.kind in TO_THE_GRADER


def _addressed(answer: Answer, _: Rubric) -> Iterator[Run]:
    for flag in addressed(answer):
        yield flag.start, flag.end


def _recited(answer: Answer, rubric: Rubric) -> Iterator[Run]:
    """The rubric's own sentences, where the answer claims to have covered everything: there they
    are a part of that claim."""
    if not any(flag.kind == "self-grading" for flag in answer.flags):
        return
    said = read_through(answer.text).folded
    claims = "\n".join(text for point in rubric.key_points for text in point.wordings)
    for start, end in repeated(said, claims):
        if place := said.original(start, end):
            yield place


def _bare_lists(answer: Answer, _: Rubric) -> Iterator[Run]:
    """Names with nothing said of them, and pairs of a name and a value as JSON has them."""
    for span in read_through(answer.text).sentences:
        if is_bare_list(span.text) or _PAIR.fullmatch(span.text):
            yield span.start, span.end


def _both_ways(answer: Answer, _: Rubric) -> Iterator[Run]:
    """Sentences that say a thing and its opposite, where that is done more than once."""
    pattern = patterns.load().both_ways
    reading = read_through(answer.text)
    hedges = {
        (span.start, span.end): sum(1 for _ in pattern.finditer(said))
        for span, said in zip(reading.sentences, reading.folded_sentences, strict=True)
    }
    if sum(hedges.values()) >= _BOTH_WAYS:
        yield from (run for run, count in hedges.items() if count)


def _off_subject(points: Points, shown: Sequence[str], rubric: Rubric) -> Points:
    """Leaves credit to a person where the answer shares hardly a word with the subject."""
    if not is_elsewhere(shown, rubric):
        return points
    blank = {"verdict": None, "confidence": None, "alternative": None, "cause": Cause.OFF_SUBJECT}
    return tuple(p.model_copy(update=blank) if _credited(p) else p for p in points)


def _nothing_sure(points: Points, _shown: Sequence[str], _rubric: Rubric) -> Points:
    """Gives no credit where not one of many key points surely earns some; the doubt stays in the
    interval.

    Such answers are mostly worth nothing: a text that says nothing draws an unsure credit or two.
    """
    if not is_nothing_sure([_chance_of_some(p) for p in points]):
        return points
    return tuple(_not_credited(p) if _credited(p) and p.probabilities else p for p in points)


def is_nothing_sure(some: Sequence[float]) -> bool:
    """Whether no key point surely earns something, by the probabilities that each earns some."""
    return all((1 - chance) * len(some) > _BY_CHANCE for chance in some)


def _not_credited(point: PointGrade) -> PointGrade:
    chances = point.probabilities or {}
    verdict = max((Verdict.MISSED, Verdict.CONTRADICTED), key=lambda v: chances.get(v, 0.0))
    update = {
        "verdict": verdict,
        "confidence": round(chances.get(verdict, 0.0), 3),
        "alternative": point.verdict,
        "evidence": () if verdict == Verdict.MISSED else point.evidence,
    }
    return point.model_copy(update=update)


def _credited(point: PointGrade) -> bool:
    return point.verdict in (Verdict.MET, Verdict.PARTIAL)


def _chance_of_some(point: PointGrade) -> float:
    if point.probabilities is None:
        return float(_credited(point))
    return sum(point.probabilities.get(v, 0.0) for v in (Verdict.MET, Verdict.PARTIAL))


DEFENCES: tuple[Defence, ...] = (
    Defence("addresses-the-grader", _addressed),
    Defence("recites-the-rubric", _recited),
    Defence("only-lists-names", _bare_lists),
    Defence("says-both-ways", _both_ways),
    Defence("off-subject", settle=_off_subject),
    Defence("nothing-sure", settle=_nothing_sure),
)
"""In the order in which they look; the first that finds a stretch names it."""


def each_left_out() -> dict[str, tuple[Defence, ...]]:
    """Returns, for measuring, the choices ``none``, ``all but NAME`` for each, and ``all``."""
    but_one = {f"all but {d.name}": tuple(o for o in DEFENCES if o != d) for d in DEFENCES}
    return {"none": (), **but_one, "all": DEFENCES}


def look(answer: Answer, rubric: Rubric, defences: Sequence[Defence] = DEFENCES) -> Shown:
    """Returns the answer's sentences without what *defences* set aside, and that.

    Sentences of which nothing but punctuation is left are gone.
    """
    aside: list[SetAside] = []
    cuts: list[Run] = []
    for defence in defences:
        found = _merged(defence.find(answer, rubric))
        aside += [
            SetAside(why=defence.name, start=start, end=end, text=answer.text[start:end])
            for start, end in found
            if not is_inside((start, end), cuts)
        ]
        cuts = _merged([*cuts, *found])
    spans = read_through(answer.text).sentences
    lines = (ShownSentence(span, _cut(span, cuts)) for span in spans)
    kept = tuple(line for line in lines if any(map(str.isalnum, line.shown)))
    return Shown(kept, tuple(sorted(aside, key=lambda each: each.start)))


def own_text(answer: Answer) -> str:
    """Returns the answer without what speaks to the grader."""
    whole = Span(0, len(answer.text), answer.text)
    return _cut(whole, _merged((flag.start, flag.end) for flag in addressed(answer)))


def is_bare_list(sentence: str) -> bool:
    """Whether *sentence* only lists names: at least five, with commas, and nothing said of them."""
    items = [item.strip(_STOPS) for item in _COMMA.split(sentence)]
    items = [item for item in items if item]
    return len(items) >= _FEWEST_ITEMS and sum(map(_is_name, items)) >= _NAMES * len(items)


def _is_name(item: str) -> bool:
    if _SLUG.fullmatch(item):
        return True
    if _RELATION.search(item.casefold()):
        return False
    chinese = len(_CHINESE.findall(item))
    return chinese <= _LONGEST_CHINESE_ITEM and len(item.split()) <= _LONGEST_ITEM


def _merged(stretches: Iterable[Run]) -> list[Run]:
    """The stretches, in order, apart from each other."""
    merged: list[Run] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _cut(span: Span, stretches: Sequence[Run]) -> str:
    """The text of *span* without *stretches*, each as good as a space."""
    kept, place = [], span.start
    for start, end in stretches[bisect_right(stretches, span.start, key=itemgetter(1)) :]:
        if start >= span.end:
            break
        kept.append(span.text[place - span.start : max(start - span.start, 0)])
        place = min(end, span.end)
    kept.append(span.text[place - span.start :])
    return " ".join(kept).strip() if len(kept) > 1 else kept[0]

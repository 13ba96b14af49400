"""What of an answer is its candidate's own claim about the subject.

The rest speaks to the grader (instructions, verdicts, roles, fences), which is shown to the reader
of a grade and is evidence of nothing, or only lists names.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter, sub

from grader import integrity
from grader.answer import Answer
from grader.assertion import (
    DRESSED,
    SAME,
    Wording,
    denies,
    is_bare_list,
    is_bare_pair,
    says,
    says_both,
    states,
    without_emphasis,
    wording,
)
from grader.echo import Run, is_inside, repeated
from grader.fold import fold
from grader.integrity import MAX_FLAGS, Flag
from grader.rubric import KeyPoint, Misconception, Rubric
from grader.segment import Span, sentences

ADDRESS = frozenset({"instruction", "self-grading", "fake-delimiter", "role-token"})
"""Kinds of flagged text that say nothing about the subject."""

_HIDDEN_WORDS = 8
"""Invisible characters in a row from which on they may spell something out to a model."""
_BOTH_WAYS = 2
"""Times from which on an answer that says a thing and its opposite is hedging on purpose."""
_CLAUSES = 3
"""Sentences over which a denied claim may be spread."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the answer, and as much of it as a judge is shown."""

    span: Span
    shown: str


def addressed(answer: Answer) -> tuple[Flag, ...]:
    """The flagged places that speak to the grader instead of about the subject."""
    flags = answer.flags
    if len(flags) >= MAX_FLAGS:  # a flood of them: what lies beyond the limit counts too
        flags = integrity.flags(answer.text, len(answer.text))
    return tuple(flag for flag in flags if _speaks_to_the_grader(flag))


def _speaks_to_the_grader(flag: Flag) -> bool:
    hidden = flag.kind == "invisible" and len(flag.text) >= _HIDDEN_WORDS
    return hidden or flag.kind in ADDRESS


def own_text(answer: Answer) -> str:
    """The answer without what speaks to the grader."""
    return _cut(Span(0, len(answer.text), answer.text), _merged(addressed(answer)))


def all_lines(answer: Answer) -> tuple[Line, ...]:
    """Every sentence, shown whole; lines of punctuation alone are none."""
    return tuple(Line(span, span.text) for span in sentences(answer.text) if says(span.text))


def own_lines(answer: Answer, rubric: Rubric) -> tuple[Line, ...]:
    """The sentences without what speaks to the grader; those of which nothing is left are gone,
    and so are bare lists of names, bare pairs of a name and a value, and those that say a thing and
    its opposite where that is done more than once.

    Where the answer claims to have covered everything, the rubric's own sentences recited are a
    part of that claim.
    """
    flags = addressed(answer)
    recited = _recited(answer, rubric) if any(f.kind == "self-grading" for f in flags) else set()
    cuts = _merged(flags)
    cut = [Line(s, "" if s in recited else _cut(s, cuts)) for s in sentences(answer.text)]
    hedges = [says_both(line.shown) for line in cut]
    hedged = sum(hedges) >= _BOTH_WAYS
    return tuple(
        line
        for line, following, hedge in zip(cut, [*cut[1:], None], hedges, strict=True)
        if says(line.shown)
        and not (hedged and hedge)
        and not is_bare_list(line.shown)
        and not is_bare_pair(line.shown)
        and not _frames(line, following)
    )


def with_the_rest(
    shown: Iterable[Line], own: Iterable[Line], every: Iterable[Line]
) -> tuple[Line, ...]:
    """*every* line but those of *own* that are not *shown*: what speaks to the grader comes back
    among what is shown."""
    set_aside = {line.span for line in own} - {line.span for line in shown}
    return tuple(line for line in every if line.span not in set_aside)


def _frames(line: Line, following: Line | None) -> bool:
    """Whether a line only opens or announces what was cut out after it."""
    if following is None or following.shown == following.span.text or says(following.shown):
        return False
    return line.shown.endswith((":", "：")) or line.shown.startswith(("```", "~~~"))


def denial(
    lines: Sequence[Line], said: Sequence[Wording], claims: Iterable[Wording]
) -> Span | None:
    """Where *lines* say one of *claims* word for word, but deny it; *said* is their wording."""
    found = next(_runs(said, claims, denies, longest=1 / SAME), None)
    return lines[found.start].span if found else None


def making_points(lines: tuple[Line, ...], rubric: Rubric) -> tuple[Line, ...]:
    """The lines that can make a key point: not those that say a misconception of the rubric word
    for word, whatever it is dressed in, and no key point with the same words."""
    said = [wording(without_emphasis(line.shown)) for line in lines]
    wrong, right = (
        {n for run in _runs(said, _wordings(each), states, 1 / DRESSED) for n in run}
        for each in (rubric.misconceptions, rubric.key_points)
    )
    return tuple(line for n, line in enumerate(lines) if n not in wrong - right)


def _wordings(claims: Iterable[KeyPoint | Misconception]) -> list[Wording]:
    return [wording(text) for claim in claims for text in (claim.en, claim.zh)]


def _runs(
    said: Sequence[Wording],
    claims: Iterable[Wording],
    matches: Callable[[Sequence[Wording], Wording], bool],
    longest: float,
) -> Iterator[range]:
    """The runs of a few sentences, at most *longest* times as long as a claim, that match it; of
    each claim the shortest, so that no sentence beside it is taken for a part of it."""
    sizes = [0, *accumulate(each.size for each in said)]
    for claim in claims:
        shortest, most = claim.size * SAME, claim.size * longest
        for clauses in range(1, _CLAUSES + 1):
            runs = [
                range(start, start + clauses)
                for start, size in enumerate(map(sub, sizes[clauses:], sizes))
                if shortest <= size <= most and matches(said[start : start + clauses], claim)
            ]
            yield from runs
            if runs:
                break


def _merged(flags: Iterable[Flag]) -> list[Run]:
    """The flagged stretches, in order, apart from each other."""
    merged: list[Run] = []
    for start, end in sorted((flag.start, flag.end) for flag in flags):
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


def _recited(answer: Answer, rubric: Rubric) -> set[Span]:
    said = fold(answer.text)
    stretches = repeated(said, "\n".join(_claims(rubric)))
    return {
        span
        for span in sentences(answer.text)
        if is_inside(said.within(span.start, span.end), stretches)
    }


def _claims(rubric: Rubric) -> Iterator[str]:
    for point in rubric.key_points:
        yield point.en
        yield point.zh

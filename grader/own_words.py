"""What of an answer is its candidate's own claim about the subject.

The rest speaks to the grader: instructions, verdicts, roles, fences. It is shown to the reader of a
grade, and it is evidence of nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from grader import integrity
from grader.answer import Answer
from grader.echo import is_inside, repeated
from grader.fold import fold
from grader.integrity import MAX_FLAGS, Flag
from grader.rubric import Rubric
from grader.segment import Span, sentences

ADDRESS = frozenset({"instruction", "self-grading", "fake-delimiter", "role-token"})
"""Kinds of flagged text that say nothing about the subject."""

_HIDDEN_WORDS = 8
"""Invisible characters in a row from which on they may spell something out to a model."""


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
    return _cut(Span(0, len(answer.text), answer.text), addressed(answer))


def all_lines(answer: Answer) -> tuple[Line, ...]:
    """Every sentence, shown whole."""
    return tuple(Line(span, span.text) for span in sentences(answer.text))


def own_lines(answer: Answer, rubric: Rubric) -> tuple[Line, ...]:
    """The sentences without what speaks to the grader; those of which nothing is left are gone.

    Where the answer claims to have covered everything, the rubric's own sentences recited are a
    part of that claim.
    """
    flags = addressed(answer)
    recited = _recited(answer, rubric) if any(f.kind == "self-grading" for f in flags) else set()
    cut = (Line(s, _cut(s, flags)) for s in sentences(answer.text) if s not in recited)
    return tuple(line for line in cut if line.shown == line.span.text or _says(line.shown))


def _says(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _cut(span: Span, flags: tuple[Flag, ...]) -> str:
    kept, place = [], span.start
    for flag in flags:
        if flag.end > place and flag.start < span.end:
            kept.append(span.text[place - span.start : max(flag.start, place) - span.start])
            place = flag.end
    kept.append(span.text[max(place - span.start, 0) :])
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

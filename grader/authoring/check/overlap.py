"""Checks between the parts: the same thing asked twice, or given away by the question."""

from collections.abc import Iterator
from itertools import combinations

from grader.authoring.check.finding import Finding, Reading
from grader.authoring.check.words import contained, denies, likeness, numbers, tokens
from grader.rubric.format import KeyPoint, Misconception
from grader.rubric.wording import in_common
from grader.util.toml import Place

Item = KeyPoint | Misconception

TWINS = 0.75
"""From here on two key points, or two misconceptions, say the same."""
_SAME_WORDS = 0.9
_GIVEN_AWAY = 0.65
_FEWEST_TOKENS = 3


def twins(reading: Reading) -> Iterator[Finding]:
    """No two key points, and no two misconceptions, say the same."""
    for (_, one), (place, other) in combinations(reading.items, 2):
        if type(one) is type(other) and alike(one, other) >= TWINS:
            yield reading.warning("overlap", place, f"says about the same as {one.id}")


def alike(one: Item, other: Item) -> float:
    """How much two items have in common in the language in which they have more, 0 to 1."""
    return max((likeness(text, beside) for _, text, beside in in_common(one, other)), default=0.0)


def claim_as_point(reading: Reading) -> Iterator[Finding]:
    """No misconception asserts what a key point asserts."""
    points = [(p, i) for p, i in reading.items if isinstance(i, KeyPoint)]
    for place, claim in reading.items:
        if not isinstance(claim, Misconception):
            continue
        for _, point in points:
            if any(same_claim(text, said) for _, text, said in in_common(claim, point)):
                yield reading.error("overlap", place, f"says the same as the key point {point.id}")


def same_claim(claim: str, point: str) -> bool:
    """Whether both say the same; a number or a negation more makes a claim another one."""
    return (
        likeness(claim, point) >= _SAME_WORDS
        and numbers(claim) == numbers(point)
        and denies(claim) == denies(point)
    )


def corrections(reading: Reading) -> Iterator[Finding]:
    """A correction says something else than the claim."""
    for n, claim in enumerate(reading.rubric.misconceptions):
        place: Place = ("misconceptions", n, "correction")
        for language, correction, text in in_common(claim.correction, claim):
            if same_claim(correction, text):
                yield reading.error("correction", (*place, language), "repeats the wrong claim")


def given_away(reading: Reading) -> Iterator[Finding]:
    """The question does not say what a good answer has to say."""
    for _, item in reading.items:
        if not isinstance(item, KeyPoint):
            continue
        for language, text, question in in_common(item, reading.rubric.question):
            if len(tokens(text)) >= _FEWEST_TOKENS and contained(text, question) >= _GIVEN_AWAY:
                yield reading.warning(
                    "given-away", ("question", language), f"gives the key point {item.id} away"
                )


ALL = (twins, claim_as_point, corrections, given_away)

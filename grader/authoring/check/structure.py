"""Checks of what a rubric is made of: weights, sources, ids, misconceptions."""

import re
from collections.abc import Iterator

from grader.authoring.check.finding import Finding, Reading
from grader.authoring.check.words import tokens
from grader.rubric.format import Misconception, Rubric

PASS_MARK = 60.0
"""Per cent that core and important key points together must be able to reach."""

SCALE = (1, 2, 3)
"""Bonus, important, core: the weights that stand for what a key point matters."""
_LARGEST_SHARE = 0.5
_FEWEST, _MOST = 3, 12
_SHORTEST_QUOTE = 3


def weights(reading: Reading) -> Iterator[Finding]:
    """Of key points that are core, important or a bonus, those that matter must reach a pass."""
    points = reading.rubric.key_points
    if reading.rubric.total or reading.rubric.groups or any(p.weight not in SCALE for p in points):
        return  # points of the author's own: nothing says which of them are a bonus
    total = _worth(reading.rubric)
    needed = sum(p.weight for p in points if p.weight > 1)
    place = ("key_points",)
    if not any(p.weight == 3 for p in points):
        yield reading.warning("weights", place, "no key point is core (weight 3)")
    elif 100 * needed < PASS_MARK * total:
        yield reading.warning(
            "weights",
            place,
            f"core and important key points reach {100 * needed / total:.0f} % of the points:"
            f" nobody can pass at {PASS_MARK:g} % without bonus points",
        )


def deciding(reading: Reading) -> Iterator[Finding]:
    """No key point decides alone."""
    points, total = reading.rubric.key_points, _worth(reading.rubric)
    for n, point in enumerate(points):
        if len(points) > 1 and point.weight > _LARGEST_SHARE * total:
            yield reading.warning(
                "weights",
                ("key_points", n, "weight"),
                f"decides alone: {point.weight:g} of {total:g} points",
            )


def _worth(rubric: Rubric) -> float:
    """What all key points together are worth, before they are scaled to a stated total."""
    points = rubric.key_points
    return rubric.scheme.earned([p.id for p in points], [p.weight for p in points])


def number_of_points(reading: Reading) -> Iterator[Finding]:
    """Too few key points make a coarse score, too many tire whoever reads the grade."""
    count = len(reading.rubric.key_points)
    if count < _FEWEST:
        yield reading.warning(
            "too-few", ("key_points",), f"{count} key points make a coarse score; {_FEWEST} or more"
        )
    if count > _MOST:
        yield reading.warning(
            "too-many", ("key_points",), f"{count} key points; leave out what no score hangs on"
        )


def penalties(reading: Reading) -> Iterator[Finding]:
    """Misconceptions may cost points, but never more than the answer can earn."""
    total = reading.rubric.total or _worth(reading.rubric)
    claims = reading.rubric.misconceptions
    if sum(c.penalty for c in claims) > total:
        yield reading.warning(
            "penalty",
            ("misconceptions", _dearest(claims), "penalty"),
            f"the penalties together exceed the {total:g} points that can be earned",
        )


def _dearest(claims: tuple[Misconception, ...]) -> int:
    return max(range(len(claims)), key=lambda n: claims[n].penalty)


def sources(reading: Reading) -> Iterator[Finding]:
    """Every statement is backed, by something that can be found."""
    for place, item in reading.items:
        if not item.sources:
            yield reading.error("no-source", place, "no source backs it")
        for n, source in enumerate(item.sources):
            quote, where = source.quote or "", (*place, "sources", n, "quote")
            if re.search(r"…|\.\.\.|\[\s*\]", quote):
                yield reading.warning(
                    "quote", where, "leaves something out; quote word for word, or twice"
                )
            elif quote and len(tokens(quote)) < _SHORTEST_QUOTE:
                yield reading.warning("quote", where, "too short to be found again")


def documents(reading: Reading) -> Iterator[Finding]:
    """Documents and pages are there to be cited."""
    cited = {source.document for _, item in reading.items for source in item.sources}
    used = {reading.rubric.address(s) for _, item in reading.items for s in item.sources}
    for key, document in reading.rubric.documents.items():
        if key not in cited:
            yield reading.warning("unused", ("documents", key), "no source cites this document")
            continue
        for start, page in document.pages.items():
            if page not in used:
                yield reading.warning(
                    "unused", ("documents", key, "pages", start), "no source lies on this page"
                )


def source_error(reading: Reading) -> Iterator[Finding]:
    """Where the found text states a misconception, the rubric says what it got wrong."""
    if reading.rubric.source_error is None:
        for n, claim in enumerate(reading.rubric.misconceptions):
            if claim.stated_by_source:
                yield reading.warning(
                    "source-error",
                    ("misconceptions", n, "stated_by_source"),
                    "the source states it, but source_error does not say what the source got wrong",
                )
                return


def ids(reading: Reading) -> Iterator[Finding]:
    """People type ids and the model sees them."""
    for place, item in reading.items:
        if re.fullmatch(r"([a-z]|kp|mc|key-?point|point|misconception|item)?-?\d+", item.id):
            yield reading.warning("id", (*place, "id"), "says nothing; name what it is about")
        elif item.id.count("-") > 4:
            yield reading.warning("id", (*place, "id"), "too long to type; up to five words")


ALL = (weights, deciding, number_of_points, penalties, sources, documents, source_error, ids)

"""Makes a rubric of a proposal: only what the source is found to say gets in.

With the statements that a person should look at: unsure ones, and ones that contradict.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from grader.authoring.check.overlap import TWINS, Item, alike
from grader.authoring.check.words import (
    DENIAL,
    contained,
    denies,
    numbers,
    pattern,
    tokens,
)
from grader.authoring.draft.proposal import (
    BOTH,
    WEIGHT,
    Proposal,
    ProposedClaim,
    ProposedDoubt,
    ProposedPoint,
)
from grader.authoring.draft.source import Quotation, SourceText
from grader.authoring.ids import slug, unique
from grader.errors import Failed
from grader.rubric.format import KeyPoint, Misconception, Rubric
from grader.text.safe import one_line

_ALIKE = 0.75
_FEWEST_TOKENS = 3
_MOST_COMPARED = 300
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Doubt:
    """A statement that did not become a key point, and why."""

    said: Quotation
    why: str


def hedged(said: Quotation) -> Doubt | None:
    """A doubt where the source says itself that it is not sure."""
    found = pattern("hedge").search(said.text)
    return Doubt(said, f"the source is not sure itself: “{found[0]}”") if found else None


def contradictions(statements: Sequence[Quotation]) -> Iterator[Doubt]:
    """Every statement that another one contradicts; of a long text only the beginning is looked
    through, for each is compared with each."""
    some = statements[:_MOST_COMPARED]
    found = (contradicted(said, some) for said in some)
    yield from (doubt for doubt in found if doubt)


def contradicted(said: Quotation, statements: Iterable[Quotation]) -> Doubt | None:
    """A doubt where the source says nearly the same elsewhere with another number or a negation."""
    for other in statements:
        if other.text == said.text or not _same_subject(said.text, other.text):
            continue
        ours, theirs = numbers(said.text), numbers(other.text)
        if (ours - theirs and theirs - ours) or denies(said.text) != denies(other.text):
            return Doubt(said, f"{other.section} says otherwise: “{other.text}”")
    return None


def restates(claim: str, fact: str) -> bool:
    """Whether *claim* only says a part of *fact* over again: no other number, no negation."""
    return (
        contained(claim, fact) >= _ALIKE
        and numbers(claim) <= numbers(fact)
        and denies(claim) == denies(fact)
    )


def _same_subject(one: str, other: str) -> bool:
    a, b = _bare(one), _bare(other)
    return min(len(a), len(b)) >= _FEWEST_TOKENS and 2 * len(a & b) / (len(a) + len(b)) >= _ALIKE


@lru_cache(maxsize=4096)
def _bare(text: str) -> frozenset[str]:
    """The tokens but for numbers and negations, in which statements may differ."""
    return tokens(_NUMBER.sub(" ", DENIAL.sub("", text)))


DOCUMENT = "source"
MOST_POINTS = 8
_LONGEST = 400


@dataclass(frozen=True)
class Draft:
    """A rubric for a person to edit.

    Attributes:
        doubts: statements that a person should look at; none of them is a key point.
        dropped: one line for each proposal that was not written, with the reason.
    """

    rubric: Rubric
    doubts: tuple[Doubt, ...]
    dropped: tuple[str, ...]


@dataclass
class _Desk:
    """Where a draft is put together."""

    source: SourceText
    languages: Sequence[str]
    points: list[KeyPoint] = field(default_factory=list)
    claims: list[Misconception] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def point(self, proposed: ProposedPoint) -> None:
        said = self._backed(proposed.quote, proposed.anything)
        if said is None or self._doubted(said):
            return
        notes = {"met": visible_line(proposed.met), "missed": visible_line(proposed.missed)}
        if partial := visible_line(proposed.partial):
            notes["partial"] = partial
        content = {
            "id": self._id(proposed.id, proposed.anything),
            "weight": WEIGHT[proposed.importance],
            **self._texts(proposed),
            "notes": notes,
            "sources": [_source(said)],
        }
        if _complete({**content, **notes}) and self._new(
            KeyPoint.model_validate(content), self.points
        ):
            self.points.append(KeyPoint.model_validate(content))
        else:
            self._drop("incomplete, or said before", proposed.anything)

    def claim(self, proposed: ProposedClaim) -> None:
        said = self._backed(proposed.quote, proposed.anything)
        if said is None or self._doubted(said):
            return
        correction = self._texts(proposed, "correction")
        known = {p.id for p in self.points}
        content = {
            "id": self._id(proposed.id, proposed.anything),
            **self._texts(proposed),
            "correction": correction,
            "contradicts": [name for name in proposed.contradicts if name in known],
            "sources": [_source(said)],
        }
        if (
            _complete(content)
            and _complete(correction)
            and self._new(Misconception.model_validate(content), self.claims)
        ):
            self.claims.append(Misconception.model_validate(content))
        else:
            self._drop("incomplete, or said before", proposed.anything)

    def _texts(self, proposed: ProposedPoint | ProposedClaim, name: str = "") -> dict[str, str]:
        return {tag: visible_line(proposed.said(tag, name)) for tag in self.languages}

    def doubt(self, proposed: ProposedDoubt) -> None:
        said = self._backed(proposed.quote, proposed.why)
        if said and not self._known(said):
            self.doubts.append(Doubt(said, visible_line(proposed.why)))

    def _backed(self, quote: str, text: str) -> Quotation | None:
        said = self.source.find(quote)
        if said is None:
            self._drop("its quotation is not in the source", text)
        return said

    def _doubted(self, said: Quotation) -> bool:
        if self._known(said):
            return True
        found = hedged(said) or contradicted(said, self.source.statements)
        if found:
            self.doubts.append(found)
        return found is not None

    def _known(self, said: Quotation) -> bool:
        """Whether the statement is doubted already."""
        return any(said.text in d.said.text or d.said.text in said.text for d in self.doubts)

    def _new(self, item: Item, others: Sequence[Item]) -> bool:
        return all(alike(item, other) < TWINS for other in others)

    def _drop(self, why: str, text: str) -> None:
        self.dropped.append(f"{why}: {one_line(text, _LONGEST)}")

    def _id(self, wanted: str, text: str) -> str:
        taken = {p.id for p in self.points} | {c.id for c in self.claims}
        return unique(slug(wanted) or slug(text) or "point", taken)


def assemble(
    proposal: Proposal, source: SourceText, question_id: str, languages: Sequence[str] = BOTH
) -> Draft:
    """The rubric that the source backs, every text in each of *languages*.

    Doubts come first, so that no key point rests on a doubtful statement. Every quotation is
    the source's own words, as found there, not as the model wrote them.

    Raises:
        Failed: no key point is left.
    """
    desk = _Desk(source, languages)
    desk.doubts.extend(contradictions(source.statements))
    for doubt in proposal.doubts:
        desk.doubt(doubt)
    ranked = sorted(proposal.key_points, key=lambda p: -WEIGHT[p.importance])
    for point in ranked:
        if len(desk.points) < MOST_POINTS:
            desk.point(point)
    for claim in proposal.misconceptions:
        desk.claim(claim)
    if not desk.points:
        raise Failed(
            f"{source.path}: no key point is backed by a quotation that stands in it"
            f" ({len(desk.dropped)} proposed, {len(desk.doubts)} doubtful); try another model"
        )
    rubric = _rubric(desk, proposal, question_id)
    return Draft(rubric, tuple(desk.doubts), tuple(desk.dropped))


def _rubric(desk: _Desk, proposal: Proposal, question_id: str) -> Rubric:
    title = visible_line(desk.source.title) or question_id
    return Rubric.model_validate(
        {
            "schema": "rubric/1",
            "id": question_id,
            "wording": "reconstructed",
            "question": {
                tag: visible_line(proposal.said(tag, "question")) or title for tag in desk.languages
            },
            "documents": {DOCUMENT: {"title": title}},
            "key_points": desk.points,
            "misconceptions": desk.claims,
        }
    )


def _source(said: Quotation) -> dict[str, str]:
    return {"document": DOCUMENT, "section": visible_line(said.section), "quote": said.text}


def visible_line(text: str) -> str:
    """Returns the text as one line, without anything that cannot be seen."""
    visible = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(visible.split())[:_LONGEST].strip()


def _complete(content: dict[str, Any]) -> bool:
    return all(value != "" for value in content.values())

"""What a rubric file says: the format ``rubric/1`` as frozen models."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from grader.record import AS_WRITTEN, PointGroup, whole
from grader.rubric.wording import Described, Line, Tag, Text, Worded
from grader.scoring import Scheme

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""What ids look like. Holds no dot and no slash, so an id can name no place in a file system."""

_SHORT = 80

Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=64)]
Weight = Annotated[
    float, Field(strict=True, ge=0.001, le=1_000_000), AfterValidator(whole), *AS_WRITTEN
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]


class Document(Described):
    """Something to read. Cited by its key in the rubric's ``documents``."""

    title: Line
    url: Url | None = None
    pages: dict[str, Url] = Field(default={})
    """Addresses of parts of the document: the start of a section ("2.2") and where it stands."""

    def address(self, section: str) -> str | None:
        """Where *section* can be read: the page of its longest known start, or the document."""
        starts = [s for s in self.pages if re.match(re.escape(s) + r"(?!\d)", section)]
        return self.pages[max(starts, key=len)] if starts else self.url


class Source(Described):
    """Where a statement is backed: the passage to read next."""

    document: Line
    """A key of the rubric's ``documents``."""
    section: str = ""
    """A section number or heading; empty for the document as a whole."""
    quote: Line | None = None
    """A short quotation in the document's own words."""


class Notes(Described):
    """What counts as each verdict for one key point."""

    met: Line
    partial: Line | None = None
    """Left out where the key point is either met or missed."""
    missed: Line
    """What is absent. What denies the key point belongs under ``contradicted``."""
    contradicted: Line | None = None
    """What denies the key point, where that is not plain from its words."""


class KeyPoint(Worded):
    """One thing that a good answer says, as one short claim."""

    id: Slug
    weight: Weight
    """Its points; in the shipped rubrics 3 core, 2 important, 1 bonus."""
    notes: Notes
    hint: Text | None = None
    """Leads to the key point without giving it away."""
    sources: tuple[Source, ...] = ()

    @property
    def binary(self) -> bool:
        """Whether the key point knows no ``partial``."""
        return self.notes.partial is None


class Misconception(Worded):
    """A known wrong claim with its correction."""

    id: Slug
    correction: Text
    stated_by_source: Annotated[bool, Field(strict=True)] = False
    """Whether the text that the question was found in states the wrong claim."""
    penalty: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = 0.0
    """Points taken off where an answer asserts the claim."""
    contradicts: tuple[Slug, ...] = ()
    """Ids of the key points that the claim is the opposite of."""
    sources: tuple[Source, ...] = ()


class Group(Described):
    """Key points of which some are enough, as two of four."""

    key_points: Annotated[tuple[Slug, ...], Field(min_length=2)]
    """Their ids. They have one weight, and each stands in one group at most."""
    enough: Annotated[int, Field(strict=True, ge=1)]
    """How many of them earn all the points of the group: those with the best verdicts count."""


def _some(points: tuple[KeyPoint, ...]) -> tuple[KeyPoint, ...]:
    if not points:
        raise ValueError("at least one key point is needed")
    return points


@dataclass(frozen=True, slots=True)
class CrossFault:
    """What is wrong between the parts of a rubric that are each of the format.

    Attributes:
        place: the path of keys and indices to it, as ``("misconceptions", 0, "contradicts")``.
        owner: the id of the key point or misconception; empty for an id that is used twice.
    """

    place: tuple[str | int, ...]
    owner: str
    message: str

    def __str__(self) -> str:
        verb = "contradicts " if self.place[-1] == "contradicts" else ""
        return f"{self.owner}: {verb}{self.message}" if self.owner else self.message


class RubricParts(Described):
    """The parts of a rubric, each of the format; whether they fit together is not looked at."""

    version: Literal["rubric/1"] = Field(alias="schema")
    id: Slug
    """The question's id, which is also the file's name without ``.toml``."""
    wording: Literal["verbatim", "recovered", "reconstructed"] = "verbatim"
    """How the question's wording came down from where it was found."""
    source_error: Line | None = None
    """What the text that the question was found in gets wrong about it."""
    languages: tuple[Tag, ...] = ()
    """The languages in which every text must be there; left out, each has those that it has."""
    total: Weight | None = None
    """The points of the whole question: those of the key points are scaled to it, penalties not."""
    question: Text
    documents: dict[str, Document] = Field(default={})
    key_points: Annotated[tuple[KeyPoint, ...], AfterValidator(_some)]
    groups: tuple[Group, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()

    def faults(self) -> Iterator[CrossFault]:
        """What does not fit together, in the order of the file."""
        groups: tuple[tuple[str, tuple[KeyPoint | Misconception, ...]], ...] = (
            ("key_points", self.key_points),
            ("misconceptions", self.misconceptions),
        )
        seen: Counter[str] = Counter()
        for group, items in groups:
            for number, item in enumerate(items):
                seen[item.id] += 1
                if seen[item.id] == 2:
                    told = f"the id {item.id!r} is used twice"
                    yield CrossFault((group, number, "id"), "", told)
                yield from self._unknown(item, (group, number))
        yield from self._of_groups()
        yield from self._of_languages()

    def _unknown(
        self, item: KeyPoint | Misconception, place: tuple[str | int, ...]
    ) -> Iterator[CrossFault]:
        for number, source in enumerate(item.sources):
            if source.document not in self.documents:
                where = (*place, "sources", number, "document")
                yield CrossFault(where, item.id, f"no document {source.document[:_SHORT]!r}")
        points = {point.id for point in self.key_points}
        for name in item.contradicts if isinstance(item, Misconception) else ():
            if name not in points:
                yield CrossFault((*place, "contradicts"), item.id, f"no key point {name!r}")

    def _of_groups(self) -> Iterator[CrossFault]:
        weights = {point.id: point.weight for point in self.key_points}
        taken: Counter[str] = Counter()
        for number, group in enumerate(self.groups):
            place, names = ("groups", number, "key_points"), group.key_points
            taken.update(names)
            for name in dict.fromkeys(names):
                if name not in weights:
                    yield CrossFault(place, "", f"no key point {name!r}")
                elif taken[name] > 1:
                    yield CrossFault(place, "", f"the key point {name!r} stands in groups twice")
            if len({weights[name] for name in names if name in weights}) > 1:
                told = "the key points of a group need one weight, so that any of them can count"
                yield CrossFault(place, "", told)
            if group.enough >= len(names):
                told = f"must be less than the group's {len(names)} key points"
                yield CrossFault(("groups", number, "enough"), "", told)

    def _of_languages(self) -> Iterator[CrossFault]:
        for place, owner, worded in self.worded():
            there = worded.texts.keys()
            for tag in self.languages:
                if tag not in there:
                    told = f"has no text in {tag!r}, which is one of the rubric's languages"
                    yield CrossFault(place, owner, told)
            for tag in there if self.languages else ():
                if tag not in self.languages:
                    told = f"{tag!r} is not one of the rubric's languages"
                    yield CrossFault((*place, tag), owner, told)

    def worded(self) -> Iterator[tuple[tuple[str | int, ...], str, Worded]]:
        """What is worded in languages: its place, the id that it belongs to, and itself."""
        yield ("question",), "question", self.question
        for number, point in enumerate(self.key_points):
            yield ("key_points", number), point.id, point
        for number, claim in enumerate(self.misconceptions):
            yield ("misconceptions", number), claim.id, claim
            yield ("misconceptions", number, "correction"), claim.id, claim.correction


class Rubric(RubricParts):
    """A question with its key points and misconceptions."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if fault := next(self.faults(), None):
            raise ValueError(str(fault))
        return self

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """``sha256:`` of the content alone: comments and layout of the file do not matter."""
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    @property
    def scheme(self) -> Scheme:
        """How its points add up."""
        groups = (PointGroup(key_points=g.key_points, enough=g.enough) for g in self.groups)
        return Scheme(tuple(groups), self.total)

    def citation(self, source: Source) -> str:
        """The source in words, as ``NVIDIA CUDA Programming Guide (CUDA 13), §2.2.4.2``."""
        title = self.documents[source.document].title
        mark = "§" if source.section[:1].isdigit() else ""
        return f"{title}, {mark}{source.section}" if source.section else title

    def address(self, source: Source) -> str | None:
        """Where the source can be read, or None where it has no address."""
        return self.documents[source.document].address(source.section)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a rubric file, for editors; shipped as ``rubric.schema.json``."""
    schema = Rubric.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}

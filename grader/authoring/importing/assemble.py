"""Makes a rubric of what a reader gave: the file's own words, and a gap for what it lacks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from grader.authoring.ids import slug, unique
from grader.authoring.importing.material import (
    ImportedClaim,
    ImportedPoint,
    ImportedQuestion,
    ImportGap,
)
from grader.authoring.importing.names import default, small_words
from grader.rubric.files import expected, rubric_toml
from grader.rubric.format import Rubric
from grader.text.safe import one_line
from grader.util.complaint import key_of
from grader.util.toml import parse_toml

MOST_ITEMS = 200
"""Key points and wrong claims of one question; more is no rubric, but a broken file."""
_FILE = "import"
_OWN = "# accept: weights, the points are those of the file"
_URL = re.compile(r"https?://\S+[^\s.,;)\]}>]")
_SAME = 1e-6


@dataclass(frozen=True)
class Imported:
    """A question that became a rubric, with all that its author should look at."""

    rubric: Rubric
    question: ImportedQuestion

    @property
    def toml(self) -> str:
        """The text of its file: comments that say where it comes from and what is missing."""
        asked = self.question
        lines = [f"Imported from {asked.file}:{asked.at}.", *asked.remarks]
        lines += [f"- {gap}" for gap in asked.gaps]
        head = "".join(f"# {one_line(line, 300)}\n" for line in lines)
        text = rubric_toml(self.rubric)
        return f"{head}\n{_accepted(text) if self._own_points else text}"

    @property
    def _own_points(self) -> bool:
        """Whether 1, 2 and 3 points are the file's, not a bonus, important and core."""
        stated = all(point.points is not None for point in self.question.points)
        return stated and self.rubric.total is None and not self.rubric.groups


def _accepted(toml: str) -> str:
    """The rubric with the note that its points need no core among them."""
    before, mark, rest = toml.partition("[[key_points]]\n")
    return before + mark + re.sub("^id = ", f"{_OWN}\nid = ", rest, count=1, flags=re.MULTILINE)


@dataclass
class Assembler:
    """Makes rubrics of one import, each with an id of its own.

    Attributes:
        language: the tag that all texts stand under.
        title: the title of what was imported from; empty for the file's name.
    """

    language: str
    title: str = ""
    _taken: set[str] = field(default_factory=set)

    def rubric(self, question: ImportedQuestion) -> Imported | None:
        """The rubric of *question*; None where too much is missing, which is then a gap."""
        if why := _hopeless(question):
            question.lack(why, left_out=True)
            return None
        parts = _Parts(question, self.language, self.title)
        name = self._id(question)
        try:
            rubric = Rubric.model_validate(parts.content(unique(name, self._taken)))
            imported = Imported(rubric, question)
            if Rubric.model_validate(parse_toml(imported.toml)) != rubric:
                raise ValueError("its file would not be read as it was written")
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            told = f"{key_of(first['loc'])}: {expected(first)}"
            question.lack(f"makes no rubric: {told}", left_out=True)
            return None
        except ValueError as error:
            question.lack(f"makes no rubric: {error}", left_out=True)
            return None
        if rubric.id != name:
            question.lack(f"its id {name!r} is another question's; written as {rubric.id!r}")
        self._taken.add(rubric.id)
        return imported

    def _id(self, question: ImportedQuestion) -> str:
        small = small_words(self.language)
        names = (question.given_id, question.title, question.text)
        made = (slug(name, self.language, small) for name in names if name.strip())
        return next(filter(None, made), "question")


def _hopeless(question: ImportedQuestion) -> str:
    """Why no rubric can be made; empty where one can. A title stands in for a missing text."""
    if not question.points:
        penal = "only wrong claims" if question.claims else "none listed"
        return f"no key points ({penal}); list what a good answer says, with points"
    if len(question.points) + len(question.claims) > MOST_ITEMS:
        return f"more than {MOST_ITEMS} key points and wrong claims"
    if not question.text.strip() and question.title.strip():
        question.text = question.title
        question.lack("no question text; its title is written")
    return "" if question.text.strip() else "no question text"


@dataclass
class _Parts:
    """The parts of one rubric, as they are put together."""

    question: ImportedQuestion
    language: str
    title: str
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, None] = field(default_factory=dict)

    def content(self, name: str) -> dict[str, Any]:
        asked = self.question
        self.documents = {_FILE: {"title": self.title or asked.file}}
        points = _weighed(asked)
        unnoted = [p.at for p in asked.points if not {"met", "missed"} <= p.notes.keys()]
        key_points = [self._point(p, worth) for p, worth in zip(asked.points, points, strict=True)]
        claims = [self._claim(claim) for claim in asked.claims]
        if unnoted:
            told = f"no notes on met or missed for {len(unnoted)} of {len(key_points)} key points"
            asked.lack(f"{told}; written in general words", unnoted[0])
        groups = list(self._groups(key_points))
        return {
            "schema": "rubric/1",
            "id": name,
            **_total(asked, _worth(key_points, groups)),
            "question": {self.language: asked.text},
            "documents": self.documents,
            "key_points": key_points,
            "groups": groups,
            "misconceptions": claims,
        }

    def _point(self, point: ImportedPoint, weight: float) -> dict[str, Any]:
        general = {name: default(name, self.language) for name in ("met", "missed")}
        content: dict[str, Any] = {
            "id": self._id(point.given_id or point.text),
            "weight": weight,
            self.language: point.text,
            "notes": general | point.notes,
            "sources": self._sources(point.cited, point.at),
        }
        return content | ({"hint": {self.language: point.hint}} if point.hint else {})

    def _claim(self, claim: ImportedClaim) -> dict[str, Any]:
        if not claim.correction:
            self.question.lack("no correction of a wrong claim; written in general words", claim.at)
        return {
            "id": self._id(claim.text),
            self.language: claim.text,
            "correction": {self.language: claim.correction or default("correction", self.language)},
            "penalty": claim.penalty,
            "sources": self._sources(claim.cited, claim.at),
        }

    def _id(self, text: str) -> str:
        made = slug(text, self.language, small_words(self.language)) or "point"
        name = unique(made, self.ids)
        self.ids[name] = None
        return name

    def _sources(self, cited: list[str], at: str) -> list[dict[str, str]]:
        """What the file cites for an item, or for the question; last the place in the file."""
        sources = [self._cited(text) for text in cited or self.question.cited]
        place = f"line {at}" if at.isdecimal() else at
        where = f"{self.question.file}, {place}" if self.title else place
        return [*sources, {"document": _FILE, "section": where}]

    def _cited(self, text: str) -> dict[str, str]:
        before, _, after = text.strip().partition("§")
        title, section = before.rstrip(" ,;"), after.strip()
        title, section = (title, section) if title and section else (text.strip(), "")
        known = (key for key, document in self.documents.items() if document["title"] == title)
        key = next(known, "")
        if not key:
            key = unique(slug(title, self.language) or "source", self.documents)
            url = _URL.search(title)
            self.documents[key] = {"title": title} | ({"url": url[0]} if url else {})
        return {"document": key} | ({"section": section} if section else {})

    def _groups(self, key_points: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        points = self.question.points
        for label in dict.fromkeys(point.group for point in points if point.group):
            members = [made for p, made in zip(points, key_points, strict=True) if p.group == label]
            enough = self.question.enough.get(label)
            at = next(p.at for p in points if p.group == label)
            if why := _ungrouped(enough, [made["weight"] for made in members]):
                self.question.lack(f"group {label!r} {why}; each key point counts", at)
            else:
                yield {"key_points": [made["id"] for made in members], "enough": enough}


def _ungrouped(enough: int | None, weights: list[float]) -> str:
    """Why key points make no group of which some are enough; empty where they do."""
    if enough is None:
        return "does not say how many are enough"
    if not 1 <= enough < len(weights):
        return f"has {len(weights)} key points, of which {enough} cannot be enough"
    return "has key points of different points" if len(set(weights)) > 1 else ""


def _worth(key_points: list[dict[str, Any]], groups: list[dict[str, Any]]) -> float:
    """What the key points are worth together, of a group as many as are enough."""
    weights: dict[str, float] = {made["id"]: made["weight"] for made in key_points}
    surplus = ((g["key_points"][0], len(g["key_points"]) - g["enough"]) for g in groups)
    spare: float = sum(weights[first] * count for first, count in surplus)
    return sum(weights.values()) - spare


def _total(question: ImportedQuestion, worth: float) -> dict[str, float]:
    """The total that the file states; the key points are scaled to it."""
    total = question.total
    if total is None:
        return {}
    if total <= 0:
        question.lack(f"{total:g} points stated for all of it; left to the key points")
        return {}
    stated = any(point.points is not None for point in question.points)
    if stated and abs(total - worth) > _SAME:
        question.lack(f"{worth:g} points are listed and {total:g} stated: scaled to {total:g}")
    return {"total": total}


def _weighed(question: ImportedQuestion) -> list[float]:
    """The points of each key point; where they are missing, what is left of the total or 1."""
    stated = [point.points for point in question.points]
    without = [point.at for point in question.points if point.points is None]
    known = sum(value for value in stated if value is not None)
    left = (question.total or 0) - known
    shared, missing = 1.0, f"no points for {len(without)} of {len(stated)} key points"
    if without and len(without) < len(stated) and left > _SAME:
        shared = left / len(without)
        told = f"they share what is left of {question.total:g} points, {shared:g} each"
        question.lack(f"{missing}: {told}", without[0])
    elif without and left > _SAME:
        question.lack(f"{missing}: they count alike, {question.total:g} together", without[0])
    elif without:
        question.lack(f"{missing}: 1 written", without[0])
    return [shared if value is None else value for value in stated]


def report(gaps: list[ImportGap]) -> list[str]:
    """The gaps as lines, those that say the same of one file together."""
    places: dict[tuple[str, str, bool], list[str]] = {}
    for gap in gaps:
        places.setdefault((gap.file, gap.message, gap.left_out), []).append(gap.at)
    return [
        str(ImportGap(file, at[0], message + _also(at[1:]), left_out))
        for (file, message, left_out), at in places.items()
    ]


def _also(places: list[str], most: int = 5) -> str:
    """The other places, in words."""
    if not places:
        return ""
    more = f" and {len(places) - most} more" if len(places) > most else ""
    return f" (also {', '.join(places[:most])}{more})"

"""What differs between two versions of a rubric, and what of it a judge must be asked about."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from grader.rubric.format import KeyPoint, Misconception, Rubric
from grader.rubric.wording import Worded

Kind = Literal[
    "added",
    "removed",
    "weight",
    "wording",
    "notes",
    "penalty",
    "contradicts",
    "question",
    "total",
    "groups",
]
T = TypeVar("T", KeyPoint, Misconception)
_ASKED = ("added", "wording", "notes")
"""Changes after which a verdict says nothing any more of the new version."""


class Change(BaseModel):
    """One difference.

    Attributes:
        id: of the key point or misconception; empty for what concerns the question as a whole.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    old: str = ""
    new: str = ""


def changes(old: Rubric, new: Rubric) -> tuple[Change, ...]:
    """Every difference that can change a grade, in the new version's order, removals last."""
    return (
        *_question(old, new),
        *_adding_up(old, new),
        *_items(_points(old), _points(new), _point),
        *_items(_claims(old), _claims(new), _claim),
    )


def to_ask_anew(found: tuple[Change, ...]) -> frozenset[str]:
    """Ids of the key points and misconceptions whose old verdicts say nothing any more.

    The question's own wording is left out: a judge of single points does not even see it.
    """
    return frozenset(change.id for change in found if change.kind in _ASKED)


def _points(rubric: Rubric) -> dict[str, KeyPoint]:
    return {point.id: point for point in rubric.key_points}


def _claims(rubric: Rubric) -> dict[str, Misconception]:
    return {claim.id: claim for claim in rubric.misconceptions}


def _question(old: Rubric, new: Rubric) -> Iterator[Change]:
    if old.question != new.question:
        yield _reworded("", "question", old.question, new.question)


def _adding_up(old: Rubric, new: Rubric) -> Iterator[Change]:
    if old.total != new.total:
        yield Change(id="", kind="total", old=_total(old), new=_total(new))
    if set(old.groups) != set(new.groups):
        yield Change(id="", kind="groups", old=_groups(old), new=_groups(new))


def _total(rubric: Rubric) -> str:
    return "none stated" if rubric.total is None else f"{rubric.total:g}"


def _groups(rubric: Rubric) -> str:
    told = [f"{g.enough} of {', '.join(g.key_points)}" for g in rubric.groups]
    return "; ".join(told) or "none"


def _reworded(name: str, kind: Kind, old: Worded, new: Worded) -> Change:
    """The change, shown in the first language in which the texts differ."""
    tags = [tag for tag in new.texts if old.texts.get(tag) != new.texts[tag]] or ["en"]
    return Change(id=name, kind=kind, old=old.text(tags[0]), new=new.text(tags[0]))


def _items(
    old: Mapping[str, T], new: Mapping[str, T], compare: Callable[[T, T], Iterator[Change]]
) -> Iterator[Change]:
    for name, item in new.items():
        if name in old:
            yield from compare(old[name], item)
        else:
            yield Change(id=name, kind="added", new=item.text("en"))
    for name, item in old.items():
        if name not in new:
            yield Change(id=name, kind="removed", old=item.text("en"))


def _point(old: KeyPoint, new: KeyPoint) -> Iterator[Change]:
    if old.weight != new.weight:
        yield Change(id=new.id, kind="weight", old=str(old.weight), new=str(new.weight))
    if old.texts != new.texts:
        yield _reworded(new.id, "wording", old, new)
    if old.notes != new.notes:
        yield Change(id=new.id, kind="notes", old=old.notes.met, new=new.notes.met)


def _claim(old: Misconception, new: Misconception) -> Iterator[Change]:
    if old.penalty != new.penalty:
        yield Change(id=new.id, kind="penalty", old=f"{old.penalty:g}", new=f"{new.penalty:g}")
    if old.texts != new.texts:
        yield _reworded(new.id, "wording", old, new)
    if old.contradicts != new.contradicts:
        was, now = ", ".join(old.contradicts), ", ".join(new.contradicts)
        yield Change(id=new.id, kind="contradicts", old=was, new=now)

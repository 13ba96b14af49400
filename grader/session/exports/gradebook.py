"""The rows of a gradebook: what Moodle and Canvas take back."""

from collections.abc import Iterator, Mapping, Sequence

from grader.session.exports.back import Handed
from grader.session.exports.moodle import headings as moodle_headings

Cell = str | float | None
Rows = Iterator[tuple[Cell, ...]]

_MOODLE_PERSON = ("last", "first", "name", "number", "email", "username")
_WORKSHEET = ("identifier", "name", "email", "status")
_MARKED = ("grade", "maximum", "modified", "comments")
_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POSSIBLE = "    Points Possible"
"""As Canvas writes it: the row below the heading that is nobody's."""


def moodle(people: Sequence[Handed]) -> Rows:
    """A worksheet to be uploaded to the assignment, or a table for the gradebook's import.

    Its headings are in the language of the export, for that is the one that Moodle reads again.
    The table has, for each question, its points and what there is to say; the points that each
    may get stand in the heading, as ``bank-conflict/10``.
    """
    if people and all("identifier" in each.person.known for each in people):
        yield from _worksheet(people)
        return
    heads = _headings(people)
    fields = [f for f in _MOODLE_PERSON if any(f in each.person.known for each in people)]
    questions = _questions(people)
    total = max((each.possible for each in people), default=0.0)
    graded = [f"{name}/{possible:g}" for name, possible in questions.items()]
    told = [f"{name} feedback" for name in questions]
    yield (*(heads[f] for f in fields), f"{heads['grade']}/{total:g}", *_woven(graded, told))
    for each in people:
        parts = {part.question: part for part in each.parts}
        points = [parts[name].points if name in parts else None for name in questions]
        marks = [parts[name].mark if name in parts else None for name in questions]
        said = [mark.feedback if mark else None for mark in marks]
        known = (each.person.known.get(f) for f in fields)
        yield (*known, each.points, *_woven(points, said))


def _worksheet(people: Sequence[Handed]) -> Rows:
    fields = [f for f in _WORKSHEET if any(f in each.person.known for each in people)]
    heads = _headings(people)
    yield tuple(heads[f] for f in (*fields, *_MARKED))
    for each in people:
        known = each.person.known
        shown = (known.get(f) for f in fields)
        yield (*shown, each.points, known.get("maximum"), known.get("modified"), each.feedback)


def _headings(people: Sequence[Handed]) -> Mapping[str, str]:
    return next((each.headings for each in people if each.headings), None) or moodle_headings()


def canvas(people: Sequence[Handed], assignment: str) -> Rows:
    """A gradebook with one column, *assignment*, and the points that it gives."""
    total = max((each.possible for each in people), default=0.0)
    yield (*_CANVAS, assignment)
    yield (_POSSIBLE, "", "", "", "", total)
    for each in people:
        known = each.person.known
        who = (each.person.name or each.person.id, known.get("canvas"), known.get("number"))
        yield (*who, known.get("username") or known.get("email"), known.get("section"), each.points)


def _questions(people: Sequence[Handed]) -> dict[str, float]:
    """The points of each question, in the order in which they were asked."""
    questions: dict[str, float] = {}
    for each in people:
        for part in each.parts:
            questions[part.question] = max(questions.get(part.question, 0.0), part.possible)
    return questions


def _woven(first: Sequence[Cell], second: Sequence[Cell]) -> list[Cell]:
    return [cell for pair in zip(first, second, strict=True) for cell in pair]

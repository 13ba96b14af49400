"""The rows of a gradebook: what Moodle and Canvas take back."""

from collections.abc import Iterator, Sequence

from grader.session.exports.back import Handed

Cell = str | float | None
Rows = Iterator[tuple[Cell, ...]]

_MOODLE_PERSON = {"last": "Last name", "first": "First name", "name": "Full name",
                  "number": "ID number", "email": "Email address",
                  "username": "Username"}  # fmt: skip
_WORKSHEET = {"identifier": "Identifier", "name": "Full name", "email": "Email address",
              "status": "Status"}  # fmt: skip
_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POSSIBLE = "    Points Possible"
"""As Canvas writes it: the row below the heading that is nobody's."""


def moodle(people: Sequence[Handed]) -> Rows:
    """A worksheet to be uploaded to the assignment, or a table for the gradebook's import.

    The table has, for each question, its points and what there is to say; the points that each
    may get stand in the heading, as ``bank-conflict/10``.
    """
    if people and all("identifier" in each.person.known for each in people):
        yield from _worksheet(people)
        return
    fields = [f for f in _MOODLE_PERSON if any(f in each.person.known for each in people)]
    questions = _questions(people)
    total = max((each.possible for each in people), default=0.0)
    graded = [f"{name}/{possible:g}" for name, possible in questions.items()]
    told = [f"{name} feedback" for name in questions]
    yield (*(_MOODLE_PERSON[f] for f in fields), f"Grade/{total:g}", *_woven(graded, told))
    for each in people:
        parts = {part.question: part for part in each.parts}
        points = [parts[name].points if name in parts else None for name in questions]
        marks = [parts[name].mark if name in parts else None for name in questions]
        said = [mark.feedback if mark else None for mark in marks]
        known = (each.person.known.get(f) for f in fields)
        yield (*known, each.points, *_woven(points, said))


def _worksheet(people: Sequence[Handed]) -> Rows:
    fields = [f for f in _WORKSHEET if any(f in each.person.known for each in people)]
    graded = ("Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments")
    yield (*(_WORKSHEET[f] for f in fields), *graded)
    for each in people:
        known = each.person.known
        shown = (known.get(f) for f in fields)
        yield (*shown, each.points, known.get("maximum"), known.get("modified"), each.feedback)


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

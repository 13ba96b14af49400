"""Moodle: the responses report of a quiz, and the grading worksheet of an assignment.

A quiz's report has ``Last name``, ``First name``, ``ID number``, ``Email address``, ``State`` (or
``Status``), ``Grade/10.00`` and ``Response 1``, with ``Question 1`` where the question's text was
asked for too. A worksheet has ``Identifier``, ``Full name``, ``Status``, ``Maximum Grade``,
``Online text`` and ``Last modified (grade)``, without which it cannot be imported again.
"""

import re
from collections.abc import Sequence

from grader.session.exports.shape import AnswerColumn, Shape, present

_PERSON = {
    "identifier": "identifier",
    "full name": "name",
    "last name": "last",
    "surname": "last",
    "first name": "first",
    "id number": "number",
    "email address": "email",
    "username": "username",
    "status": "status",
    "maximum grade": "maximum",
    "last modified (grade)": "modified",
}
_RESPONSE = re.compile(r"response (\d+)")
_GRADE = re.compile(r"grade/(\d+(?:[.,]\d+)?)")
_NO_ANSWER = frozenset({"-"})
_UNFINISHED = ("in progress", "overdue", "never submitted", "abandoned", "not started", "draft")


def recognise(names: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns, None where it is not Moodle's."""
    if {"identifier", "online text"} <= set(names):
        return _worksheet(names)
    numbers = [match[1] for name in names if (match := _RESPONSE.fullmatch(name))]
    person = present(names, _PERSON)
    if not numbers or not person.keys() & {"email", "number", "username", "last", "name"}:
        return None
    return Shape(
        "moodle",
        person,
        tuple(_response(number, names) for number in numbers),
        attempted=next((name for name in ("completed", "started on") if name in names), None),
        state=next((name for name in ("state", "status") if name in names), None),
        absent=("-",),
        unfinished=_UNFINISHED,
        blank=_NO_ANSWER,
        total=next((_number(m[1]) for name in names if (m := _GRADE.fullmatch(name))), None),
        summary="overall average",
        by_attempt=True,
    )


def _response(number: str, names: Sequence[str]) -> AnswerColumn:
    asked = f"question {number}"
    return AnswerColumn(f"response {number}", asked=asked if asked in names else None)


def _worksheet(names: Sequence[str]) -> Shape:
    return Shape(
        "moodle",
        present(names, _PERSON),
        (AnswerColumn("online text"),),
        attempted=next((name for name in names if name == "last modified (submission)"), None),
        state="status" if "status" in names else None,
        absent=("no submission",),
        unfinished=_UNFINISHED,
        blank=_NO_ANSWER,
    )


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) or None

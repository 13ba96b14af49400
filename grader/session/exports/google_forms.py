"""Google Forms: the responses as a sheet.

``Timestamp`` comes first, then ``Email Address`` (or ``Username``) if it was collected, then a
column for each question. A quiz has ``Score``, and ``... [Score]`` and ``... [Feedback]`` too.
"""

from collections.abc import Sequence

from grader.session.exports.shape import AnswerColumn, Shape, present

_PERSON = {"email address": "email", "username": "email", "email": "email"}
_PERSON |= {"name": "name", "full name": "name", "your name": "name"}
_PERSON |= {"first name": "first", "last name": "last"}
_PERSON |= {"student id": "number", "student number": "number", "id number": "number"}
_PERSON |= {"section": "section", "class": "section", "group": "section"}


def recognise(names: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns, None where it is not one of Google Forms."""
    if len(names) < 2 or names[0] != "timestamp":
        return None
    rest = [name for name in names[1:] if name not in {*_PERSON, "score", ""}]
    answers = [name for name in rest if not name.endswith(("[score]", "[feedback]"))]
    return Shape(
        "google-forms",
        present(names, _PERSON),
        tuple(AnswerColumn(name, wording=name) for name in answers),
        attempted="timestamp",
        by_attempt=True,
    )

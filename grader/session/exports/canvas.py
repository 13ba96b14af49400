"""Canvas: the student analysis of a quiz.

It has ``name``, ``id``, ``sis_id``, ``section``, ``submitted`` and ``attempt``, then for each
question ``123456: its words`` and, as the name of the column after it, the points that it gives.
"""

import re
from collections.abc import Sequence

from grader.session.exports.shape import AnswerColumn, Shape, present

_PERSON = {"name": "name", "id": "canvas", "sis_id": "number", "section": "section"}
_QUESTION = re.compile(r"\d+: (.*)", re.DOTALL)
_POINTS = re.compile(r"(\d+(?:\.\d+)?)(?: \(\d+\))?")


def recognise(names: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns, None where it is not Canvas's."""
    if not {"name", "id", "submitted", "attempt"} <= set(names):
        return None
    answers = tuple(
        AnswerColumn(name, wording=match[1], points=_points(after))
        for name, after in zip(names, [*names[1:], ""], strict=True)
        if (match := _QUESTION.fullmatch(name))
    )
    return Shape("canvas", present(names, _PERSON), answers, attempted="submitted", by_attempt=True)


def _points(name: str) -> float | None:
    match = _POINTS.fullmatch(name)
    return float(match[1]) or None if match else None

"""Canvas: the student analysis of a quiz.

It has ``name``, ``id``, ``sis_id``, ``section``, ``submitted`` and ``attempt``, then for each
question ``123456: its words`` and, as the name of the column after it, the points that it gives.
"""

import re
from collections.abc import Sequence

from grader.session.exports.shape import AnswerColumn, Shape

_PERSON = {"name": "name", "id": "canvas", "sis_id": "number", "section": "section"}
_LEADING = ("name", "id", "sis_id", "section", "section_id", "section_sis_id",
            "submitted", "attempt")  # fmt: skip
_QUESTION = re.compile(r"\d+: (.*)", re.DOTALL)
_POINTS = re.compile(r"(\d+(?:\.\d+)?)(?: \(\d+\))?")


def recognise(names: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns, None where it is not Canvas's."""
    columns = _leading(names)
    if not {"name", "id", "submitted", "attempt"} <= columns.keys():
        return None
    answers = tuple(
        AnswerColumn(name, wording=match[1], points=_points(after))
        for name, after in _pairs(names)
        if (match := _QUESTION.fullmatch(name))
    )
    person = {field: columns[name] for name, field in _PERSON.items() if name in columns}
    return Shape("canvas", person, answers, attempted=columns["submitted"], by_attempt=True)


def _leading(names: Sequence[str]) -> dict[str, str]:
    """The columns before the questions by their English names, in whatever language they are.

    Canvas writes all of them in one order, with ``root_account`` behind ``sis_id`` where several
    accounts trust each other.
    """
    if {"name", "id", "submitted"} <= set(names):
        return {name: name for name in names if name in _LEADING}
    pairs = enumerate(_pairs(names))
    first = (n for n, (name, after) in pairs if _QUESTION.fullmatch(name) and _points(after))
    before = list(names[: next(first, 0)])
    if len(before) == len(_LEADING) + 1:
        del before[_LEADING.index("section")]
    return dict(zip(_LEADING, before, strict=True)) if len(before) == len(_LEADING) else {}


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each name with the one after it."""
    return list(zip(names, [*names[1:], ""], strict=False))


def _points(name: str) -> float | None:
    match = _POINTS.fullmatch(name)
    return float(match[1]) or None if match else None

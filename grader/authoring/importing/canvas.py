"""Canvas: rubrics as its CSV of rubrics has them, and as its API gives them in JSON.

The CSV has ``Rubric Name``, ``Criteria Name``, ``Criteria Description``, ``Criteria Enable Range``
and, again and again, ``Rating Name``, ``Rating Description``, ``Rating Points``. The API has
``title`` and ``data``, a list of criteria with ``description``, ``long_description``, ``points``
and ``ratings``; an assignment has them under ``rubric``.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from grader.authoring.importing.levels import RatingLevel, take_levels
from grader.authoring.importing.material import (
    ImportedPoint,
    ImportedQuestion,
    ImportGap,
    Read,
)
from grader.authoring.importing.outline import as_text
from grader.authoring.importing.points import number
from grader.authoring.importing.rows import heading, open_known
from grader.authoring.importing.source import ImportFile
from grader.authoring.importing.table import Roles
from grader.util.table import CsvRow

_CRITERIA = ("data", "criteria", "rubric")
_NUMBER = re.compile(r"\D*(\d+)\D*")


def is_heading(names: Sequence[str]) -> bool:
    """Whether these columns, in any case, are those of Canvas's rubrics."""
    return {"rubric name", "criteria name", "rating name"} <= {_bare(name) for name in names}


def _bare(name: str) -> str:
    return re.sub(r"[ _]*\(?\d+\)?$", "", name.lower())


def recognises(file: ImportFile, _: Roles) -> bool:
    """Whether it has Canvas's columns, or criteria with ratings."""
    if file.json is not None:
        return any(_criteria(each) is not None for each in _rubrics(file.json))
    return file.text.lstrip()[:1] != "<" and heading(file, is_heading) is not None


def read(file: ImportFile, _: Roles) -> Iterator[Read]:
    """The rubrics of the file, each a question; a rubric's title stands for the question."""
    if file.json is None:
        yield from _read_rows(file)
        return
    listed = isinstance(file.json, list)
    for number_, rubric in enumerate(_rubrics(file.json)):
        place = f"[{number_}]" if listed and len(_rubrics(file.json)) > 1 else ""
        yield from _read_json(file, rubric, place)


def _rubrics(content: Any) -> list[Any]:  # noqa: ANN401 - JSON of anybody
    """The rubrics in the file: one, a list of them, or a bare list of criteria."""
    if not isinstance(content, list):
        return [content]
    bare = any(isinstance(each, dict) and "ratings" in each for each in content)
    return [{"data": content}] if bare else content


def _criteria(rubric: Any) -> tuple[str, list[Any]] | None:  # noqa: ANN401
    """The key of the criteria and these, None where it is no rubric of Canvas."""
    for key in _CRITERIA:
        listed = rubric.get(key) if isinstance(rubric, dict) else None
        if isinstance(listed, list) and any(isinstance(c, dict) and "ratings" in c for c in listed):
            return key, listed
    return None


def _read_json(file: ImportFile, rubric: Any, place: str) -> Iterator[Read]:  # noqa: ANN401
    criteria = _criteria(rubric)
    if criteria is None:
        told = "no rubric with criteria and ratings"
        yield ImportGap(file.name, place or "1", told, left_out=True)
        return
    key, listed = criteria
    settings = rubric.get("rubric_settings")
    settings = settings if isinstance(settings, dict) else {}
    question = ImportedQuestion(file.name, place or key)
    question.title = words(rubric.get("title") or rubric.get("name") or settings.get("title"))
    question.title = question.title or file.stem
    question.text = as_text(words(rubric.get("description"))) if key == "rubric" else ""
    question.total = amount(settings.get("points_possible", rubric.get("points_possible")))
    for index, criterion in enumerate(listed):
        at = f"{place}.{key}[{index}]".lstrip(".")
        if isinstance(criterion, dict):
            _criterion(question, criterion, at)
        else:
            question.lack("is no criterion", at, left_out=True)
    yield question


def _criterion(question: ImportedQuestion, criterion: dict[str, Any], at: str) -> None:
    text = as_text(words(criterion.get("description")))
    more = as_text(words(criterion.get("long_description")))
    ratings = criterion.get("ratings")
    levels = [
        RatingLevel(
            as_text(words(rating.get("description"))),
            as_text(words(rating.get("long_description"))),
            amount(rating.get("points")),
        )
        for rating in (ratings if isinstance(ratings, list) else [])
        if isinstance(rating, dict)
    ]
    if criterion.get("ignore_for_scoring") is True:
        question.lack("a criterion that counts for no points", at, left_out=True)
        return
    _add(question, ImportedPoint(text, at, amount(criterion.get("points"))), more, levels)


def _add(
    question: ImportedQuestion, point: ImportedPoint, more: str, levels: Sequence[RatingLevel]
) -> None:
    """Adds a criterion: its longer description, where it has one, is the claim."""
    if more and point.text:
        question.remarks.append(f"Criterion at {point.at}: {point.text}")
        point.given_id = point.text
    point.text = more or point.text
    if not point.text:
        question.lack("a criterion without a description", point.at, left_out=True)
        return
    take_levels(question, point, levels)
    question.add(point)


def _read_rows(file: ImportFile) -> Iterator[Read]:
    table = open_known(file, is_heading, "Canvas")
    questions: dict[str, ImportedQuestion] = {}
    title = ""
    for row in table.rows():
        if isinstance(row, ImportGap):
            yield row
            continue
        title = row.cells["rubric name"].strip() or title or file.stem
        question = questions.setdefault(title, ImportedQuestion(file.name, str(row.line), title))
        point = ImportedPoint(row.cells["criteria name"].strip(), str(row.line))
        more = row.cells.get("criteria description", "").strip()
        _add(question, point, more, _ratings(row, table.names, question))
    yield from questions.values()


def _ratings(row: CsvRow, names: Sequence[str], question: ImportedQuestion) -> list[RatingLevel]:
    """The levels of a row, column by column: each begins at its name."""
    levels: list[dict[str, str]] = []
    for name in names:
        kind = _bare(name).removeprefix("rating ")
        if kind in {"name", "description", "points"} and "rating" in name:
            if kind == "name" or not levels:
                levels.append({})
            levels[-1][kind] = row.cells[name].strip()
    made = []
    for level in levels:
        if any(level.values()):
            stated = level.get("points", "")
            points = number(stated)
            if stated and points is None:
                question.lack(f"points {stated[:40]!r} are no number", str(row.line))
            made.append(RatingLevel(level.get("name", ""), level.get("description", ""), points))
    return made


def words(value: Any) -> str:  # noqa: ANN401 - JSON of anybody
    """The text of a value in JSON; empty for what is none."""
    return value.strip() if isinstance(value, str) else ""


def amount(value: Any) -> float | None:  # noqa: ANN401 - JSON of anybody
    """The points of a value in JSON, as a number or a text; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e9 else None
    return number(value) if isinstance(value, str) else None

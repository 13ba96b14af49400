"""Gradescope, and rubrics like its own: items with points, perhaps in groups.

In JSON ``rubric_items`` have ``description``, ``weight``, ``question_id`` and ``group_id``; of a
group that is ``mutually_exclusive`` a grader picks one item, so that its items are levels. Where a
question is scored negatively a weight takes points off. The CSV of evaluations has a column for
each item, and a row ``Point Values`` below those of the students, who are not looked at.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from grader.authoring.importing.canvas import amount, words
from grader.authoring.importing.levels import RatingLevel, take_levels
from grader.authoring.importing.material import ImportedPoint, ImportedQuestion, ImportGap, Read
from grader.authoring.importing.outline import as_text
from grader.authoring.importing.points import number
from grader.authoring.importing.rows import RowReader, heading, open_known
from grader.authoring.importing.source import ImportFile
from grader.authoring.importing.table import Roles

Json = dict[str, Any]
_ITEMS = ("rubric_items", "items")
_BEGIN, _END = "submission time", "adjustment"
_FIRST = "assignment submission id"


def is_heading(names: Sequence[str]) -> bool:
    """Whether these columns are those of an export of evaluations."""
    return {_FIRST, _END, "score"} <= {name.lower() for name in names}


def recognises(file: ImportFile, _: Roles) -> bool:
    """Whether it has rubric items, or the columns of evaluations."""
    if file.json is not None:
        return any(_items(each) is not None for each in _tops(file.json))
    return file.text.lstrip()[:1] != "<" and heading(file, is_heading) is not None


def read(file: ImportFile, _: Roles) -> Iterator[Read]:
    """The questions of the file; a question's title stands for its text."""
    if file.json is None:
        yield from _evaluations(open_known(file, is_heading, "Gradescope"))
        return
    for index, top in enumerate(_tops(file.json)):
        place = f"[{index}]" if isinstance(file.json, list) else ""
        if (key := _items(top)) is None:
            yield ImportGap(file.name, place or "1", "no rubric items", left_out=True)
        else:
            yield from _read_json(file, top, key, place)


def _tops(content: Any) -> list[Any]:  # noqa: ANN401 - JSON of anybody
    return content if isinstance(content, list) else [content]


def _items(top: Any) -> str | None:  # noqa: ANN401
    """The key of the items; None where there are none."""
    for key in _ITEMS:
        listed = top.get(key) if isinstance(top, dict) else None
        if isinstance(listed, list) and any(isinstance(i, dict) and _said(i) for i in listed):
            return key
    return None


def _said(item: Json) -> str:
    return as_text(words(item.get("description") or item.get("text")))


def _read_json(file: ImportFile, top: Json, key: str, place: str) -> Iterator[Read]:
    listed = _dicts(top.get("questions")) or _dicts([top.get("question")]) or [top]
    known = {str(each.get("id")) for each in listed}
    for asked in listed:
        alone = len(listed) == 1
        items = [
            (f"{place}.{key}[{n}]".lstrip("."), item)
            for n, item in enumerate(top[key])
            if isinstance(item, dict)
            and (alone or str(item.get("question_id")) == str(asked.get("id")))
        ]
        yield _question(file, asked, items, _dicts(top.get("rubric_item_groups")), place)
    for n, item in enumerate(top[key]):
        ours = isinstance(item, dict) and (
            len(listed) == 1 or str(item.get("question_id")) in known
        )
        if not ours:
            at = f"{place}.{key}[{n}]".lstrip(".")
            yield ImportGap(file.name, at, "an item of no question", left_out=True)


def _question(
    file: ImportFile,
    asked: Json,
    items: list[tuple[str, Json]],
    groups: list[Json],
    place: str,
) -> ImportedQuestion:
    at = items[0][0] if items else place or "1"
    title = words(asked.get("title") or asked.get("numbered_title") or asked.get("name"))
    question = ImportedQuestion(file.name, at, title or file.stem)
    question.text = as_text(words(asked.get("content") or asked.get("text")))
    question.total = amount(asked.get("weight", asked.get("points")))
    sign = -1.0 if words(asked.get("scoring_type")) == "negative" else 1.0
    exclusive = {str(g.get("id")): g for g in groups if g.get("mutually_exclusive") is True}
    taken: set[str] = set()
    for where, item in items:
        group = str(item.get("group_id"))
        if group in exclusive and sign > 0:
            if group not in taken:
                members = [i for _, i in items if str(i.get("group_id")) == group]
                _levelled(question, exclusive[group], members, where)
            taken.add(group)
        else:
            _item(question, item, where, sign)
    return question


def _item(question: ImportedQuestion, item: Json, at: str, sign: float) -> None:
    worth = amount(item.get("weight", item.get("points")))
    text = _said(item)
    if not text:
        question.lack("an item without a description", at, left_out=True)
        return
    question.add(ImportedPoint(text, at, None if worth is None else sign * worth or 0.0))


def _levelled(question: ImportedQuestion, group: Json, members: list[Json], at: str) -> None:
    """Adds a group of which a grader picks one: its best item is met, and so on."""
    levels = [
        RatingLevel(_said(item), "", amount(item.get("weight", item.get("points"))))
        for item in members
    ]
    best = max(levels, key=lambda level: level.points or 0.0)
    point = ImportedPoint(_said(group) or best.note, at)
    if not point.text:
        question.lack("a group without a description", at, left_out=True)
        return
    take_levels(question, point, levels)
    question.add(point)


def _dicts(value: Any) -> list[Json]:  # noqa: ANN401 - JSON of anybody
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _evaluations(table: RowReader) -> Iterator[Read]:
    """The question of one export: its items are the columns between time and adjustment."""
    names = table.names
    begin = names.index(_BEGIN) + 1 if _BEGIN in names else names.index("score") + 1
    items = names[begin : names.index(_END)]
    values: dict[str, str] = {}
    sign, at = 1.0, "1"
    for row in table.rows():
        if isinstance(row, ImportGap):
            yield row
            continue
        first = row.cells[names[0]].strip().lower()
        if first == "point values":
            values, at = {name: row.cells[name] for name in items}, str(row.line)
        elif first in {"scoring method", "rubric type"}:
            said = " ".join(row.cells.values()).lower()
            sign = -1.0 if "negative" in said else sign
    question = ImportedQuestion(table.file.name, "1", table.file.stem)
    for name in items:
        worth = number(values.get(name, ""))
        point = ImportedPoint(_heading_of(table, name), at)
        point.points = None if worth is None else sign * worth or 0.0
        question.add(point)
    yield question


def _heading_of(table: RowReader, name: str) -> str:
    """The column's heading as it is written, without the number of a second one of its name."""
    heading_ = table.headings[table.names.index(name)]
    bare = re.sub(r" \(\d+\)$", "", heading_)
    return bare if bare.lower() in table.names else heading_

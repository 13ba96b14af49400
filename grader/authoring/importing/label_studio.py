"""Label Studio: tasks with a rubric in their ``data``, and labelling interfaces with choices.

A task's ``data`` has the question and its key points under any of the known names, as a list of
texts or of objects, or as one text. In an interface ``Choices`` of which several may be ticked are
key points; those of which one is picked are the levels of a key point, which the header above
them words.
"""

from collections.abc import Iterator
from typing import Any

from grader.authoring.importing.canvas import amount, words
from grader.authoring.importing.gather import Gathering
from grader.authoring.importing.levels import RatingLevel, take_levels
from grader.authoring.importing.material import (
    LEVELS,
    ImportedClaim,
    ImportedPoint,
    ImportedQuestion,
    ImportGap,
    Read,
)
from grader.authoring.importing.names import role_of
from grader.authoring.importing.outline import Kind, OutlineLine, as_text, outline
from grader.authoring.importing.points import split_points
from grader.authoring.importing.source import ImportFile
from grader.authoring.importing.table import Roles
from grader.authoring.importing.xml_tree import XmlElement, parse_xml

Json = dict[str, Any]
_CONFIG = ("label_config", "config")
_LISTS = {"key_point", "key_points", "misconception"}


def recognises(file: ImportFile, _: Roles) -> bool:
    """Whether it is a labelling interface, a project with one, or tasks with key points."""
    if file.text.lstrip().startswith("<View"):
        return True
    tasks = _tasks(file.json)
    return bool(_config(file.json)) or any("key_points" in _roles(_data(task)) for task in tasks)


def read(file: ImportFile, _: Roles) -> Iterator[Read]:
    """The questions of the file; a task without key points is a gap.

    Raises:
        BadInput: the interface is broken XML, or declares a document type.
    """
    content = file.json
    if content is None:
        yield from _interface(file, file.text, file.stem, 1)
        return
    config = _config(content)
    if config:
        yield from _interface(file, config, words(content.get("title")) or file.stem, None)
        return
    for index, task in enumerate(_tasks(content)):
        yield _task(file, _data(task), f"[{index}]")


def _config(content: Any) -> str:  # noqa: ANN401 - JSON of anybody
    """The labelling interface of a project; empty where there is none."""
    keys = _CONFIG if isinstance(content, dict) else ()
    return next(filter(None, (words(content.get(key)) for key in keys)), "")


def _tasks(content: Any) -> list[Any]:  # noqa: ANN401 - JSON of anybody
    return content if isinstance(content, list) else [content] if isinstance(content, dict) else []


def _data(task: Any) -> Json:  # noqa: ANN401
    inner = task.get("data") if isinstance(task, dict) else None
    return inner if isinstance(inner, dict) else task if isinstance(task, dict) else {}


def _roles(data: Json) -> Json:
    """The values by their roles; a list of key points under the name of a single one, too."""
    values: Json = {}
    for name, value in data.items():
        role = role_of(str(name))
        role = "key_points" if role == "key_point" and isinstance(value, list) else role
        if role:
            values.setdefault(role, value)
    return values


def _task(file: ImportFile, data: Json, at: str) -> Read:
    values = _roles(data)
    question = ImportedQuestion(file.name, at)
    question.given_id = _scalar(values.get("question_id"))
    question.title = words(values.get("title"))
    question.text = as_text(words(values.get("question")))
    question.total = amount(values.get("total", values.get("points")))
    question.cited += [source] if (source := words(values.get("source"))) else []
    _list(question, values.get("key_points"), f"{at}.key_points", "")
    _list(question, values.get("misconception"), f"{at}.misconceptions", "misconception")
    return question


def _scalar(value: Any) -> str:  # noqa: ANN401
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value).strip()[:200] if plain else ""


def _list(question: ImportedQuestion, value: Any, at: str, section: str) -> None:  # noqa: ANN401
    if isinstance(value, str):
        _take(question, outline(value), at, section)
        return
    for index, each in enumerate(value if isinstance(value, list) else []):
        where = f"{at}[{index}]"
        if isinstance(each, str) and each.strip():
            _take(question, [OutlineLine(Kind.ITEM, 1, as_text(each), 1)], where, section)
        elif isinstance(each, dict):
            _object(question, each, where, section)
        else:
            question.lack("is neither a text nor an object", where, left_out=True)


def _take(question: ImportedQuestion, lines: list[OutlineLine], at: str, section: str) -> None:
    points, claims = len(question.points), len(question.claims)
    gathering = Gathering(question, section=section)
    gathering.take(lines)
    for point in question.points[points:]:
        point.at = at
    for claim in question.claims[claims:]:
        claim.at = at


def _object(question: ImportedQuestion, each: Json, at: str, section: str) -> None:
    values = {role_of(str(name)): value for name, value in each.items()}
    named = (values.get(role) for role in (section or "key_point", "title", "question"))
    text = next((as_text(words(v)) for v in (*named, each.get("text")) if words(v)), "")
    worth = amount(values.get("points", values.get("penalty")))
    if not text:
        question.lack("has no text", at, left_out=True)
    elif section:
        correction = as_text(words(values.get("correction")))
        question.claims.append(ImportedClaim(text, at, abs(worth or 0), correction))
    else:
        point = ImportedPoint(text, at, worth, given_id=_scalar(each.get("id")))
        point.notes = {level: note for level in LEVELS if (note := words(values.get(level)))}
        point.hint = words(values.get("hint"))
        point.cited = [source] if (source := words(values.get("source"))) else []
        question.add(point, as_text(words(values.get("correction"))))


def _interface(file: ImportFile, config: str, title: str, line: int | None) -> Iterator[Read]:
    """The question that an interface asks; its first header is its text."""
    root = parse_xml(config.encode(), file.name)
    question = ImportedQuestion(file.name, "1" if line else "label_config", title)
    header = ""
    for element in _walk(root):
        value = element.attributes.get("value", "").strip()
        if element.tag == "Header" and not value.startswith("$"):
            first = not question.text and not question.points
            question.text, header = (value, "") if first else (question.text, value)
        elif element.tag == "Choices":
            at = str(element.line) if line else f"label_config:{element.line}"
            _choices(question, element, header, at)
            header = ""
    if not question.points and not question.claims and not question.gaps:
        yield ImportGap(file.name, question.at, "an interface without choices", left_out=True)
        return
    yield question


def _walk(root: XmlElement) -> Iterator[XmlElement]:
    yield root
    for child in root.children:
        yield from _walk(child)


def _choices(question: ImportedQuestion, element: XmlElement, header: str, at: str) -> None:
    choices = [each for each in element.all("Choice") if each.attributes.get("value", "").strip()]
    if element.attributes.get("choice") == "multiple":
        for choice in choices:
            text, worth = split_points(choice.attributes["value"])
            point = ImportedPoint(text, at, worth)
            hint = choice.attributes.get("hint", "").strip()
            point.notes = {"met": hint} if hint else {}
            question.add(point)
        return
    text, worth = split_points(header or element.attributes.get("name", ""))
    if not text:
        question.lack("choices below no header", at, left_out=True)
        return
    point = ImportedPoint(text, at, worth)
    levels = []
    for choice in choices:
        name, points = split_points(choice.attributes["value"])
        levels.append(RatingLevel(name, choice.attributes.get("hint", "").strip(), points))
    take_levels(question, point, levels)
    question.add(point)

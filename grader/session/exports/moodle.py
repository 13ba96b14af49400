"""Moodle: the responses report of a quiz, and the grading worksheet of an assignment.

A quiz's report has ``Last name``, ``First name``, ``ID number``, ``Email address``, ``State`` (or
``Status``), ``Grade/10.00`` and ``Response 1``, with ``Question 1`` where the question's text was
asked for too. A worksheet has ``Identifier``, ``Full name``, ``Status``, ``Maximum Grade``,
``Online text`` and ``Last modified (grade)``, without which it cannot be imported again. All of
it is in the language of whoever exports; the words are in ``moodle.toml``.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.session.exports.shape import AnswerColumn, Shape
from grader.text.catalogue import Catalogue, read_words

_FILE = Path(__file__).with_name("moodle.toml")
_PERSON = ("identifier", "name", "last", "first", "number", "email", "username", "status",
           "maximum", "modified")  # fmt: skip
_NO_ANSWER = frozenset({"-"})


def recognise(names: Sequence[str]) -> Shape | None:
    """The shape of a table with these columns, None where it is not Moodle's."""
    shapes = (_in_language(names, say) for say in read_words(_FILE).values())
    return next((shape for shape in shapes if shape is not None), None)


def headings(say: Catalogue | None = None) -> dict[str, str]:
    """How Moodle heads each column, in the words *say*, else in English."""
    say = say or read_words(_FILE)["en"]
    return {field: variants[0] for field, variants in say["headings"].items()}


def _in_language(names: Sequence[str], say: Catalogue) -> Shape | None:
    columns, written = _columns(names, say)
    if {"identifier", "online"} <= columns.keys():
        return _worksheet(columns, written, say)
    response = re.compile(rf"{say['response'].lower()} (\d+)")
    numbers = [match[1] for name in names if (match := response.fullmatch(name))]
    person = _person(columns)
    if not numbers or not person.keys() & {"email", "number", "username", "last", "name"}:
        return None
    most = re.compile(rf"({'|'.join(map(re.escape, _lower(say, 'grade')))})/(\d+(?:[.,]\d+)?)")
    graded = next((match for name in names if (match := most.fullmatch(name))), None)
    return Shape(
        "moodle",
        person,
        tuple(_response(number, names, say) for number in numbers),
        attempted=columns.get("completed", columns.get("started")),
        state=columns.get("status"),
        absent=("-",),
        unfinished=_small(say["unfinished"]),
        blank=_NO_ANSWER,
        total=_number(graded[2]) if graded else None,
        summary=say["summary"].lower(),
        by_attempt=True,
        headings=written,
    )


def _columns(names: Sequence[str], say: Catalogue) -> tuple[dict[str, str], dict[str, str]]:
    """The columns by what they hold, and how Moodle writes the heading of each that there is."""
    known = {
        _plain(variant): (field, variant)
        for field, variants in say["headings"].items()
        for variant in variants
    }
    columns, written = {}, headings(say)
    for name in names:
        field, variant = known.get(_plain(name), ("", ""))
        if field and field not in columns:
            columns[field], written[field] = name, variant
    return columns, written


def _person(columns: Mapping[str, str]) -> dict[str, str]:
    return {field: columns[field] for field in _PERSON if field in columns}


def _response(number: str, names: Sequence[str], say: Catalogue) -> AnswerColumn:
    asked = f"{say['question'].lower()} {number}"
    return AnswerColumn(
        f"{say['response'].lower()} {number}", asked=asked if asked in names else None
    )


def _worksheet(columns: Mapping[str, str], written: dict[str, str], say: Catalogue) -> Shape:
    return Shape(
        "moodle",
        _person(columns),
        (AnswerColumn(columns["online"]),),
        attempted=columns.get("submitted"),
        state=columns.get("status"),
        absent=_small(say["absent"]),
        unfinished=_small(say["unfinished"]),
        blank=_NO_ANSWER,
        headings=written,
    )


def _lower(say: Catalogue, field: str) -> tuple[str, ...]:
    return _small(say["headings"][field])


def _small(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _plain(name: str) -> str:
    return name.lower().replace("’", "'")


def _number(text: str) -> float | None:
    return float(text.replace(",", ".")) or None

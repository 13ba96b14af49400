"""Attacks as items: what hostile and idle texts do to a judge, with each choice of defences."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader import answer
from grader.answer import has_content
from grader.errors import BadInput
from grader.judge.base import language
from grader.judge.defences import own_text
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.trust.audit.cases import Attack, AttackCase, cases, load
from training.sets import SHIPPED, Item, claims_of, variants


def of_attacks(texts: Path | None = None) -> Iterator[Item]:
    """Gives every attack on every shipped question, and the answers that they were put beside."""
    for source, attacks in (("suite", load()), ("published", published(texts))):
        for asked in load_rubrics(SHIPPED):
            given = list(cases([asked], attacks, SHIPPED))
            bases = {case.base.id: case.base for case in given if case.base}
            for base in bases.values():
                yield from _attacked(source, asked, f"{asked.id}/{base.id}", base.text, {})
            for case in given:
                yield from _attacked(source, asked, case.id, case.text, _about(case))


def _about(case: AttackCase) -> dict[str, Any]:
    return {
        "attack": case.attack.id,
        "kind": case.attack.kind,
        "expect": case.attack.expect,
        "base": f"{case.rubric.id}/{case.base.id}" if case.base else None,
    }


def _attacked(
    source: str, asked: Rubric, name: str, text: str, about: dict[str, Any]
) -> Iterator[Item]:
    try:
        read = answer.from_text(text, name)
    except BadInput:  # refused before anybody judges it
        return
    graded = has_content(own_text(read), asked.question.wordings)
    known = about | {"language": language(text), "by_code": not graded}
    for lines, how in variants(read, asked):
        question, claims = asked.question.model_dump(), claims_of(asked, {})
        yield Item(f"attack-{source}", asked.id, name, question, lines, claims, known | how)


def published(path: Path | None) -> tuple[Attack, ...]:
    """Returns the published texts of a JSON Lines file as attacks of the suite's format."""
    if path is None or not path.exists():
        return ()
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(_as_attack(row) for row in rows)


_EXPECT = {"no_credit": "no-credit", "no_change": "no-gain", "credit_unchanged": "no-loss"}

_PLACES = {
    "{QUESTION}": "$question",
    "{KEYPOINT_TITLES}": "$ids",
    "{KEYWORDS_JOINED_BY_COMMAS}": "$keywords",
    "{WRONG_CLAIM}": "$wrong",
    "{KEYPOINT_TEXT_NEGATED}": "$negated",
    "{EMPTY}": "",
    "{WRONG_ANSWER}": "",
    "{ANSWER}": "",
}


def _as_attack(row: dict[str, Any]) -> Attack:
    text = row["text"].replace("$", "$$")
    for old, new in _PLACES.items():
        text = text.replace(old, new)
    expect = _EXPECT[row["expect"]]
    alone = expect == "no-credit"
    place = "whole" if alone else "prepend" if row["placement"] == "prepend" else "append"
    language = row["lang"] if row["lang"] in ("en", "zh") else "any"
    return Attack.model_validate(
        {
            "id": row["name"].lower().replace("_", "-"),
            "kind": row["kind"].replace("_", "-"),
            "language": language,
            "expect": expect,
            "place": place,
            "text": text.strip() or text,
        }
    )

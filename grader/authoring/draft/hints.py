"""Drafts hints to key points that have none: each leads to its key point without giving it away.

A model words them; whether a hint gives its key point away is decided as ``grade rubric check``
decides it, and such a hint is asked for once more.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from grader.authoring.check.notes import gives_away
from grader.authoring.draft.assemble import visible_line
from grader.errors import BadInput
from grader.judge import prompts
from grader.judge.items import object_schema
from grader.llm.objects import object_in
from grader.llm.request import Ask, Unusable, read
from grader.rubric.format import KeyPoint, Rubric
from grader.rubric.wording import Text
from grader.util.toml import parse_toml, value_lines

LONGEST_HINT = 200
"""Characters: more is an explanation."""
_ATTEMPTS = 2


@dataclass
class HintDraft:
    """What came of drafting hints.

    Attributes:
        hints: the texts by language, by the id of their key point.
        refused: why the last hint of a key point is not taken, by its id.
    """

    hints: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


async def draft_hints(rubric: Rubric, ask: Ask, parameters: Mapping[str, Any]) -> HintDraft:
    """Returns a hint for each key point that lacks one, in the languages of the key point.

    One request a key point, and one more where its hint is refused.

    Raises:
        ModelFailed: no request to the model can succeed.
    """
    made = HintDraft()
    for point in rubric.key_points:
        if point.hint is None:
            await _draft_hint(rubric, point, ask, parameters, made)
    return made


async def _draft_hint(
    rubric: Rubric, point: KeyPoint, ask: Ask, parameters: Mapping[str, Any], made: HintDraft
) -> None:
    fault = None
    for _ in range(_ATTEMPTS):
        body = _body(rubric, point, fault, parameters)
        try:
            found = object_in(read(await ask(body)), lambda value: set(value) == set(point.texts))
        except Unusable as unusable:
            made.refused[point.id] = f"no usable reply ({unusable.cause.value}: {unusable})"
            return
        texts = {tag: visible_line(str(found[tag])) for tag in point.texts}
        fault = next(_faults(rubric, point, texts), None)
        if fault is None:
            made.hints[point.id] = texts
            return
    made.refused[point.id] = str(fault)


def _body(
    rubric: Rubric, point: KeyPoint, fault: str | None, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    tags = list(point.texts)
    asked = prompts.fill(
        "draft-hint",
        question=rubric.question.text(tags[0]),
        claim=" / ".join(point.wordings),
        in_each=f"in each of these languages, by their BCP 47 tags: {', '.join(tags)}",
        again=f"A hint before is not taken: it {fault}. Write another one." if fault else None,
    )
    schema = object_schema({tag: {"type": "string"} for tag in tags})
    form = {"name": "hint", "strict": True, "schema": schema}
    return {
        "messages": [
            {"role": "system", "content": prompts.fill("check-system").strip()},
            {"role": "user", "content": asked.strip()},
        ],
        "response_format": {"type": "json_schema", "json_schema": form},
        **parameters,
    }


def _faults(rubric: Rubric, point: KeyPoint, texts: Mapping[str, str]) -> Iterator[str]:
    """Why the hint is not taken, a reason each."""
    for tag, hint in texts.items():
        claim, question = point.texts[tag], rubric.question.text(tag)
        if not hint:
            yield f"is empty in {tag}"
        elif len(hint) > LONGEST_HINT:
            yield f"is longer than {LONGEST_HINT} characters in {tag}"
        elif told := gives_away(hint, claim, question, tag):
            yield f"gives the key point away with “{', '.join(sorted(told))}” in {tag}"


def with_hints(text: str, rubric: Rubric, hints: Mapping[str, Mapping[str, str]]) -> str:
    """Returns the text of a rubric's file with *hints* added to their key points; all else of it,
    comments too, stays as it is.

    Raises:
        BadInput: the file is laid out so that no line can be added to its key points.
    """
    points = tuple(
        point.model_copy(update={"hint": Text.model_validate(hints[point.id])})
        if point.id in hints
        else point
        for point in rubric.key_points
    )
    wanted = rubric.model_copy(update={"key_points": points})
    for behind in (tuple(rubric.key_points[0].texts), ("id",)):
        made = _inserted(text, rubric.key_points, hints, behind)
        if _is_rubric(made, wanted):
            return made
    raise BadInput(
        "hints can be added only where each key point stands below a line [[key_points]]; write"
        " them by hand"
    )


def _inserted(
    text: str,
    points: Sequence[KeyPoint],
    hints: Mapping[str, Mapping[str, str]],
    behind: Sequence[str],
) -> str:
    """The text with lines for each hint behind the last of the keys *behind* of its key point."""
    places, lines = value_lines(text), text.splitlines(keepends=True)
    for number in range(len(points) - 1, -1, -1):
        hint = hints.get(points[number].id, {})
        known = [places.get(("key_points", number, key), 0) for key in behind]
        new = [f"hint.{tag} = {json.dumps(t, ensure_ascii=False)}\n" for tag, t in hint.items()]
        lines[max(known) : max(known)] = new
    return "".join(lines)


def _is_rubric(text: str, wanted: Rubric) -> bool:
    try:
        return Rubric.model_validate(parse_toml(text)).digest == wanted.digest
    except (ValidationError, ValueError):
        return False

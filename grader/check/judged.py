"""What only a reader can tell: asked of a model, and so never more than a note."""

import json
from collections.abc import AsyncIterator
from itertools import combinations

from grader import prompt
from grader.check.finding import Finding, Reading, Severity
from grader.item import object_schema
from grader.request import Ask, Unusable
from grader.request import read as read_reply
from grader.toml_lines import Place

_SCHEMA = object_schema({"reply": {"type": "string", "enum": ["yes", "no"]}})
_FORM = {"name": "reply", "strict": True, "schema": _SCHEMA}


async def judged(reading: Reading, ask: Ask) -> AsyncIterator[Finding]:
    """Key points that ask for the same, and notes that speak of something else, as a model sees it.

    One short call for each pair of key points, and one for each key point.

    Raises:
        ModelFailed: no request to the model can succeed.
    """
    points = reading.rubric.key_points
    for (_, one), (n, other) in combinations(enumerate(points), 2):
        asked = prompt.fill("check-overlap", one=one.en, other=other.en)
        place: Place = ("key_points", n)
        said = f"asks for the same as {one.id}, says the judge"
        if found := await _asked(reading, ask, asked, place, said):
            yield found
    for n, point in enumerate(points):
        asked = prompt.fill("check-note", text=point.en, met=point.notes.met)
        place = ("key_points", n, "notes", "met")
        said = "speaks of something else than the key point, says the judge"
        if found := await _asked(reading, ask, asked, place, said):
            yield found


async def _asked(reading: Reading, ask: Ask, asked: str, place: Place, said: str) -> Finding | None:
    system = prompt.fill("check-system").strip()
    body = {
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": asked.strip()},
        ],
        "response_format": {"type": "json_schema", "json_schema": _FORM},
    }
    try:
        reply = json.loads(read_reply(await ask(body)).text)["reply"]
    except (Unusable, ValueError, LookupError, TypeError):
        said, reply = "the judge gave no usable reply", "yes"
    return reading.finding(Severity.NOTE, "judge", place, said) if reply == "yes" else None

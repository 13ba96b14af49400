"""What a model proposes for a rubric. Nothing of it is believed until code has found the words."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.authoring.draft.source import SourceText
from grader.judge import prompts
from grader.judge.items import object_schema
from grader.llm.objects import object_in
from grader.llm.request import Ask, read

PART = 24_000
"""Characters of the source in one request."""

Importance = Literal["core", "important", "bonus"]
WEIGHT: dict[Importance, int] = {"core": 3, "important": 2, "bonus": 1}
"""The model says how much a key point matters in words; the number is written by code."""


class _Proposed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ProposedPoint(_Proposed):
    """A key point, with the words of the source that it is taken from."""

    quote: str
    id: str = ""
    en: str
    zh: str
    met: str
    partial: str = ""
    missed: str
    importance: Importance


class ProposedClaim(_Proposed):
    """A misconception, with the words of the source that refute it."""

    quote: str
    id: str = ""
    en: str
    zh: str
    correction_en: str
    correction_zh: str
    contradicts: tuple[str, ...] = ()


class ProposedDoubt(_Proposed):
    """A statement that a person should look at before it counts."""

    quote: str
    why: str


class Proposal(_Proposed):
    """All that a model proposes from one source."""

    question_en: str = ""
    question_zh: str = ""
    key_points: tuple[ProposedPoint, ...] = ()
    misconceptions: tuple[ProposedClaim, ...] = ()
    doubts: tuple[ProposedDoubt, ...] = Field(default=())

    def __add__(self, other: "Proposal") -> "Proposal":
        """Both, the question being that of the first that has one."""
        return Proposal(
            question_en=self.question_en or other.question_en,
            question_zh=self.question_zh or other.question_zh,
            key_points=self.key_points + other.key_points,
            misconceptions=self.misconceptions + other.misconceptions,
            doubts=self.doubts + other.doubts,
        )


async def propose(
    source: SourceText, question: str, ask: Ask, parameters: dict[str, Any]
) -> Proposal:
    """The proposal of a model that is asked everything at once, part by part of the source.

    Args:
        question: the question in anybody's words; empty where the model should word it.

    Raises:
        Unusable: no reply, or none of the form that was asked for.
        ModelFailed: no request to the model can succeed.
    """
    found = Proposal()
    for part in source.parts(PART):
        asked = prompts.fill(
            "draft-source",
            question=question or prompts.fill("draft-no-question").strip(),
            mark=source.digest.removeprefix("sha256:")[:32],
            source=part,
        )
        messages = [
            {"role": "system", "content": prompts.fill("draft-rules")},
            {"role": "user", "content": asked},
        ]
        found += await _reply(ask, messages, parameters)
    return found


async def _reply(ask: Ask, messages: list[prompts.Message], parameters: dict[str, Any]) -> Proposal:
    form = {"name": "rubric", "strict": True, "schema": SCHEMA}
    body = {
        "messages": messages,
        "response_format": {"type": "json_schema", "json_schema": form},
        **parameters,
    }
    return Proposal.model_validate(object_in(read(await ask(body)), _is_proposal))


def _is_proposal(value: dict[str, Any]) -> bool:
    try:
        Proposal.model_validate(value)
    except ValidationError:
        return False
    return True


def _strings(*names: str) -> dict[str, Any]:
    return {name: {"type": "string"} for name in names}


def _list(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": object_schema(properties)}


SCHEMA = object_schema(
    {
        **_strings("question_en", "question_zh"),
        # The quotation first: what follows is then written about it.
        "key_points": _list(
            {
                **_strings("quote", "id", "en", "zh", "met", "partial", "missed"),
                "importance": {"type": "string", "enum": list(WEIGHT)},
            }
        ),
        "misconceptions": _list(
            {
                **_strings("quote", "id", "en", "zh", "correction_en", "correction_zh"),
                "contradicts": {"type": "array", "items": {"type": "string"}},
            }
        ),
        "doubts": _list(_strings("quote", "why")),
    }
)

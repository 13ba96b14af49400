"""What a model proposes for a rubric. Nothing of it is believed until code has found the words."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.authoring.draft.source import SourceText
from grader.judge import prompts
from grader.judge.items import object_schema
from grader.llm.objects import object_in
from grader.llm.request import Ask, read

PART = 24_000
"""Characters of the source in one request."""

BOTH = ("en", "zh")
"""The languages of a draft where none are asked for."""
Importance = Literal["core", "important", "bonus"]
WEIGHT: dict[Importance, int] = {"core": 3, "important": 2, "bonus": 1}
"""The model says how much a key point matters in words; the number is written by code."""


class _Proposed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Spoken(_Proposed):
    """What is worded in languages: each text under its tag, or under a name that ends with it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def said(self, tag: str, name: str = "") -> str:
        """Returns the text in the language *tag*; empty where there is none."""
        text = (self.model_extra or {}).get(f"{name}_{tag}" if name else tag, "")
        return text if isinstance(text, str) else ""

    def has(self, tag: str, name: str = "") -> bool:
        """Whether there is a text in the language *tag*, be it empty."""
        return isinstance((self.model_extra or {}).get(f"{name}_{tag}" if name else tag), str)

    @property
    def anything(self) -> str:
        """Returns a text in whichever language there is; empty where there is none."""
        texts = (text for text in (self.model_extra or {}).values() if isinstance(text, str))
        return next(filter(None, texts), "")


class ProposedPoint(_Spoken):
    """A key point, with the words of the source that it is taken from."""

    quote: str
    id: str = ""
    met: str
    partial: str = ""
    missed: str
    importance: Importance


class ProposedClaim(_Spoken):
    """A misconception, with the words of the source that refute it; corrections are texts named
    ``correction``."""

    quote: str
    id: str = ""
    contradicts: tuple[str, ...] = ()


class ProposedDoubt(_Proposed):
    """A statement that a person should look at before it counts."""

    quote: str
    why: str


class Proposal(_Spoken):
    """All that a model proposes from one source; the question's texts are named ``question``."""

    key_points: tuple[ProposedPoint, ...] = ()
    misconceptions: tuple[ProposedClaim, ...] = ()
    doubts: tuple[ProposedDoubt, ...] = Field(default=())

    def __add__(self, other: "Proposal") -> "Proposal":
        """Both, the question being that of the first that has one."""
        theirs, ours = other.model_extra or {}, self.model_extra or {}
        return Proposal(
            **(theirs | {name: text for name, text in ours.items() if text}),
            key_points=self.key_points + other.key_points,
            misconceptions=self.misconceptions + other.misconceptions,
            doubts=self.doubts + other.doubts,
        )


async def propose(
    source: SourceText,
    question: str,
    ask: Ask,
    parameters: dict[str, Any],
    languages: Sequence[str] = BOTH,
) -> Proposal:
    """The proposal of a model that is asked everything at once, part by part of the source.

    Args:
        question: the question in anybody's words; empty where the model should word it.
        languages: the tags of those that every text is asked for in.

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
            {"role": "system", "content": _rules(languages)},
            {"role": "user", "content": asked},
        ]
        found += await _reply(ask, messages, parameters, languages)
    return found


def _rules(languages: Sequence[str]) -> str:
    """The rules, with how every text is asked for in each of the languages."""
    tags, questions = ", ".join(languages), ", ".join(f"question_{tag}" for tag in languages)
    if tuple(languages) == BOTH:
        each, every, these = (
            "in English and in Chinese",
            "in English and Chinese",
            "in both languages",
        )
    elif len(languages) == 1:
        each = every = these = f"in the language {tags} (its BCP 47 tag)"
    else:
        each = every = these = f"in each of the languages {tags} (BCP 47 tags)"
    return prompts.fill(
        "draft-rules", tags=tags, questions=questions, in_each=each, in_all=every, in_these=these
    )


async def _reply(
    ask: Ask,
    messages: list[prompts.Message],
    parameters: dict[str, Any],
    languages: Sequence[str],
) -> Proposal:
    form = {"name": "rubric", "strict": True, "schema": schema(languages)}
    body = {
        "messages": messages,
        "response_format": {"type": "json_schema", "json_schema": form},
        **parameters,
    }
    fits = partial(_is_proposal, languages)
    return Proposal.model_validate(object_in(read(await ask(body)), fits))


def _is_proposal(languages: Sequence[str], value: dict[str, Any]) -> bool:
    try:
        found = Proposal.model_validate(value)
    except ValidationError:
        return False
    worded = [(item, "") for item in (*found.key_points, *found.misconceptions)]
    worded += [(claim, "correction") for claim in found.misconceptions]
    return all(item.has(tag, name) for item, name in worded for tag in languages)


def _strings(*names: str) -> dict[str, Any]:
    return {name: {"type": "string"} for name in names}


def _list(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": object_schema(properties)}


def schema(languages: Sequence[str]) -> dict[str, Any]:
    """Returns the JSON Schema of a proposal with every text in each of *languages*."""
    points = {
        **_strings("quote", "id", *languages, "met", "partial", "missed"),
        "importance": {"type": "string", "enum": list(WEIGHT)},
    }
    corrections = [f"correction_{tag}" for tag in languages]
    claims = {
        **_strings("quote", "id", *languages, *corrections),
        "contradicts": {"type": "array", "items": {"type": "string"}},
    }
    return object_schema(
        {
            **_strings(*(f"question_{tag}" for tag in languages)),
            # The quotation first: what follows is then written about it.
            "key_points": _list(points),
            "misconceptions": _list(claims),
            "doubts": _list(_strings("quote", "why")),
        }
    )

"""What one call asks about: a key point or a misconception, its JSON Schema and its reading."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.judge import prompts
from grader.llm.request import Unusable
from grader.record import Cause, Evidence, MisconceptionGrade, PointGrade, Verdict
from grader.rubric.format import KeyPoint, Misconception, Rubric

Place = Callable[[str], Evidence | None]
"""Finds a quote in the answer, or says that it is not there."""

_MOST_QUOTES = 8
_ALL = tuple(Verdict)
_BINARY = tuple(v for v in Verdict if v != Verdict.PARTIAL)
_LONGEST_REASON = 1000


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    quotes: list[str]
    reason: str


class _PointReply(_Reply):
    verdict: str


class _ClaimReply(_Reply):
    asserted: bool


def _schema(**last: dict[str, Any]) -> dict[str, Any]:
    """Quotes, then the reason, then the decision: a model that decides first argues backwards."""
    properties = {
        "quotes": {"type": "array", "items": {"type": "string"}},
        "reason": {"type": "string"},
        **last,
    }
    return object_schema(properties)


def object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    """A strict object: every property required, no others allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class PointItem:
    """A key point to be judged."""

    point: KeyPoint
    group: ClassVar[str] = "key_points"

    @property
    def id(self) -> str:
        return self.point.id

    @property
    def text(self) -> str:
        """As the judge sees it."""
        return prompts.key_point(self.point)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts that it can get: a binary key point is never partly met."""
        return _BINARY if self.point.binary else _ALL

    @property
    def schema(self) -> dict[str, Any]:
        return _schema(verdict={"type": "string", "enum": [v.value for v in self.verdicts]})

    def read(self, value: object, place: Place) -> PointGrade:
        """The grade in one item of a reply.

        Raises:
            Unusable: wrong shape, or a verdict that rests on nothing found in the answer.
        """
        try:
            reply = _PointReply.model_validate(value)
        except ValidationError:
            raise Unusable(Cause.WRONG_SHAPE) from None
        if reply.verdict not in self.verdicts:
            raise Unusable(Cause.WRONG_SHAPE)
        verdict = Verdict(reply.verdict)
        evidence = _found(reply.quotes, place) if verdict != Verdict.MISSED else ()
        if verdict != Verdict.MISSED and not evidence:
            raise Unusable(Cause.QUOTE_NOT_FOUND)
        return PointGrade(
            id=self.id,
            weight=self.point.weight,
            verdict=verdict,
            evidence=evidence,
            reason=reply.reason[:_LONGEST_REASON],
        )

    def ungraded(self, cause: Cause) -> PointGrade:
        return PointGrade(id=self.id, weight=self.point.weight, verdict=None, cause=cause)


@dataclass(frozen=True)
class ClaimItem:
    """A misconception to be looked for."""

    claim: Misconception
    correction: str
    group: ClassVar[str] = "misconceptions"

    @property
    def id(self) -> str:
        return self.claim.id

    @property
    def text(self) -> str:
        """As the judge sees it."""
        return prompts.misconception(self.claim)

    @property
    def schema(self) -> dict[str, Any]:
        return _schema(asserted={"type": "boolean"})

    def read(self, value: object, place: Place) -> MisconceptionGrade:
        """The finding in one item of a reply.

        Raises:
            Unusable: wrong shape, or a claim said to be asserted in words that are not there.
        """
        try:
            reply = _ClaimReply.model_validate(value)
        except ValidationError:
            raise Unusable(Cause.WRONG_SHAPE) from None
        evidence = _found(reply.quotes, place) if reply.asserted else ()
        if reply.asserted and not evidence:
            raise Unusable(Cause.QUOTE_NOT_FOUND)
        return self.grade(reply.asserted, evidence, reply.reason[:_LONGEST_REASON])

    def grade(
        self, asserted: bool, evidence: tuple[Evidence, ...] = (), reason: str = ""
    ) -> MisconceptionGrade:
        return MisconceptionGrade(
            id=self.id,
            asserted=asserted,
            evidence=evidence,
            reason=reason,
            correction=self.correction,
            penalty=self.claim.penalty,
        )

    def ungraded(self, cause: Cause) -> MisconceptionGrade:
        return MisconceptionGrade(
            id=self.id,
            asserted=None,
            correction=self.correction,
            penalty=self.claim.penalty,
            cause=cause,
        )


Item = PointItem | ClaimItem


def _found(quotes: Iterable[str], place: Place) -> tuple[Evidence, ...]:
    spans = (place(quote) for quote in list(quotes)[:_MOST_QUOTES])
    return tuple(dict.fromkeys(span for span in spans if span is not None))


def points(rubric: Rubric) -> tuple[PointItem, ...]:
    """The rubric's key points as items, in its order."""
    return tuple(PointItem(point) for point in rubric.key_points)


def claims(rubric: Rubric, language: str) -> tuple[ClaimItem, ...]:
    """The rubric's misconceptions as items, corrected in *language* (``en`` or ``zh``)."""
    return tuple(
        ClaimItem(claim, getattr(claim.correction, language)) for claim in rubric.misconceptions
    )


@lru_cache(maxsize=64)
def reply_schema(rubric: Rubric) -> dict[str, Any]:
    """The strict JSON Schema of a whole reply: one required property for each key point and
    misconception, so that none can be left out or invented."""
    return object_schema(
        {
            "key_points": object_schema({i.id: i.schema for i in points(rubric)}),
            "misconceptions": object_schema({i.id: i.schema for i in claims(rubric, "en")}),
            "feedback": {"type": "string"},
        }
    )

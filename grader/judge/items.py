"""What one call asks about: a key point or a misconception, its JSON Schema and its reading."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from grader.judge import prompts
from grader.judge.stated import STATED, stated_chance
from grader.llm.request import Unusable
from grader.record import Cause, Evidence, MisconceptionGrade, PointGrade, Verdict
from grader.rubric.format import KeyPoint, Misconception, Rubric
from grader.text.quotes import is_short

Place = Callable[[str], Evidence | None]
"""Finds a quote in the answer, or says that it is not there."""

_MOST_QUOTES = 8
_ALL = tuple(Verdict)
_BINARY = tuple(v for v in Verdict if v != Verdict.PARTIAL)
_LONGEST_REASON = 1000


_NO_ESCAPES = str.maketrans({"\f": "\\f", "\b": "\\b", "\t": "\\t", "\r": "\\r", "\n": "\\n"})
TOO_SHORT = "what it quoted says too little, and is no number, formula or clause of its own there"
_BROKEN = "half a character in the reply was replaced"


def _as_list(value: object) -> object:
    """Quotations as a list: a lone one is a list of one, none at all an empty one."""
    if value is None:
        return []
    if isinstance(value, list):
        return [_quotation(each) for each in value]
    return [value] if isinstance(value, str) else value


def _quotation(value: object) -> object:
    if isinstance(value, dict) and len(value) == 1:
        return value.get("text", value.get("quote"))
    return value


def _as_word(value: object) -> object:
    return value.strip(" \t\r\n.").lower() if isinstance(value, str) else value


def _as_truth(value: object) -> object:
    return {"true": True, "yes": True, "false": False, "no": False}.get(str(_as_word(value)), value)


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    quotes: Annotated[list[str], BeforeValidator(_as_list)]
    reason: Annotated[str, BeforeValidator(lambda value: value or "")] = ""

    @property
    def detail(self) -> str:
        """What was put right in the words, if anything was."""
        return _BROKEN if "\ufffd" in "".join((self.reason, *self.quotes)) else ""


class _PointReply(_Reply):
    verdict: Annotated[str, BeforeValidator(_as_word)]
    # What cannot be read as a word of these is as good as none: it must not cost a verdict.
    confidence: Annotated[float | None, BeforeValidator(stated_chance)] = None


class _ClaimReply(_Reply):
    asserted: Annotated[bool, BeforeValidator(_as_truth)]


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
    decision: ClassVar[str] = "verdict"

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
        return _schema(
            verdict={"type": "string", "enum": [v.value for v in self.verdicts]},
            confidence={"type": "string", "enum": list(STATED)},
        )

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
            raise _without_evidence(reply.quotes)
        return PointGrade(
            id=self.id,
            weight=self.point.weight,
            verdict=verdict,
            confidence=reply.confidence,
            evidence=evidence,
            reason=reply.reason[:_LONGEST_REASON],
            detail=reply.detail,
        )

    def ungraded(self, cause: Cause, detail: str = "") -> PointGrade:
        return PointGrade(
            id=self.id, weight=self.point.weight, verdict=None, cause=cause, detail=detail
        )


@dataclass(frozen=True)
class ClaimItem:
    """A misconception to be looked for."""

    claim: Misconception
    correction: str
    group: ClassVar[str] = "misconceptions"
    decision: ClassVar[str] = "asserted"

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
            raise _without_evidence(reply.quotes)
        return self.grade(reply.asserted, evidence, reply.reason[:_LONGEST_REASON], reply.detail)

    def grade(
        self,
        asserted: bool,
        evidence: tuple[Evidence, ...] = (),
        reason: str = "",
        detail: str = "",
    ) -> MisconceptionGrade:
        return MisconceptionGrade(
            id=self.id,
            asserted=asserted,
            evidence=evidence,
            reason=reason,
            correction=self.correction,
            penalty=self.claim.penalty,
            detail=detail,
        )

    def ungraded(self, cause: Cause, detail: str = "") -> MisconceptionGrade:
        return MisconceptionGrade(
            id=self.id,
            asserted=None,
            correction=self.correction,
            penalty=self.claim.penalty,
            cause=cause,
            detail=detail,
        )


Item = PointItem | ClaimItem


def _found(quotes: Iterable[str], place: Place) -> tuple[Evidence, ...]:
    spans = (_placed(quote, place) for quote in list(quotes)[:_MOST_QUOTES])
    return tuple(dict.fromkeys(span for span in spans if span is not None))


def _without_evidence(quotes: Sequence[str]) -> Unusable:
    """Why there is no evidence: the quotes say too little, or do not stand in the answer."""
    short = bool(quotes) and all(map(is_short, quotes))
    return Unusable(Cause.QUOTE_NOT_FOUND, TOO_SHORT if short else "")


def _placed(quote: str, place: Place) -> Evidence | None:
    """Where the quote stands; ``\\frac`` in JSON reads as a form feed and ``rac``."""
    span = place(quote)
    if span is None and (meant := quote.translate(_NO_ESCAPES)) != quote:
        span = place(meant)
    return span


def points(rubric: Rubric) -> tuple[PointItem, ...]:
    """The rubric's key points as items, in its order."""
    return tuple(PointItem(point) for point in rubric.key_points)


def claims(rubric: Rubric, language: str) -> tuple[ClaimItem, ...]:
    """The rubric's misconceptions as items, corrected in *language* where the rubric has it."""
    return tuple(
        ClaimItem(claim, claim.correction.text(language)) for claim in rubric.misconceptions
    )


@lru_cache(maxsize=64)
def reply_schema(rubric: Rubric) -> dict[str, Any]:
    """The strict JSON Schema of a whole reply: one required property for each key point and
    misconception, so that none can be left out or invented."""
    groups = {
        "key_points": object_schema({i.id: i.schema for i in points(rubric)}),
        "misconceptions": object_schema({i.id: i.schema for i in claims(rubric, "en")}),
    }
    # Some endpoints refuse an object without properties.
    asked = {name: group for name, group in groups.items() if group["properties"]}
    return object_schema({**asked, "feedback": {"type": "string"}})

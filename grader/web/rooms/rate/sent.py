"""What a page of the room sends at every key, and the rating that it becomes."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import BadInput
from grader.record import Verdict
from grader.trust.calibration.ratings_kept import KeptRating
from grader.util.complaint import first_complaint
from grader.web.rooms.rate.answers import ToRate
from grader.web.rooms.rate.shown_text import ShownText

_LONGEST_LOOK = 3600.0
"""Seconds that one look at an answer may have taken: nobody reads longer without a key."""


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class MarkedText(_Sent):
    """A stretch of the answer as it is shown, in code points."""

    start: int
    end: int
    text: Annotated[str, Field(max_length=100_000)]


class SentPoint(_Sent):
    """All that holds for one key point from now on."""

    point: Annotated[int, Field(ge=0)]
    """Its place among the answer's key points."""
    verdict: Annotated[Verdict, Field(strict=False)] | Literal["unsure"] | None
    note: Annotated[str, Field(max_length=4000)]
    evidence: Annotated[list[MarkedText], Field(max_length=50)]
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """How long the answer was on the screen since the last that was sent of it."""
    change: Annotated[str, Field(min_length=8, max_length=64)]


def rating_in(sent: dict[str, Any], answer: ToRate, text: ShownText, rater: str) -> KeptRating:
    """Returns what was sent about a key point of *answer* as *rater*'s rating.

    Raises:
        BadInput: it is not of the form, or what it marks is not in the answer.
    """
    try:
        point = SentPoint.model_validate(sent)
    except ValidationError as error:
        raise BadInput(first_complaint(error)) from None
    if point.point >= len(answer.points):
        raise BadInput(f"the answer has {len(answer.points)} key points")
    return KeptRating(
        question=answer.question,
        answer_id=answer.answer_id,
        rater=rater,
        key_point=answer.points[point.point],
        verdict=point.verdict,
        evidence=tuple(text.evidence(m.start, m.end, m.text) for m in point.evidence),
        note=point.note.strip(),
        seconds=round(min(point.seconds, _LONGEST_LOOK), 2),
        rated_at=datetime.now(UTC),
        change=point.change,
    )

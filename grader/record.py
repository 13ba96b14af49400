"""The record of one graded answer: what ``--json``, results files, reports and scripts rely on.

The format is versioned (``grade/1``). Within a version fields are added, never renamed.
Offsets count Unicode code points of the answer as read.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from grader.text.flags import Flag
from grader.text.safe import escaped_json
from grader.util.frozen import Frozen


class Verdict(StrEnum):
    """What the answer does with one key point."""

    MET = "met"
    PARTIAL = "partial"
    MISSED = "missed"
    """Not said."""
    CONTRADICTED = "contradicted"
    """The opposite was said."""


class Cause(StrEnum):
    """Why there is no usable verdict."""

    REFUSED = "refused"
    CUT_OFF = "cut-off"
    FILTERED = "filtered"
    NOT_JSON = "not-json"
    WRONG_SHAPE = "wrong-shape"
    QUOTE_NOT_FOUND = "quote-not-found"
    NO_LOGPROBS = "no-logprobs"
    HTTP_ERROR = "http-error"
    TIMEOUT = "timeout"
    TOO_LONG = "too-long"
    SWAYED = "swayed"
    """The verdict changes when instruction-like text is taken out; in records of before."""
    OFF_SUBJECT = "off-subject"
    """A key point was found in an answer that shares hardly a word with the subject."""
    NOT_IN_TEXT = "not-in-text"
    """The answer only points to a picture or a file, which is not here."""


class _Part(Frozen):
    # Fields of a newer version are kept: within a version of the format they are only added.
    model_config = ConfigDict(extra="allow")


class Evidence(_Part):
    """The place in the answer where a quote was found by code."""

    text: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class SetAside(_Part):
    """A stretch of the answer, code points ``start:end``, that the judge was not shown."""

    why: str
    """The defence that set it aside."""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


def whole(value: float) -> float:
    """The number; as an integer where it is one, so that it is written and shown as ``3``."""
    return int(value) if value == int(value) else value


AS_WRITTEN = (
    PlainSerializer(whole, return_type=int | float),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}, mode="serialization"),
)
"""Has a number written as :func:`whole` gives it."""

Points = Annotated[float, Field(gt=0, allow_inf_nan=False), AfterValidator(whole), *AS_WRITTEN]
"""What a key point is worth; 3 and not 3.0 wherever it is shown or written."""


class Opinion(_Part):
    """What one of several judges gave for a key point."""

    judge: str
    """Its model."""
    verdict: Verdict | None
    confidence: float | None = Field(default=None, ge=0, le=1)
    reason: str = ""
    cause: Cause | None = None


class ClaimOpinion(_Part):
    """Whether one of several judges holds a misconception for asserted."""

    judge: str
    """Its model."""
    asserted: bool | None
    cause: Cause | None = None


class PointGrade(_Part):
    """One key point of a graded answer."""

    id: str
    weight: Points
    """Its points in the rubric, before they are scaled to a stated total."""
    verdict: Verdict | None
    """None is ungraded: see ``cause``."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """Estimated probability that the verdict is right, where the judge gives one."""
    alternative: Verdict | None = None
    """The other verdict that an unsure judge cannot rule out."""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    cause: Cause | None = None
    detail: str = ""
    """One line on the cause, in the provider's own words where it gave any."""
    votes: tuple[Verdict | None, ...] = ()
    """The verdicts of all samples, in order; empty where only one was taken."""
    probabilities: dict[Verdict, float] | None = None
    """The probability of each verdict, where the judge gives them: the score's interval."""
    opinions: tuple[Opinion, ...] = ()
    """What each judge gave, where several were asked about it."""
    by: str | None = None
    """The model whose verdict it is, where one of several decides; None where all do together."""


class PointGroup(_Part):
    """Key points of which some are enough: those that earned most count."""

    key_points: tuple[str, ...]
    enough: int = Field(ge=1)


class MisconceptionGrade(_Part):
    """Whether the answer asserts one known wrong claim."""

    id: str
    asserted: bool | None
    """None is ungraded: see ``cause``."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    correction: str = ""
    penalty: float = Field(default=0.0, ge=0)
    cause: Cause | None = None
    detail: str = ""
    """One line on the cause, in the provider's own words where it gave any."""
    opinions: tuple[ClaimOpinion, ...] = ()
    """What each judge gave, where several decide together."""


class Score(_Part):
    """Points earned; an interval where something is ungraded or unsure."""

    percent: float | None = Field(ge=0, le=100)
    """None when nothing at all could be graded."""
    low: float = Field(ge=0, le=100)
    high: float = Field(ge=0, le=100)
    points: float | None = Field(ge=0)
    out_of: float = Field(gt=0)
    expected: float | None = Field(default=None, ge=0, le=100)
    """Per cent to be expected by the verdicts' probabilities, where the judge gives them."""


class JudgeInfo(_Part):
    """Who judged, as asked for and as it replied."""

    kind: Literal["endpoint", "local", "code"]
    ask: Literal["one-call", "per-point", "trained", "none"] = "one-call"
    model: str
    adapter: str | None = None
    """The digest (``sha256:...``) of the adapter that a trained judge runs with."""
    endpoint: str = ""
    replied: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    level: dict[str, float] | None = None
    """A team's own level over the judge's probabilities, where one was given."""
    confidence: dict[str, float] | None = Field(default=None, exclude_if=lambda fit: fit is None)
    """The model's own probabilities of the words for its confidence; left out where none were
    fitted."""
    votes: int = Field(default=1, ge=1)
    """The most samples taken of a verdict that is not settled."""
    parts: tuple["JudgeInfo", ...] = ()
    """The judges that this one is made of, in the order in which they were named."""
    combine: Literal["majority", "mean", "cascade"] | None = None
    """How the parts decide: all together, or the second one what the first is unsure of."""
    unsure_below: float | None = Field(default=None, ge=0, le=1)
    """The confidence below which a verdict is asked again or sent on, where it was chosen."""


class Usage(_Part):
    """What the replies behind this grade used, whether paid now or taken from the ledger."""

    input_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    calls: int = Field(default=0, ge=0)
    from_ledger: bool = False
    """Every reply was taken from the ledger: nothing was paid now."""
    cost_usd: float | None = None

    def __add__(self, other: "Usage") -> "Usage":
        costs = (self.cost_usd, other.cost_usd)
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            calls=self.calls + other.calls,
            from_ledger=self.from_ledger and other.from_ledger,
            cost_usd=None if None in costs else sum(c for c in costs if c is not None),
        )


class Digests(_Part):
    """Content digests (``sha256:...``) of what the grade was made from."""

    answer: str
    rubric: str
    prompt: str


class Override(_Part):
    """A person's decision over a verdict, appended, never overwriting."""

    key_point: str
    verdict: Verdict
    by: str
    reason: str
    at: datetime


class ClaimOverride(_Part):
    """A person's decision on whether a misconception is asserted, appended, never overwriting."""

    misconception: str
    asserted: bool
    by: str
    reason: str
    at: datetime


class Grade(_Part):
    """The whole record of one judged answer."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["grade/1"] = Field(default="grade/1", alias="schema")
    question: str
    answer_id: str
    candidate: str | None = None
    attempted_at: datetime | None = None
    score: Score
    key_points: tuple[PointGrade, ...]
    groups: tuple[PointGroup, ...] = Field(default=(), exclude_if=lambda groups: not groups)
    """The rubric's groups; left out where it has none."""
    misconceptions: tuple[MisconceptionGrade, ...] = ()
    feedback: str = ""
    flags: tuple[Flag, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    """What of the answer the judge was not shown, in order of place."""
    judge: JudgeInfo
    usage: Usage
    digests: Digests
    graded_at: datetime
    version: str
    overrides: tuple[Override, ...] = ()
    """What people decided over the verdicts; :mod:`grader.decision` gives what follows."""
    claim_overrides: tuple[ClaimOverride, ...] = Field(default=(), exclude_if=lambda each: not each)
    """The same over misconceptions; left out where nobody decided on one."""
    decided: Score | None = Field(default=None, exclude_if=lambda score: score is None)
    """The score that follows from people's decisions, written for scripts; ``score`` is the
    judge's. It is never read back, but made anew; left out where nobody decided anything."""

    @property
    def ungraded(self) -> tuple[PointGrade, ...]:
        """The key points without a usable verdict."""
        return tuple(point for point in self.key_points if point.verdict is None)

    def to_json(self, indent: int | None = None) -> str:
        """The record as JSON, on one line unless *indent* is given.

        Characters that could steer a terminal or hide text are written as escapes.
        """
        return escaped_json(self.model_dump_json(by_alias=True, indent=indent))


def json_schema() -> dict[str, Any]:
    """The published JSON Schema of the record."""
    return Grade.model_json_schema(by_alias=True, mode="serialization")

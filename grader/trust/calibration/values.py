"""The figures of a calibration as frozen values, and what a model may be used for.

:mod:`grader.trust.calibration.finding` has the whole.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from grader.util.frozen import Frozen


class Part(Frozen):
    """A frozen piece of a report."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class StatisticName(StrEnum):
    """What is measured. See :mod:`grader.stats` for the formulas."""

    EXACT = "exact"
    ADJACENT = "adjacent"
    KAPPA = "kappa"
    QWK = "qwk"
    ALPHA_NOMINAL = "alpha-nominal"
    ALPHA_ORDINAL = "alpha-ordinal"
    ALPHA_INTERVAL = "alpha-interval"
    AC1 = "ac1"
    AC2 = "ac2"
    ICC_SINGLE = "icc-2-1"
    ICC_AVERAGE = "icc-2-k"
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    SMD = "smd"
    """Model minus human, in standard deviations of the human scores; between people the mean
    size of the difference."""
    BIAS = "bias"
    """Model minus the mean of the people, in per cent of the score (verdicts: in steps)."""
    LIMIT_LOW = "limit-low"
    """Bland-Altman limits of agreement: where 95 of 100 differences lie."""
    LIMIT_HIGH = "limit-high"
    PRMSE = "prmse"
    """Share of the variance of people's true scores that the model explains."""


class Estimate(Part):
    """A figure with its 95 % interval."""

    value: float | None = None
    """None where it cannot be estimated: nothing shared, or no variation at all."""
    low: float | None = None
    high: float | None = None
    n: int = Field(default=0, ge=0)
    """How many values were compared: verdicts, answers or candidates."""
    clusters: int = Field(default=0, ge=0)
    """How many candidates they are of."""


Figures = dict[StatisticName, Estimate]


class LevelName(StrEnum):
    """What is compared."""

    VERDICT = "verdict"
    """Verdicts on key points."""
    QUESTION = "question"
    """Scores of single answers."""
    SCORE = "score"
    """Scores of candidates over all their answers."""


class AgainstPeople(Part):
    """One model beside people."""

    model: str
    agreement: Figures
    """The mean over the people, each weighted by how much they share."""
    degradation: Figures
    """The model's agreement with people less people's agreement with each other."""


class LevelAgreement(Part):
    """Agreement at one level."""

    name: LevelName
    question: str | None
    """None for all questions together."""
    n: int
    clusters: int
    human: Figures
    """People among themselves: the ceiling."""
    models: tuple[AgainstPeople, ...]


class Pair(Part):
    """Two raters."""

    first: str
    second: str
    exact: Estimate
    """Of their verdicts; of their rounded scores where neither gave verdicts."""
    qwk: Estimate


class RaterSeverity(Part):
    """How lenient or severe one rater is."""

    rater: str
    kind: Literal["human", "model"]
    points: Estimate
    """Per cent above (lenient) or below (severe) the mean of the people on the same answers."""
    panel: int
    """Raters of one panel are linked by answers that they share; others cannot be compared."""
    logit: float | None = None
    """Severity by the many-facet Rasch model, where asked for: higher is more severe."""
    logit_se: float | None = None
    """Its standard error."""
    infit: float | None = None
    """Mean square of the Rasch residuals: about 1; above 1.5 erratic, below 0.5 too regular."""


class AdjustedScore(Part):
    """One answer's score freed from who happened to rate it."""

    question: str
    answer_id: str
    mean: float
    """Plain mean of its ratings, per cent."""
    adjusted: float
    """By the additive model of answers and raters, per cent."""
    raters: int


class BlandAltmanPoint(Part):
    """One answer on the Bland-Altman plot."""

    mean: float
    difference: float


class Spread(Part):
    """How one rater's scores are distributed."""

    rater: str
    kind: Literal["human", "model"]
    n: int
    mean: float
    sd: float | None
    histogram: tuple[int, ...]
    """By tens of per cent; 100 belongs to the last."""


class Provenance(Part):
    """What a report was made from."""

    ratings: str
    """Digest of the ratings file."""
    results: str
    """Digest of the results files."""
    models: dict[str, str]
    """Rater's name of each model to the name that it replied with."""
    kinds: dict[str, str]
    """Rater's name of each model to its kind: ``endpoint`` or ``local``."""
    rubrics: dict[str, tuple[str, ...]]
    """Digests by question; several where the wording changed between records."""
    prompts: tuple[str, ...]
    graded_from: datetime
    graded_to: datetime
    rated_from: datetime | None
    rated_to: datetime | None
    versions: dict[str, str]
    excluded: dict[str, int]
    """How many ratings were left out, by reason."""
    thresholds: dict[str, float]
    seed: int
    samples: int
    """Bootstrap samples."""


class Trust(StrEnum):
    """What a model may be used for."""

    NOT_ENOUGH_DATA = "not-enough-data"
    PRACTICE = "practice-only"
    SECOND_READER = "second-reader"
    ALONE = "alone-with-audit"


class CheckOutcome(StrEnum):
    """What an interval says about a threshold."""

    PASSED = "passed"
    """The whole interval is on the good side."""
    FAILED = "failed"
    """The whole interval is on the bad side."""
    OPEN = "open"
    """The threshold is inside the interval."""
    UNKNOWN = "unknown"
    """There is no figure."""


class ThresholdCheck(Part):
    """One threshold held against its figure."""

    name: str
    """Key of the thresholds file."""
    needed_for: Trust
    threshold: float
    estimate: Estimate
    outcome: CheckOutcome
    more_answers: int | None = None
    """Estimated number of further answers until the interval leaves the threshold, where open."""


class Decision(Part):
    """Whether one model may be trusted."""

    model: str
    question: str | None
    """None for all questions together."""
    trust: Trust
    decided_by: str | None
    """Name of the check that decided; None where the number of answers did."""
    answers: int
    """Answers that both the model and a person scored."""
    candidates: int
    """Whom they are of; as many as answers where candidates are not known."""
    humans: int
    """People who rated any of them."""
    more_answers: int | None
    """How many more answers would probably settle what is open."""
    checks: tuple[ThresholdCheck, ...]

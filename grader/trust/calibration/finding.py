"""Key points, disagreements, pass marks, groups and the whole report as frozen values.

The report is what ``--json`` prints and pages are made from. The format is versioned
(``calibration/1``). Within a version fields are added, never renamed.
"""

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from grader.record import Cause, Evidence, Points, Verdict
from grader.trust.calibration.team_values import TeamEstimates
from grader.trust.calibration.values import (
    AdjustedScore,
    BlandAltmanPoint,
    Decision,
    Estimate,
    LevelAgreement,
    Pair,
    Part,
    Provenance,
    RaterSeverity,
    Spread,
)


class PointLabel(StrEnum):
    """What is the matter with a key point."""

    CLEAR = "clear"
    AMBIGUOUS = "ambiguous"
    """People split."""
    MISREAD = "misread"
    """People agree, the model differs."""
    TOO_EASY = "too-easy"
    """Nearly every answer makes it."""
    TOO_HARD = "too-hard"
    """Nearly no answer makes it."""
    UNSTABLE = "unstable"
    """The model's own repeats differ."""
    TOO_FEW = "too-few"
    """Not enough ratings to say."""


class RaterQuotation(Part):
    """What one rater saw in one answer."""

    answer_id: str
    rater: str
    verdict: Verdict
    text: str
    """The model's evidence or the person's note; may be empty."""


class PointDiagnosis(Part):
    """One key point."""

    question: str
    id: str
    weight: Points
    labels: tuple[PointLabel, ...]
    met: Estimate
    """Share of people's verdicts that are ``met``."""
    humans_agree: Estimate
    """Exact agreement of people."""
    humans_ac1: Estimate
    models_agree: dict[str, Estimate]
    """Exact agreement of each model with people."""
    flips: Estimate
    """Share of pairs of repeats that differ."""
    quotations: tuple[RaterQuotation, ...]
    """Two that disagree."""
    reword: Literal["met", "partial", "missed", "claim"] | None = None
    """The rubric's line that the split runs along."""


class PassEffect(StrEnum):
    """What a disagreement does at the pass mark."""

    FALSE_PASS = "false-pass"  # noqa: S105 -- not a password
    """The model passes what people fail."""
    FALSE_FAIL = "false-fail"
    HUMANS_SPLIT = "humans-split"
    """Some people pass it, others do not."""
    NONE = "none"


class PointDisagreement(Part):
    """One key point on which the model and people differ."""

    id: str
    weight: Points
    model: Verdict | None
    decided: Verdict | None = None
    """What a person decided on it; None where nobody did."""
    humans: dict[str, Verdict]
    notes: dict[str, str] = Field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    cause: Cause | None = None


class Disagreement(Part):
    """One answer on which the model and people differ."""

    question: str
    answer_id: str
    model: str
    model_score: float | None
    human_scores: dict[str, float]
    effect: PassEffect
    digest: str
    """Of the answer's text."""
    points: tuple[PointDisagreement, ...]


class Cut(Part):
    """One pass mark."""

    mark: float
    """Per cent."""
    agree: Estimate
    """Share of answers on which the model and the mean of the people decide alike."""
    false_passes: Estimate
    """Share of answers that the model passes and people fail."""
    false_fails: Estimate
    kappa: float | None
    humans_pass: float
    model_passes: float


class PassMark(Part):
    """Every pass mark, and the one to use."""

    model: str
    mark: float
    """The one asked for, else the proposed one."""
    proposed: float | None
    """With the fewest wrong decisions; None where people pass all or none at every mark."""
    band: float | None
    """Half width, in per cent, of the borderline band: 1.96 standard errors of measurement of
    one person. Scores nearer than this to the mark need a (second) person."""
    in_band: int
    """Answers whose model score lies in the band."""
    cuts: tuple[Cut, ...]


class GroupRow(Part):
    """One group."""

    group: str
    n: int
    human_rate: float
    """Share selected by people's scores at the pass mark."""
    model_rate: float
    human_ratio: float | None
    """Selection rate over that of the group with the highest one: the impact ratio."""
    model_ratio: float | None
    flagged: bool | None
    """The model's impact ratio is under four fifths; None is too few to say."""
    p: float | None
    """Fisher's exact test of the model's selection against the group with the highest rate."""
    dsm: Estimate
    """Difference of standardised means: model less people."""


class GroupTable(Part):
    """The groups of one attribute, such as sex."""

    attribute: str
    model: str
    unit: Literal["candidate", "answer"]
    rows: tuple[GroupRow, ...]
    unknown: int
    """Candidates (or answers) that the groups file does not have."""


class Calibration(Part):
    """The whole report."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["calibration/1"] = Field(default="calibration/1", alias="schema")
    raters: dict[str, int]
    """People and models, and how many answers each rated."""
    decisions: tuple[Decision, ...]
    levels: tuple[LevelAgreement, ...]
    pairs: tuple[Pair, ...]
    severity: tuple[RaterSeverity, ...]
    adjusted: tuple[AdjustedScore, ...]
    points: tuple[PointDiagnosis, ...]
    pass_marks: tuple[PassMark, ...]
    disagreements: tuple[Disagreement, ...]
    bland_altman: dict[str, tuple[BlandAltmanPoint, ...]]
    """By model."""
    spreads: tuple[Spread, ...]
    groups: tuple[GroupTable, ...] = ()
    team: TeamEstimates | None = None
    """The team's mean score and pass rate; None in reports of before."""
    provenance: Provenance

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON."""
        return self.model_dump_json(by_alias=True, indent=indent)

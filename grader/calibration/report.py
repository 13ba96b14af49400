"""The whole report: what ``--json`` prints and pages are made from.

The format is versioned (``calibration/1``). Within a version fields are added, never renamed.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from grader.calibration.finding import Disagreement, GroupTable, PassMark, PointDiagnosis
from grader.calibration.model import (
    AdjustedScore,
    BlandAltmanPoint,
    Level,
    Pair,
    Part,
    Provenance,
    Severity,
    Spread,
)
from grader.calibration.trust import Decision


class Calibration(Part):
    """The whole report."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["calibration/1"] = Field(default="calibration/1", alias="schema")
    raters: dict[str, int]
    """People and models, and how many answers each rated."""
    decisions: tuple[Decision, ...]
    levels: tuple[Level, ...]
    pairs: tuple[Pair, ...]
    severity: tuple[Severity, ...]
    adjusted: tuple[AdjustedScore, ...]
    points: tuple[PointDiagnosis, ...]
    pass_marks: tuple[PassMark, ...]
    disagreements: tuple[Disagreement, ...]
    bland_altman: dict[str, tuple[BlandAltmanPoint, ...]]
    """By model."""
    spreads: tuple[Spread, ...]
    groups: tuple[GroupTable, ...] = ()
    provenance: Provenance

    def to_json(self, indent: int | None = 2) -> str:
        """The report as JSON."""
        return self.model_dump_json(by_alias=True, indent=indent)


def json_schema() -> dict[str, Any]:
    """The published JSON Schema of the report."""
    return Calibration.model_json_schema(by_alias=True, mode="serialization")

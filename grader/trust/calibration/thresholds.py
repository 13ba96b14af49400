"""The thresholds that trust hangs on: data, which a team can change."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from grader.errors import BadInput
from grader.trust.calibration.values import Trust
from grader.util.complaint import first_complaint, key_of
from grader.util.frozen import Frozen
from grader.util.toml import parse_toml

Share = Annotated[float, Field(ge=0, le=1)]


class ThresholdLine(Frozen):
    """One line to hold: ``least`` bounds from below, ``within`` from both sides of zero."""

    least: float | None = None
    within: Annotated[float, Field(gt=0)] | None = None
    needed_for: Literal[Trust.SECOND_READER, Trust.ALONE]

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.least is None) == (self.within is None):
            raise ValueError("give either least or within")
        return self

    @property
    def value(self) -> float:
        """The number itself."""
        return self.within if self.within is not None else self.least or 0.0


class Thresholds(Frozen):
    """All of them; ``thresholds.toml`` says what each means."""

    model_config = ConfigDict(populate_by_name=True)

    least_answers: Annotated[int, Field(ge=2)]
    most_answers: Annotated[int, Field(ge=1)]
    score_step: Annotated[float, Field(gt=0, le=100)]
    least_group: Annotated[int, Field(ge=1)]
    least_verdicts: Annotated[int, Field(ge=1)]
    ambiguous_below: Share
    misread_below: Share
    easy_above: Share
    hard_below: Share
    unstable_above: Share
    qwk: ThresholdLine
    pearson: ThresholdLine
    degradation_qwk: ThresholdLine = Field(alias="degradation-qwk")
    degradation_pearson: ThresholdLine = Field(alias="degradation-pearson")
    smd: ThresholdLine
    subgroup: ThresholdLine
    human_exact: ThresholdLine = Field(alias="human-exact")
    human_adjacent: ThresholdLine = Field(alias="human-adjacent")

    @property
    def lines(self) -> dict[str, ThresholdLine]:
        """Every line by its name in the file, those for a second reader first."""
        found = {
            (info.alias or name): getattr(self, name)
            for name, info in type(self).model_fields.items()
            if isinstance(getattr(self, name), ThresholdLine)
        }
        return dict(sorted(found.items(), key=lambda pair: pair[1].needed_for is Trust.ALONE))

    def flat(self) -> dict[str, float]:
        """Every number by its name."""
        plain = {k: v for k, v in self.model_dump(by_alias=True).items() if not isinstance(v, dict)}
        return plain | {name: line.value for name, line in self.lines.items()}


def load(own: Path | None = None) -> Thresholds:
    """The shipped thresholds, with what the file *own* changes.

    Raises:
        BadInput: the file cannot be read, or holds something else than thresholds.
    """
    shipped = Path(__file__).with_name("thresholds.toml")
    found = tomllib.loads(shipped.read_text(encoding="utf-8"))
    shipped_names = list(found)
    if own is not None:
        found = _merged(found, _read(own))
    try:
        return Thresholds.model_validate(found)
    except ValidationError as error:
        raise BadInput(f"{own}: {_complaint(error, known=shipped_names)}") from None


def _complaint(error: ValidationError, known: Sequence[str]) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] != "extra_forbidden":
        return first_complaint(error)
    names = known if len(first["loc"]) == 1 else list(ThresholdLine.model_fields)
    return f"{key_of(first['loc'])}: there is no such name; there are {', '.join(names)}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read as thresholds: {error}") from None


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    tables = {
        name: {**old.get(name, {}), **value}
        for name, value in new.items()
        if isinstance(value, dict)
    }
    return {**old, **new, **tables}

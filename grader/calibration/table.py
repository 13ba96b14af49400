"""One level of a panel as a table of values: what every statistic of that level is taken from."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.agreement.arrays import Clusters, Floats
from grader.calibration.model import LevelName
from grader.calibration.panel import MISSING, SCALE, Panel

TOP = 100.0


@dataclass(frozen=True, eq=False)
class Table:
    """Values that raters gave to units.

    Attributes:
        values: units x R, steps of the scale (verdicts) or per cent (scores); NaN is missing.
        rounded: the same on ``levels``.
        levels: the whole scale, used or not.
        humans, models: columns.
    """

    name: LevelName
    values: Floats
    rounded: Floats
    levels: tuple[float, ...]
    clusters: Clusters
    humans: tuple[int, ...]
    models: tuple[int, ...]

    @cached_property
    def given(self) -> Floats:
        """Where there is a value, units x R: 1.0 or 0.0."""
        return np.isfinite(self.values).astype(np.float64)

    @cached_property
    def reference(self) -> Floats:
        """Mean of the people's values of each unit, (units,); NaN where nobody gave one."""
        people = self.values[:, list(self.humans)]
        count = np.isfinite(people).sum(axis=1)
        return np.asarray(
            np.where(count > 0, np.nansum(people, axis=1) / np.maximum(count, 1), np.nan)
        )


def verdicts(panel: Panel) -> Table:
    """Verdicts on key points, from 0 (contradicted) to 3 (met)."""
    values = np.where(panel.verdicts == MISSING, np.nan, panel.verdicts.astype(np.float64))
    clusters = _clusters(panel, panel.candidate[panel.item_answer])
    levels = tuple(float(i) for i in range(len(SCALE)))
    return Table(LevelName.VERDICT, values, values, levels, clusters, panel.humans, panel.models)


def scores(panel: Panel) -> Table:
    """Scores of single answers, per cent."""
    return _of_scores(LevelName.QUESTION, panel, panel.scores, _clusters(panel, panel.candidate))


def whole(panel: Panel) -> Table:
    """Scores of candidates over all their answers, per cent."""
    values = panel.whole()
    own = np.arange(len(values), dtype=np.int64)
    return _of_scores(LevelName.SCORE, panel, values, Clusters(own, len(values)))


def round_to(values: Floats, step: float) -> Floats:
    """Per cent rounded to multiples of *step*, halves upwards, at most 100."""
    return np.asarray(np.minimum(np.floor(values / step + 0.5) * step, TOP))


def _of_scores(name: LevelName, panel: Panel, values: Floats, clusters: Clusters) -> Table:
    count = math.ceil(TOP / panel.step)
    levels = tuple(min(i * panel.step, TOP) for i in range(count + 1))
    rounded = round_to(values, panel.step)
    return Table(name, values, rounded, levels, clusters, panel.humans, panel.models)


def _clusters(panel: Panel, codes: np.typing.NDArray[np.intp]) -> Clusters:
    return Clusters(codes.astype(np.int64), int(panel.candidate.max()) + 1)

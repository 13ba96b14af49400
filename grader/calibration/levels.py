"""Every figure of one level: people among themselves, and each model with them."""

from collections.abc import Iterator, Sequence

import numpy as np

from grader.agreement import prmse, scores
from grader.agreement.arrays import Floats
from grader.agreement.statistic import statistic
from grader.calibration.compare import OF_PAIRS, OF_PANELS, Comparison
from grader.calibration.measure import Counted, Sampling, counted, estimates
from grader.calibration.model import AgainstPeople, Figures, Level, Statistic
from grader.calibration.table import Table

_LIMIT = 1.96


def level(table: Table, question: str | None, names: Sequence[str], how: Sampling) -> Level:
    """All figures of one level.

    Args:
        question: None for all together.
        names: of the raters, by column.
    """
    found = Comparison(table)
    wanted = {("human", -1, s): found.humans(s) for s in (*OF_PAIRS, *OF_PANELS)}
    if len(table.humans) > 1:
        average = found.of(table.humans, Statistic.ICC_AVERAGE)
        complete = np.all(table.given[:, list(table.humans)] > 0, axis=1)
        wanted["human", -1, Statistic.ICC_AVERAGE] = counted(average, complete, table.clusters)
    for model in table.models:
        wanted |= dict(_of_model(found, model))
    got = estimates(wanted, how)

    def figures(kind: str, column: int) -> Figures:
        return {k[2]: v for k, v in got.items() if k[:2] == (kind, column)}

    rated = np.any(table.given[:, [*table.humans, *table.models]] > 0, axis=1)
    whole = counted(None, rated, table.clusters)
    return Level(
        name=table.name,
        question=question,
        n=whole.n,
        clusters=whole.clusters,
        human=figures("human", -1),
        models=tuple(
            AgainstPeople(
                model=names[m], agreement=figures("model", m), degradation=figures("less", m)
            )
            for m in table.models
        ),
    )


def _of_model(
    found: Comparison, model: int
) -> Iterator[tuple[tuple[str, int, Statistic], Counted]]:
    for name in (*OF_PAIRS, *OF_PANELS):
        yield ("model", model, name), found.model(model, name)
        yield ("less", model, name), found.degradation(model, name)
    yield ("model", model, Statistic.SMD), found.model(model, Statistic.SMD)
    table, people = found.table, list(found.table.humans)
    if not people:
        return
    humans, own = table.values[:, people], table.values[:, model]
    reference = table.reference
    both = np.isfinite(own - reference).astype(np.float64)
    moments = scores.score_pairs(reference, own, table.clusters)
    sampled = {
        Statistic.BIAS: scores.mean_difference(moments),
        Statistic.LIMIT_LOW: statistic(moments.sums, _limit_low),
        Statistic.LIMIT_HIGH: statistic(moments.sums, _limit_high),
        Statistic.PRMSE: prmse.prmse(own, humans, clusters=table.clusters),
    }
    for name, one in sampled.items():
        yield ("model", model, name), counted(one, both, table.clusters)


def _limits(sums: Floats) -> tuple[Floats, Floats]:
    """Mean difference and 1.96 standard deviations of it; Bland and Altman 1986."""
    n, a, b, aa, bb, ab = (sums[..., i] for i in range(6))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (b - a) / n
        variance = (aa + bb - 2 * ab - n * mean**2) / (n - 1)
        reach = _LIMIT * np.sqrt(np.maximum(variance, 0.0))
    enough = n >= 2
    return np.where(enough, mean, np.nan), np.where(enough, reach, np.nan)


def _limit_low(sums: Floats) -> Floats:
    mean, reach = _limits(sums)
    return mean - reach


def _limit_high(sums: Floats) -> Floats:
    mean, reach = _limits(sums)
    return mean + reach

"""Who is lenient and who is severe, in per cent of the score, and scores freed from it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grader.record import Verdict
from grader.stats.rasch import Element
from grader.stats.rasch import rasch as fit
from grader.stats.severity import adjusted_scores, connected_subsets, rater_effects
from grader.stats.statistic import Statistic as Sampled
from grader.trust.calibration.measure import Counted, Sampling, ValueTable, counted, estimates
from grader.trust.calibration.panel import MISSING, SCALE, Panel
from grader.trust.calibration.values import AdjustedScore, RaterSeverity

_DIGITS = 6


def severities(
    panel: Panel, table: ValueTable, how: Sampling, *, rasch: bool = False
) -> tuple[RaterSeverity, ...]:
    """Each rater against the people of their panel, from scores; repeats of a model left out.

    The additive model's effects have the mean of all raters at zero; here it is that of the
    people, for they are what a model is held against.
    """
    columns = [*panel.humans, *panel.models]
    subsets = connected_subsets(table.values[:, columns])
    wanted: dict[int, Counted] = {}
    panels: dict[int, int] = {}
    for number, subset in enumerate(subsets, start=1):
        members = [columns[i] for i in subset]
        panels |= dict.fromkeys(members, number)
        wanted |= _effects(table, members)
    found = estimates(wanted, how)
    measured = _rasch(panel, columns) if rasch else {}
    return tuple(
        RaterSeverity(
            rater=panel.raters[c].name,
            kind=panel.raters[c].kind.value,
            points=found[c],
            panel=panels[c],
            logit=measured[c].measure if c in measured else None,
            logit_se=measured[c].se if c in measured else None,
            infit=measured[c].infit if c in measured else None,
        )
        for c in columns
    )


def _rasch(panel: Panel, columns: Sequence[int]) -> dict[int, Element]:
    """The many-facet Rasch model of raters, answers and key points, from verdicts.

    What is contradicted earns no more and no less than what is missed, so both are one level.
    """
    points = {key: i for i, key in enumerate(dict.fromkeys(_point(panel, n) for n in panel.items))}
    ratings = np.full((len(columns), len(panel.answers), len(points)), np.nan)
    lowest = SCALE.index(Verdict.MISSED)
    for item, (answer, name) in enumerate(panel.items):
        codes = panel.verdicts[item, columns].astype(np.float64)
        codes[codes == MISSING] = np.nan
        ratings[:, answer, points[_point(panel, (answer, name))]] = np.maximum(codes, lowest)
    return dict(zip(columns, fit(ratings).raters.elements, strict=True))


def _point(panel: Panel, item: tuple[int, str]) -> tuple[str, str]:
    return panel.answers[item[0]][0], item[1]


def _effects(table: ValueTable, members: Sequence[int]) -> dict[int, Counted]:
    ratings = table.values[:, list(members)]
    several = np.isfinite(ratings).sum(axis=1) >= 2
    found: dict[int, Counted] = {}
    effects = dict(zip(members, rater_effects(ratings, table.clusters), strict=True))
    people = [effects[m] for m in members if m in table.humans] or list(effects.values())
    for column, effect in effects.items():
        mine = np.isfinite(table.values[:, column]) & several
        usable = len(members) > 1 and effect.value is not None
        against = _less_mean(effect, people) if usable else None
        found[column] = counted(against, mine.astype(np.float64), table.clusters)
    return found


def _less_mean(one: Sampled, others: Sequence[Sampled]) -> Sampled:
    """*one* less the mean of *others*."""
    share = -1.0 / len(others)
    return Sampled(
        one.terms + tuple(replace(t, factor=t.factor * share) for o in others for t in o.terms)
    )


def adjusted(panel: Panel, table: ValueTable) -> tuple[AdjustedScore, ...]:
    """Every answer's score freed from who of the people happened to rate it.

    Only where at least two people share answers; those whom no shared answer connects with the
    largest panel are left out.
    """
    people = list(panel.humans)
    subset = connected_subsets(table.values[:, people])[0] if people else ()
    if len(subset) < 2:
        return ()
    ratings = table.values[:, [people[i] for i in subset]]
    count = np.isfinite(ratings).sum(axis=1)
    mean = np.nansum(ratings, axis=1) / np.maximum(count, 1)
    return tuple(
        AdjustedScore(
            question=panel.answers[i][0],
            answer_id=panel.answers[i][1],
            mean=round(float(mean[i]), _DIGITS),
            adjusted=round(fair, _DIGITS),
            raters=int(count[i]),
        )
        for i, fair in enumerate(adjusted_scores(ratings))
        if fair is not None
    )

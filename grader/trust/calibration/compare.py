"""Every figure of one level: people among themselves, and each model with them.

Statistics of two raters or several at one level, each built once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from grader.stats import intraclass, many_raters, prmse, scores, two_raters
from grader.stats import many_raters as multi
from grader.stats.arrays import Floats
from grader.stats.statistic import Statistic as Sampled
from grader.stats.statistic import statistic
from grader.trust.calibration.measure import (
    Counted,
    Sampling,
    ValueTable,
    counted,
    estimates,
    weighted_mean,
)
from grader.trust.calibration.values import (
    AgainstPeople,
    Figures,
    LevelAgreement,
    LevelName,
    StatisticName,
)

OF_PAIRS = (
    StatisticName.EXACT,
    StatisticName.ADJACENT,
    StatisticName.KAPPA,
    StatisticName.QWK,
    StatisticName.PEARSON,
    StatisticName.SPEARMAN,
)
"""Statistics of two raters; for more, the mean over their pairs."""
OF_PANELS = (
    StatisticName.ALPHA_NOMINAL,
    StatisticName.ALPHA_ORDINAL,
    StatisticName.ALPHA_INTERVAL,
    StatisticName.AC1,
    StatisticName.AC2,
    StatisticName.ICC_SINGLE,
)
"""Statistics of any number of raters; people are taken all together."""
_METRIC: dict[StatisticName, many_raters.Metric] = {
    StatisticName.ALPHA_NOMINAL: "nominal",
    StatisticName.ALPHA_ORDINAL: "ordinal",
}
_WEIGHTING: dict[StatisticName, two_raters.Weighting] = {
    StatisticName.AC1: "nominal",
    StatisticName.AC2: "quadratic",
}
_FORM: dict[StatisticName, intraclass.Form] = {
    StatisticName.ICC_SINGLE: "2,1",
    StatisticName.ICC_AVERAGE: "2,k",
}


@dataclass(eq=False)
class Comparison:
    """Statistics of raters at one level, each built once.

    A figure for several pairs of raters is the mean over the pairs, each weighted by the number
    of units that the two share. Draws are the same for all, so differences are paired.
    """

    table: ValueTable
    _built: dict[tuple[tuple[int, ...], StatisticName], Sampled] = field(default_factory=dict)
    _pairs: dict[tuple[int, ...], two_raters.Pairs] = field(default_factory=dict)
    _moments: dict[tuple[int, ...], scores.ScorePairs] = field(default_factory=dict)

    def of(self, columns: Sequence[int], name: StatisticName) -> Sampled:
        """One statistic of the raters in *columns*; of two, the first is the reference."""
        key = (tuple(columns), name)
        if key not in self._built:
            build = self._two if name in OF_PAIRS or name is StatisticName.SMD else self._several
            self._built[key] = build(key[0], name)
        return self._built[key]

    def shared(self, first: int, second: int) -> Floats:
        """Units that both rated, (units,)."""
        return np.asarray(self.table.given[:, first] * self.table.given[:, second])

    def mean(self, pairs: Sequence[tuple[int, int]], name: StatisticName) -> Counted:
        """The mean over *pairs*."""
        shares = [self.shared(*pair) for pair in pairs]
        parts = [
            (self.of(pair, name), float(share.sum()))
            for pair, share in zip(pairs, shares, strict=True)
            if share.sum() >= 2
        ]
        anyone = np.any(shares, axis=0) if shares else np.zeros(len(self.table.values))
        found = counted(weighted_mean(parts), np.asarray(anyone), self.table.clusters)
        is_share = name in (StatisticName.EXACT, StatisticName.ADJACENT)
        return replace(found, share=is_share, difference=name is StatisticName.SMD)

    def humans(self, name: StatisticName) -> Counted:
        """People among themselves."""
        people = self.table.humans
        pairs = self.mean(list(combinations(people, 2)), name)
        if name in OF_PAIRS or len(people) < 3 or pairs.statistic is None:
            return pairs
        joint = self.of(people, name)
        # People who never all rated one thing still have pairs that did.
        return pairs if joint.value is None else Counted(joint, pairs.n, pairs.clusters)

    def model(self, model: int, name: StatisticName) -> Counted:
        """One model with each of the people."""
        return self.mean([(human, model) for human in self.table.humans], name)

    def degradation(self, model: int, name: StatisticName) -> Counted:
        """The model's agreement with people less people's with each other, pair by pair."""
        beside = self.model(model, name)
        among = self.mean(list(combinations(self.table.humans, 2)), name)
        if beside.statistic is None or among.statistic is None:
            return Counted(None, beside.n, beside.clusters)
        difference = beside.statistic - among.statistic
        return Counted(difference, beside.n, beside.clusters, difference=True)

    def _two(self, columns: tuple[int, ...], name: StatisticName) -> Sampled:
        table = self.table
        if name in (StatisticName.PEARSON, StatisticName.SMD) or (
            name is StatisticName.QWK and table.name is not LevelName.VERDICT
        ):
            moments = self._moments_of(columns)
            if name is StatisticName.PEARSON:
                return scores.pearson(moments)
            if name is StatisticName.SMD:
                return scores.standardised_difference(moments)
            return scores.continuous_quadratic_kappa(moments)
        if name is StatisticName.SPEARMAN:
            return scores.pearson(_rank_pairs(table, columns))
        pairs = self._pairs_of(columns)
        return {
            StatisticName.EXACT: two_raters.exact_agreement,
            StatisticName.ADJACENT: two_raters.adjacent_agreement,
            StatisticName.KAPPA: two_raters.kappa,
            StatisticName.QWK: two_raters.quadratic_kappa,
        }[name](pairs)

    def _several(self, columns: tuple[int, ...], name: StatisticName) -> Sampled:
        table, index = self.table, list(columns)
        values, rounded = table.values[:, index], table.rounded[:, index]
        if name is StatisticName.ALPHA_INTERVAL:
            return many_raters.interval_alpha(values, table.clusters)
        if name in (StatisticName.ALPHA_NOMINAL, StatisticName.ALPHA_ORDINAL):
            metric = _METRIC[name]
            return many_raters.krippendorff_alpha(rounded, metric, table.levels, table.clusters)
        if name in (StatisticName.AC1, StatisticName.AC2):
            counts = multi.panel(rounded, table.levels, table.clusters)
            return multi.gwet_ac(counts, _WEIGHTING[name])
        return intraclass.icc(values, _FORM[name], table.clusters)

    def _pairs_of(self, columns: tuple[int, ...]) -> two_raters.Pairs:
        if columns not in self._pairs:
            first, second = (self.table.rounded[:, c] for c in columns)
            made = two_raters.pairs(first, second, self.table.levels, self.table.clusters)
            self._pairs[columns] = made
        return self._pairs[columns]

    def _moments_of(self, columns: tuple[int, ...]) -> scores.ScorePairs:
        if columns not in self._moments:
            first, second = (self.table.values[:, c] for c in columns)
            self._moments[columns] = scores.score_pairs(first, second, self.table.clusters)
        return self._moments[columns]


def _rank_pairs(table: ValueTable, columns: Sequence[int]) -> scores.ScorePairs:
    """Moments of mid-ranks. Ranks are those of the whole sample in every draw, which is what
    keeps Spearman's coefficient a formula of sums."""
    first, second = (table.values[:, c] for c in columns)
    both = np.isfinite(first) & np.isfinite(second)
    return scores.score_pairs(_ranks(first, both), _ranks(second, both), table.clusters)


def _ranks(values: Floats, among: NDArray[np.bool_]) -> Floats:
    _, place, counts = np.unique(values[among], return_inverse=True, return_counts=True)
    found = np.full(len(values), np.nan)
    found[among] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return found


_LIMIT = 1.96


def level(
    table: ValueTable, question: str | None, names: Sequence[str], how: Sampling
) -> LevelAgreement:
    """All figures of one level.

    Args:
        question: None for all together.
        names: of the raters, by column.
    """
    found = Comparison(table)
    wanted = {("human", -1, s): found.humans(s) for s in (*OF_PAIRS, *OF_PANELS)}
    if len(table.humans) > 1:
        average = found.of(table.humans, StatisticName.ICC_AVERAGE)
        complete = np.all(table.given[:, list(table.humans)] > 0, axis=1)
        wanted["human", -1, StatisticName.ICC_AVERAGE] = counted(average, complete, table.clusters)
    for model in table.models:
        wanted |= dict(_of_model(found, model))
    got = estimates(wanted, how)

    def figures(kind: str, column: int) -> Figures:
        return {k[2]: v for k, v in got.items() if k[:2] == (kind, column)}

    rated = np.any(table.given[:, [*table.humans, *table.models]] > 0, axis=1)
    whole = counted(None, rated, table.clusters)
    return LevelAgreement(
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
) -> Iterator[tuple[tuple[str, int, StatisticName], Counted]]:
    for name in (*OF_PAIRS, *OF_PANELS):
        yield ("model", model, name), found.model(model, name)
        yield ("less", model, name), found.degradation(model, name)
    yield ("model", model, StatisticName.SMD), found.model(model, StatisticName.SMD)
    table, people = found.table, list(found.table.humans)
    if not people:
        return
    humans, own = table.values[:, people], table.values[:, model]
    reference = table.reference
    both = np.isfinite(own - reference).astype(np.float64)
    moments = scores.score_pairs(reference, own, table.clusters)
    sampled = {
        StatisticName.BIAS: scores.mean_difference(moments),
        StatisticName.LIMIT_LOW: statistic(moments.sums, _limit_low),
        StatisticName.LIMIT_HIGH: statistic(moments.sums, _limit_high),
        StatisticName.PRMSE: prmse.prmse(own, humans, clusters=table.clusters),
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

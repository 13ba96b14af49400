"""Statistics of two raters or several at one level, each built once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from grader.agreement import alpha, categorical, intraclass, scores
from grader.agreement import panel as multi
from grader.agreement.arrays import Floats
from grader.agreement.statistic import Statistic as Sampled
from grader.calibration.measure import Counted, counted, weighted_mean
from grader.calibration.model import LevelName, Statistic
from grader.calibration.table import Table

OF_PAIRS = (
    Statistic.EXACT,
    Statistic.ADJACENT,
    Statistic.KAPPA,
    Statistic.QWK,
    Statistic.PEARSON,
    Statistic.SPEARMAN,
)
"""Statistics of two raters; for more, the mean over their pairs."""
OF_PANELS = (
    Statistic.ALPHA_NOMINAL,
    Statistic.ALPHA_ORDINAL,
    Statistic.ALPHA_INTERVAL,
    Statistic.AC1,
    Statistic.AC2,
    Statistic.ICC_SINGLE,
)
"""Statistics of any number of raters; people are taken all together."""
_METRIC: dict[Statistic, alpha.Metric] = {
    Statistic.ALPHA_NOMINAL: "nominal",
    Statistic.ALPHA_ORDINAL: "ordinal",
}
_WEIGHTING: dict[Statistic, categorical.Weighting] = {
    Statistic.AC1: "nominal",
    Statistic.AC2: "quadratic",
}
_FORM: dict[Statistic, intraclass.Form] = {
    Statistic.ICC_SINGLE: "2,1",
    Statistic.ICC_AVERAGE: "2,k",
}


@dataclass(eq=False)
class Comparison:
    """Statistics of raters at one level, each built once.

    A figure for several pairs of raters is the mean over the pairs, each weighted by the number
    of units that the two share. Draws are the same for all, so differences are paired.
    """

    table: Table
    _built: dict[tuple[tuple[int, ...], Statistic], Sampled] = field(default_factory=dict)
    _pairs: dict[tuple[int, ...], categorical.Pairs] = field(default_factory=dict)
    _moments: dict[tuple[int, ...], scores.ScorePairs] = field(default_factory=dict)

    def of(self, columns: Sequence[int], name: Statistic) -> Sampled:
        """One statistic of the raters in *columns*; of two, the first is the reference."""
        key = (tuple(columns), name)
        if key not in self._built:
            build = self._two if name in OF_PAIRS or name is Statistic.SMD else self._several
            self._built[key] = build(key[0], name)
        return self._built[key]

    def shared(self, first: int, second: int) -> Floats:
        """Units that both rated, (units,)."""
        return np.asarray(self.table.given[:, first] * self.table.given[:, second])

    def mean(self, pairs: Sequence[tuple[int, int]], name: Statistic) -> Counted:
        """The mean over *pairs*."""
        shares = [self.shared(*pair) for pair in pairs]
        parts = [
            (self.of(pair, name), float(share.sum()))
            for pair, share in zip(pairs, shares, strict=True)
            if share.sum() >= 2
        ]
        anyone = np.any(shares, axis=0) if shares else np.zeros(len(self.table.values))
        found = counted(weighted_mean(parts), np.asarray(anyone), self.table.clusters)
        is_share = name in (Statistic.EXACT, Statistic.ADJACENT)
        return replace(found, share=is_share, difference=name is Statistic.SMD)

    def humans(self, name: Statistic) -> Counted:
        """People among themselves."""
        people = self.table.humans
        pairs = self.mean(list(combinations(people, 2)), name)
        if name in OF_PAIRS or len(people) < 3 or pairs.statistic is None:
            return pairs
        joint = self.of(people, name)
        # People who never all rated one thing still have pairs that did.
        return pairs if joint.value is None else Counted(joint, pairs.n, pairs.clusters)

    def model(self, model: int, name: Statistic) -> Counted:
        """One model with each of the people."""
        return self.mean([(human, model) for human in self.table.humans], name)

    def degradation(self, model: int, name: Statistic) -> Counted:
        """The model's agreement with people less people's with each other, pair by pair."""
        beside = self.model(model, name)
        among = self.mean(list(combinations(self.table.humans, 2)), name)
        if beside.statistic is None or among.statistic is None:
            return Counted(None, beside.n, beside.clusters)
        difference = beside.statistic - among.statistic
        return Counted(difference, beside.n, beside.clusters, difference=True)

    def _two(self, columns: tuple[int, ...], name: Statistic) -> Sampled:
        table = self.table
        if name in (Statistic.PEARSON, Statistic.SMD) or (
            name is Statistic.QWK and table.name is not LevelName.VERDICT
        ):
            moments = self._moments_of(columns)
            if name is Statistic.PEARSON:
                return scores.pearson(moments)
            if name is Statistic.SMD:
                return scores.standardised_difference(moments)
            return scores.continuous_quadratic_kappa(moments)
        if name is Statistic.SPEARMAN:
            return scores.pearson(_rank_pairs(table, columns))
        pairs = self._pairs_of(columns)
        return {
            Statistic.EXACT: categorical.exact_agreement,
            Statistic.ADJACENT: categorical.adjacent_agreement,
            Statistic.KAPPA: categorical.kappa,
            Statistic.QWK: categorical.quadratic_kappa,
        }[name](pairs)

    def _several(self, columns: tuple[int, ...], name: Statistic) -> Sampled:
        table, index = self.table, list(columns)
        values, rounded = table.values[:, index], table.rounded[:, index]
        if name is Statistic.ALPHA_INTERVAL:
            return alpha.interval_alpha(values, table.clusters)
        if name in (Statistic.ALPHA_NOMINAL, Statistic.ALPHA_ORDINAL):
            metric = _METRIC[name]
            return alpha.krippendorff_alpha(rounded, metric, table.levels, table.clusters)
        if name in (Statistic.AC1, Statistic.AC2):
            counts = multi.panel(rounded, table.levels, table.clusters)
            return multi.gwet_ac(counts, _WEIGHTING[name])
        return intraclass.icc(values, _FORM[name], table.clusters)

    def _pairs_of(self, columns: tuple[int, ...]) -> categorical.Pairs:
        if columns not in self._pairs:
            first, second = (self.table.rounded[:, c] for c in columns)
            made = categorical.pairs(first, second, self.table.levels, self.table.clusters)
            self._pairs[columns] = made
        return self._pairs[columns]

    def _moments_of(self, columns: tuple[int, ...]) -> scores.ScorePairs:
        if columns not in self._moments:
            first, second = (self.table.values[:, c] for c in columns)
            self._moments[columns] = scores.score_pairs(first, second, self.table.clusters)
        return self._moments[columns]


def _rank_pairs(table: Table, columns: Sequence[int]) -> scores.ScorePairs:
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

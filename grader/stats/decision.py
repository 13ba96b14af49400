"""Pass or fail: what a pass mark does, what the judge's errors do to the pass rate."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grader.stats.arrays import Clusters, Floats, Values, divide, sum_by, vectors
from grader.stats.distributions import normal_quantile, two_sided
from grader.stats.statistic import Interval, Statistic, statistic
from grader.stats.two_raters import kappa, pairs_of_table

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PassMarkFigures:
    """What one pass mark does, against the truth (a human's pass or fail).

    sensitivity: share of true passes that pass; specificity: share of true fails that fail;
    precision: share of passes that are true; false_pass and false_fail: shares of all answers.
    None where nothing is there to take a share of.
    """

    mark: float
    true_pass: int
    false_pass_count: int
    false_fail_count: int
    true_fail: int
    sensitivity: Interval
    specificity: Interval
    precision: Interval
    false_pass: Interval
    false_fail: Interval
    kappa: float | None

    def cost(self, false_pass: float, false_fail: float) -> float | None:
        """Expected cost an answer, of the costs of one false pass and one false fail."""
        if self.false_pass.value is None or self.false_fail.value is None:
            return None
        return self.false_pass.value * false_pass + self.false_fail.value * false_fail


def sweep(
    scores: Values, truth: Values, marks: Sequence[float], level: float = 0.95
) -> tuple[PassMarkFigures, ...]:
    """Each pass mark's errors; a score passes at the mark or above.

    scores: (n,) points; truth: (n,) 1 pass, 0 fail; answers that lack either are left out.
    """
    score, true = vectors(scores, truth)
    both = np.isfinite(score) & np.isfinite(true)
    score, passed = score[both], true[both] != 0
    return tuple(_at_mark(float(m), score >= m, passed, level) for m in marks)


def proportion(hits: int, n: int, level: float = 0.95) -> Interval:
    """hits / n with Wilson's interval (1927), sound near 0 and 1 and for small n; None at n = 0."""
    if n == 0:
        return Interval(None, None, None)
    z = normal_quantile(two_sided(level))
    share, shrink = hits / n, 1.0 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    reach = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n)) / shrink
    low = 0.0 if hits == 0 else middle - reach
    return Interval(share, low, 1.0 if hits == n else middle + reach)


def rogan_gladen(observed: float, sensitivity: float, specificity: float) -> float | None:
    """The true pass rate behind an observed one (Rogan and Gladen 1978), cut to 0..1.

    (observed + specificity - 1) / (sensitivity + specificity - 1). Not estimable where the
    judge tells nothing (sensitivity + specificity = 1).
    """
    told = sensitivity + specificity - 1.0
    if abs(told) < 1e-12:
        return None
    return min(1.0, max(0.0, (observed + specificity - 1.0) / told))


def corrected_pass_rate(
    judged: Values, truth: Values, clusters: Clusters | None = None
) -> Statistic:
    """Rogan and Gladen's pass rate for the bootstrap.

    judged: (n,) the judge's 1 or 0 for every answer; truth: (n,) a human's, missing (None) where
    no human graded. Sensitivity and specificity come from the answers that have both. Not
    estimable without true passes and true fails among these.
    """
    passes, true = vectors(judged, truth)
    seen = np.isfinite(passes)
    both = seen & np.isfinite(true)
    yes, good = np.where(seen, passes, 0.0) != 0, both & (np.where(both, true, 0.0) != 0)
    bad = both & ~good
    columns = [seen, seen & yes, good, good & yes, bad, bad & ~yes]
    rows = np.column_stack([c.astype(np.float64) for c in columns])
    return statistic(sum_by(rows, clusters), _corrected)


def borderline(mark: float, sd: float, reliability: float, level: float = 0.95) -> Interval:
    """The band of scores around a pass mark that one grading cannot tell from it.

    mark +- z x SEM, SEM = SD x sqrt(1 - reliability) (Lord and Novick 1968, 3.8). reliability
    below 0 counts as 0.
    """
    sem = sd * math.sqrt(1.0 - min(max(reliability, 0.0), 1.0))
    reach = normal_quantile(two_sided(level)) * sem
    return Interval(mark, mark - reach, mark + reach)


def _at_mark(mark: float, passes: Flags, true: Flags, level: float) -> PassMarkFigures:
    tp, fp = int((passes & true).sum()), int((passes & ~true).sum())
    fn, tn = int((~passes & true).sum()), int((~passes & ~true).sum())
    n = tp + fp + fn + tn
    return PassMarkFigures(
        mark,
        tp,
        fp,
        fn,
        tn,
        sensitivity=proportion(tp, tp + fn, level),
        specificity=proportion(tn, tn + fp, level),
        precision=proportion(tp, tp + fp, level),
        false_pass=proportion(fp, n, level),
        false_fail=proportion(fn, n, level),
        kappa=kappa(pairs_of_table([[tp, fp], [fn, tn]])).value,
    )


def _corrected(sums: Floats) -> Floats:
    seen, passed, good, found, bad, refused = (sums[..., i] for i in range(6))
    sensitivity, specificity = divide(found, good), divide(refused, bad)
    told = sensitivity + specificity - 1.0
    return np.clip(divide(divide(passed, seen) + specificity - 1.0, told), 0.0, 1.0)

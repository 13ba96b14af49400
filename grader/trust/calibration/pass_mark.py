"""The pass mark: what each would decide, where the model decides otherwise than people, and how
near to it a score is a toss-up."""

from dataclasses import dataclass

import numpy as np

from grader.stats.arrays import Floats, divide, sum_by
from grader.stats.statistic import Statistic as Sampled
from grader.stats.statistic import Term
from grader.trust.calibration.finding import Cut, PassMark
from grader.trust.calibration.measure import Counted, Sampling, ValueTable, estimates

MARKS = tuple(float(m) for m in range(5, 101, 5))
_Z = 1.96
_PARTS = ("agree", "false_passes", "false_fails")


@dataclass(frozen=True, eq=False)
class Decided:
    """What one pass mark decides: (units,) booleans, over the units in question."""

    humans: np.typing.NDArray[np.bool_]
    model: np.typing.NDArray[np.bool_]


def sweep(table: ValueTable, model: int, name: str, mark: float | None, how: Sampling) -> PassMark:
    """Every pass mark for one model.

    Args:
        table: of scores.
        model: its column.
        mark: the pass mark in use; None takes the proposed one.
    """
    humans, own = table.reference, table.values[:, model]
    both = np.isfinite(humans) & np.isfinite(own)
    marks = sorted({*MARKS, *([] if mark is None else [mark])})
    wanted = {}
    for cut in marks:
        decided = decide(humans, own, cut)
        rows = np.column_stack([both, *_parts(decided)]).astype(np.float64) * both[:, None]
        sums = sum_by(rows, table.clusters)
        n, clusters = int(both.sum()), int((sums[:, 0] > 0).sum())
        for i, part in enumerate(_PARTS):
            share = Sampled((Term(sums, _shares, part=i),)) if n else None
            wanted[cut, part] = Counted(share, n, clusters, share=True)
    found = estimates(wanted, how)
    cuts = tuple(
        Cut(
            mark=cut,
            kappa=_kappa(decided := decide(humans[both], own[both], cut)),
            humans_pass=_share(decided.humans),
            model_passes=_share(decided.model),
            **{part: found[cut, part] for part in _PARTS},
        )
        for cut in marks
    )
    proposed = _proposed(cuts)
    used = mark if mark is not None else proposed if proposed is not None else 60.0
    band = _band(table, model, humans)
    near = 0 if band is None else int((np.abs(own[both] - used) <= band).sum())
    return PassMark(model=name, mark=used, proposed=proposed, band=band, in_band=near, cuts=cuts)


def decide(humans: Floats, model: Floats, mark: float) -> Decided:
    """Who passes; a missing score passes nothing."""
    with np.errstate(invalid="ignore"):
        return Decided(humans >= mark, model >= mark)


def _parts(decided: Decided) -> tuple[np.typing.NDArray[np.bool_], ...]:
    h, m = decided.humans, decided.model
    return h == m, m & ~h, h & ~m


def _shares(sums: Floats) -> Floats:
    return divide(sums[..., 1:], sums[..., :1])


def _share(passed: np.typing.NDArray[np.bool_]) -> float:
    return round(float(passed.mean()), 6) if len(passed) else 0.0


def _kappa(decided: Decided) -> float | None:
    """Cohen's kappa of two deciders; None where both pass all or none."""
    h, m = decided.humans, decided.model
    if not len(h):
        return None
    p, q = float(h.mean()), float(m.mean())
    chance = p * q + (1 - p) * (1 - q)
    return None if chance >= 1 else round((float((h == m).mean()) - chance) / (1 - chance), 6)


def _proposed(cuts: tuple[Cut, ...]) -> float | None:
    """The mark with the fewest wrong decisions beyond chance: the highest kappa.

    The plain number of wrong decisions is least where everybody passes, which decides nothing.
    Among equals the one nearest to the middle of the scale.
    """
    telling = [c for c in cuts if c.kappa is not None and 0 < c.humans_pass < 1]
    if not telling:
        return None
    return max(telling, key=lambda c: (c.kappa or 0.0, -abs(c.mark - 50.0))).mark


def _band(table: ValueTable, model: int, humans: Floats) -> float | None:
    """1.96 standard errors of measurement of one rating, in per cent.

    The error variance is that within answers, pooled over answers with two people or more;
    with one person on each answer, half the variance of the difference between model and person.
    """
    people = table.values[:, list(table.humans)]
    count = np.isfinite(people).sum(axis=1)
    apart = np.nansum((people - humans[:, None]) ** 2, axis=1)
    free = int(np.maximum(count - 1, 0).sum())
    if free >= 2:
        return round(_Z * float(np.sqrt(apart[count >= 2].sum() / free)), 6)
    difference = table.values[:, model] - humans
    difference = difference[np.isfinite(difference)]
    return (
        round(_Z * float(difference.std(ddof=1) / np.sqrt(2)), 6) if len(difference) > 2 else None
    )

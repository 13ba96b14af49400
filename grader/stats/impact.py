"""Selection rates by group: four-fifths rule, NYC Local Law 144, Fisher's exact test.

Figures for an audit, no audit and no legal advice.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Impact:
    """A group's selection rate and its ratio to the highest rate.

    below_four_fifths and p (Fisher's exact test against the group with the highest rate) are
    None where a rate is not estimable; share: of all people in the table.
    """

    selected: int
    total: int
    share: float
    rate: float | None
    ratio: float | None
    below_four_fifths: bool | None
    p: float | None


def impact_ratios(groups: Mapping[str, tuple[int, int]]) -> dict[str, Impact]:
    """Returns the impact ratio of each group from (selected, total) counts.

    EEOC Uniform Guidelines, 29 CFR 1607.4 D; 6 RCNY 5-300. The four-fifths comparison is made in
    integers: exactly 4/5 is not below it, which floating point gets wrong. ratio is None for an
    empty group, and for all where nobody was selected.
    """
    people = sum(total for _, total in groups.values())
    filled = {name: count for name, count in groups.items() if count[1] > 0}
    # As fractions: which of two rates is higher must not hang on rounding
    top = max(filled.values(), key=lambda count: Fraction(*count), default=(0, 0))
    return {name: _impact(count, top, people) for name, count in groups.items()}


def below_four_fifths(group: tuple[int, int], top: tuple[int, int]) -> bool:
    """Returns whether a/b < 4/5 of c/d, for (a, b) = group and (c, d) = top (selected, total)."""
    (a, b), (c, d) = group, top
    return 5 * a * d < 4 * b * c


def fisher_exact(table: tuple[tuple[int, int], tuple[int, int]]) -> float:
    """Returns the two-sided p of Fisher's exact test (1935) of a 2 x 2 table of counts.

    The sum of all tables with the same margins that are no more likely; 1 where a margin is 0.
    """
    (a, b), (c, d) = table
    row, column, n = a + b, a + c, a + b + c + d
    start, end = max(0, row + column - n), min(row, column)
    # Whole numbers: ties with the observed table are exact.
    ways = [math.comb(column, x) * math.comb(n - column, row - x) for x in range(start, end + 1)]
    observed = ways[a - start]
    return min(1.0, sum(w for w in ways if w <= observed) / sum(ways))


def _impact(count: tuple[int, int], top: tuple[int, int], people: int) -> Impact:
    selected, total = count
    share = total / people if people else 0.0
    if total == 0 or top[0] == 0:
        return Impact(selected, total, share, selected / total if total else None, None, None, None)
    rate = selected / total
    p = fisher_exact(((selected, total - selected), (top[0], top[1] - top[0])))
    ratio = (selected * top[1]) / (total * top[0])
    return Impact(selected, total, share, rate, ratio, below_four_fifths(count, top), p)

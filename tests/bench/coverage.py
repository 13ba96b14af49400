"""How often intervals cover the true value. Run: python -m tests.bench.coverage [--runs 1000]

Simulates raters of answers on a scale of three levels, takes the intervals of
grader.stats.bootstrap and, for comparison, plain percentile intervals, and counts.
The true value is that of 400,000 answers of the same population. Wanted: 93 to 97 in 100.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grader.stats import many_raters, severity, two_raters
from grader.stats.arrays import Clusters, Floats
from grader.stats.bootstrap import intervals, replicates
from grader.stats.statistic import Interval, Statistic

LEVELS = (0, 1, 2)
EDGES = (0.025, 0.975)


@dataclass(frozen=True)
class Population:
    """Answers of candidates whose ability they share; raters with a leniency, noise each.

    cuts: where the levels of the latent scale (SD 1) part; a candidate gives `answers` answers.
    """

    name: str
    cuts: tuple[float, float]
    noise: float
    leniency: tuple[float, ...] = (0.0, 0.25, -0.15)
    answers: int = 1

    def ratings(self, answers: int, random: np.random.Generator) -> tuple[Floats, Clusters]:
        """Ratings (answers, raters) and the candidate of each answer."""
        candidates = answers // self.answers
        codes = np.repeat(np.arange(candidates), self.answers)
        shared = 0.5 if self.answers > 1 else 0.0
        worth = np.sqrt(shared) * random.normal(size=candidates)[codes]
        worth += np.sqrt(1.0 - shared) * random.normal(size=len(codes))
        latent = worth[:, None] + self.leniency
        latent = latent + self.noise * random.normal(size=latent.shape)
        return np.digitize(latent, self.cuts).astype(np.float64), Clusters(codes, candidates)


POPULATIONS = (
    Population("balanced", (-0.5, 0.5), 0.5),
    Population("skewed", (-1.3, -0.6), 0.45),
    Population("high agreement", (-0.5, 0.5), 0.25),
    Population("4 answers each", (-0.5, 0.5), 0.5, answers=4),
)


def statistics(ratings: Floats, clusters: Clusters) -> dict[str, Statistic]:
    """The statistics whose intervals are put to the test."""
    near = two_raters.pairs(ratings[:, 0], ratings[:, 1], LEVELS, clusters)
    far = two_raters.pairs(ratings[:, 0], ratings[:, 2], LEVELS, clusters)
    qwk = two_raters.quadratic_kappa(near)
    return {
        "kappa": two_raters.kappa(near),
        "QWK": qwk,
        "degradation": two_raters.quadratic_kappa(far) - qwk,
        "alpha": many_raters.krippendorff_alpha(ratings, "ordinal", LEVELS, clusters),
        "AC2": many_raters.gwet_ac(many_raters.panel(ratings, LEVELS, clusters), "quadratic"),
        "severity": severity.rater_effects(ratings, clusters)[1],
    }


def cover(
    population: Population, answers: int, runs: int, samples: int, seed: int
) -> Iterator[str]:
    """A line of the table for each statistic."""
    truth = statistics(*population.ratings(400_000, np.random.default_rng(0)))
    true = {name: s.value for name, s in truth.items()}
    found: dict[str, list[tuple[Interval, Interval]]] = {name: [] for name in true}
    for run in range(runs):
        drawn = statistics(
            *population.ratings(answers, np.random.default_rng([seed, answers, run]))
        )
        plain = np.nanquantile(replicates(list(drawn.values()), samples, run), EDGES, axis=1)
        for (name, interval), low, high in zip(
            intervals(drawn, samples, run).items(), *plain, strict=True
        ):
            if interval.low is not None:
                found[name].append((interval, Interval(None, float(low), float(high))))
    for name, pairs in found.items():
        ours, percentile = zip(*pairs, strict=True)
        below, above = (_missed(ours, true[name], side) for side in (-1, 1))
        width = np.median([(i.high or 0.0) - (i.low or 0.0) for i in ours])
        misses = [_missed(percentile, true[name], side) for side in (-1, 1)]
        yield (
            f"{population.name:15} {answers:4} {name:12} {true[name]:6.3f} "
            f"{1 - below - above:8.3f} {below:7.3f} {above:7.3f} {width:7.3f} "
            f"{1 - sum(misses):11.3f} {runs - len(pairs):7}"
        )


def _missed(found: tuple[Interval, ...], true: float | None, side: int) -> float:
    """Share of intervals that lie wholly above (1) or below (-1) the true value."""
    assert true is not None
    off = [(i.low or 0.0) > true if side > 0 else (i.high or 0.0) < true for i in found]
    return float(np.mean(off))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--answers", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(
        "population         n statistic      true  covered   below   above   width  percentile"
        "  no limits",
    )
    for population in POPULATIONS:
        for answers in given.answers:
            for line in cover(population, answers, given.runs, given.samples, given.seed):
                print(line, flush=True)


if __name__ == "__main__":
    main()

"""Simulated teams: is the verdict right, and do the intervals cover?

    python -m tests.bench.teams [SEEDS]

For each kind of team the share of seeds with the verdict that its construction calls for; then
the share of intervals that hold the true figure, which is taken from one team of 40,000 answers.
"""

import sys
from collections import Counter
from dataclasses import replace

from grader.trust.calibration.analysis import decisions
from grader.trust.calibration.compare import level
from grader.trust.calibration.measure import Sampling, scores, verdicts
from grader.trust.calibration.severity import severities
from grader.trust.calibration.thresholds import load
from grader.trust.calibration.values import Estimate, StatisticName, Trust
from tests.trust.calibration.teams import Team, panel

GOOD = Team(answers=300, noise=0.22, model_noise=0.22)
CASES = {
    "good and unbiased, 300 answers": (GOOD, Trust.ALONE),
    "good but lenient, 200 answers": (
        Team(answers=200, noise=0.22, model_noise=0.22, bias=0.25),
        Trust.SECOND_READER,
    ),
    "good but severe, 200 answers": (
        Team(answers=200, noise=0.22, model_noise=0.22, bias=-0.25),
        Trust.SECOND_READER,
    ),
    "far too lenient, 200 answers": (
        Team(answers=200, noise=0.22, model_noise=0.22, bias=1.2),
        Trust.PRACTICE,
    ),
    "noisy, 200 answers": (Team(answers=200, noise=0.22, model_noise=2.5), Trust.PRACTICE),
    "random, 60 answers": (Team(answers=60, model="random"), Trust.PRACTICE),
    "random, raters on shifts": (
        Team(answers=120, model="random", shared=2, severity=(0.0, 0.2, -0.2, 0.1)),
        Trust.PRACTICE,
    ),
    "good, 12 answers": (Team(answers=12, noise=0.22, model_noise=0.22), Trust.NOT_ENOUGH_DATA),
    "good, one person": (Team(answers=200, severity=(0.0,)), Trust.NOT_ENOUGH_DATA),
}
LARGE = 40_000
HOW = Sampling(samples=1000)


def verdict(team: Team, seed: int) -> Trust:
    """The verdict on one simulated team, over all questions."""
    made = panel(team, seed)
    names = [rater.name for rater in made.raters]
    one = level(scores(made), None, names, HOW)
    return next(iter(decisions(made, [one], (), load()))).trust


def right(seeds: int) -> dict[str, Counter[Trust]]:
    """How often each kind of team gets which verdict."""
    return {
        name: Counter(verdict(team, seed) for seed in range(seeds))
        for name, (team, _) in CASES.items()
    }


SHOWN = (
    StatisticName.EXACT,
    StatisticName.KAPPA,
    StatisticName.QWK,
    StatisticName.ALPHA_ORDINAL,
    StatisticName.AC2,
    StatisticName.ICC_SINGLE,
    StatisticName.PEARSON,
)
COVERED = Team(answers=150, noise=0.35, bias=0.15, severity=(0.0, 0.2, -0.2), per_candidate=2)


def figures(team: Team, seed: int, samples: int) -> dict[str, Estimate]:
    """Figures of one team by name: agreement at two levels, degradation, bias and severity."""
    made, how = panel(team, seed), Sampling(samples=samples, seed=seed)
    names = [rater.name for rater in made.raters]
    found: dict[str, Estimate] = {}
    for table in (verdicts(made), scores(made)):
        one = level(table, None, names, how)
        model = one.models[0]
        for name in SHOWN:
            found[f"{table.name.value} people {name.value}"] = one.human[name]
            found[f"{table.name.value} model {name.value}"] = model.agreement[name]
            found[f"{table.name.value} degradation {name.value}"] = model.degradation[name]
        found[f"{table.name.value} smd"] = model.agreement[StatisticName.SMD]
        found[f"{table.name.value} prmse"] = model.agreement[StatisticName.PRMSE]
    for rater in severities(made, scores(made), how):
        found[f"severity {rater.rater}"] = rater.points
    return found


def coverage(seeds: int) -> dict[str, float]:
    """Share of seeds in which the interval of each figure holds the true one."""
    true = figures(replace(COVERED, answers=LARGE), 1_000_000, 2)
    held: Counter[str] = Counter()
    for seed in range(seeds):
        for name, one in figures(COVERED, seed, 1000).items():
            value = true[name].value
            held[name] += value is not None and (one.low or 0.0) <= value <= (one.high or 0.0)
    return {name: held[name] / seeds for name in true}


def main() -> None:
    """Prints both tables."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for name, counts in right(seeds).items():
        expected = CASES[name][1]
        rest = ", ".join(f"{t.value} {n}" for t, n in counts.items() if t is not expected)
        print(f"{counts[expected]:4d} of {seeds}  {expected.value:17} {name}  {rest}")
    for name, share in coverage(seeds).items():
        print(f"{share:6.3f}  {name}")


if __name__ == "__main__":
    main()

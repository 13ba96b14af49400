"""What a model saves a team, and whether its intervals hold. python -m tests.bench.saved_ratings

Teams of 200 answers by 100 candidates to two questions; a good, a biased and a random model; people
rate what is picked at random or drawn by grade calibrate next. From records and ratings, as it
does, the mean score and the pass rate are estimated from the ratings alone and with the model.
Counted is how often the 95 % interval holds the value of 400,000 answers of the same kind (wanted:
93 to 97 in 100), and printed what share of the ratings gives the same width with the model.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grader.judge.curves import VERDICTS
from grader.judge.per_point import decided
from grader.record import Digests, Grade, JudgeInfo, PointGrade, Usage
from grader.scoring import total
from grader.trust.calibration.next_to_rate import draw
from grader.trust.calibration.panel import build
from grader.trust.calibration.ratings import Rating, Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings
from grader.trust.calibration.sampling_plan import SamplingPlan
from grader.trust.calibration.team import Drawn, team_estimates
from grader.trust.calibration.team_values import TeamFigure
from tests.trust.calibration.teams import START

Floats = NDArray[np.float64]
Kind = Literal["good", "biased", "random"]
KINDS: tuple[Kind, ...] = ("good", "biased", "random")
ANSWERS, QUESTIONS, POINTS = 200, 2, 6
MARK = 60.0
NAMES = tuple(f"p{n}" for n in range(POINTS))
_LEFT_OUT = dict.fromkeys(("empty", "repeated", "replaced", "not-blind"), 0)


@dataclass(frozen=True, eq=False)
class RatedAnswers:
    """A team's answers: people's score of each, per cent, and the model's records of all."""

    scores: Floats
    results: ModelGradings

    def ratings(self, rated: frozenset[AnswerKey]) -> Ratings:
        """What one person said of some of the answers."""
        rows = tuple(
            Rating(question, answer, "ana", None, None, float(score), "", None, True, 2)
            for (question, answer), score in zip(self.results.keys, self.scores, strict=True)
            if (question, answer) in rated
        )
        return Ratings(rows, _LEFT_OUT)


def perceived(answers: int, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """How well each key point is made, (answers, points), and people's score, per cent."""
    person = np.repeat(dice.normal(0, 0.6, answers // QUESTIONS), QUESTIONS)
    question = 0.3 * (np.arange(answers) % QUESTIONS)
    quality = person + question + dice.normal(0, 0.8, answers)
    true = quality[:, None] + dice.normal(0, 0.8, (answers, POINTS))
    seen = true + dice.normal(0, 0.35, true.shape)
    return true, 50 * ((seen > -0.35).mean(axis=1) + (seen > 0.35).mean(axis=1))


def team(kind: Kind, seed: int) -> RatedAnswers:
    """One team; the model perceives as people do, or leniently, or tells nothing."""
    dice = np.random.default_rng([seed, KINDS.index(kind)])
    true, scores = perceived(ANSWERS, dice)
    seen = true + (1.0 if kind == "biased" else 0.0) + dice.normal(0, 0.5, true.shape)
    if kind == "random":
        seen = dice.normal(0, 1.2, true.shape)
    met, some = (1 / (1 + np.exp(-3.0 * (seen - edge))) for edge in (0.35, -0.35))
    chances = np.stack([met, some - met, 1 - some, np.zeros_like(met)], axis=-1)
    grades = tuple(_record(n, each) for n, each in enumerate(chances))
    points = {f"q{q}": dict.fromkeys(NAMES, 1) for q in range(QUESTIONS)}
    names = tuple(("m",) for _ in grades)
    return RatedAnswers(scores, ModelGradings(grades, points, names))


def _record(number: int, chances: Floats) -> Grade:
    points = tuple(
        PointGrade(
            id=name,
            weight=1,
            verdict=decided(tuple(each.tolist())),
            probabilities=dict(zip(VERDICTS, each.tolist(), strict=True)),
        )
        for name, each in zip(NAMES, chances, strict=True)
    )
    return Grade(
        question=f"q{number % QUESTIONS}",
        answer_id=f"a{number}",
        candidate=f"c{number // QUESTIONS}",
        score=total(points),
        key_points=points,
        judge=JudgeInfo(kind="local", ask="trained", model="m"),
        usage=Usage(),
        digests=Digests(answer=f"sha256:{number}", rubric="sha256:r", prompt="sha256:p"),
        graded_at=START,
        version="0.1.0",
    )


@cache
def truth() -> tuple[float, float]:
    """Mean score, per cent, and pass rate of all such answers."""
    _, scores = perceived(400_000, np.random.default_rng(0))
    return float(scores.mean()), float((scores >= MARK).mean())


def estimates(made: RatedAnswers, count: int, seed: int, *, chosen: bool) -> list[TeamFigure]:
    """Mean score and pass rate from *count* ratings, chosen by a plan or at random."""
    plan: SamplingPlan | None = None
    keys = made.results.keys
    if chosen:
        plan = draw(made.results, (), count, MARK, seed)
        rated = frozenset(plan.last)
    else:
        dice = np.random.default_rng(seed)
        rated = frozenset(keys[n] for n in dice.permutation(len(keys))[:count])
    panel = build(made.results, made.ratings(rated))
    drawn = Drawn(plan, "") if plan else None
    column = panel.models[0]
    return list(team_estimates(panel, made.results, {column: MARK}, 2, drawn).figures)


@dataclass
class Counted:
    """What a row of the table adds up."""

    runs: int = 0
    alone: int = 0
    powered: int = 0
    share: float = 0.0
    saved: int = 0

    def add(self, one: TeamFigure, true: float) -> None:
        """Counts one team's figure."""
        self.runs += 1
        a, p = one.alone, one.powered
        self.alone += (a.low or 0.0) <= true <= (a.high or 0.0)
        self.powered += (p.low or 0.0) <= true <= (p.high or 0.0)
        width = ((p.high or 0.0) - (p.low or 0.0)) / ((a.high or 0.0) - (a.low or 0.0))
        self.share += width**2
        self.saved += one.saved or 0


def table(kind: Kind, counts: list[int], teams: int) -> Iterator[tuple[tuple[str, ...], Counted]]:
    """Every row of one kind of model: (number, how picked, figure) and what was counted."""
    rows: dict[tuple[str, ...], Counted] = {}
    for seed in range(teams):
        made = team(kind, seed)
        for count in counts:
            for chosen in (False, True):
                for one, true in zip(
                    estimates(made, count, seed, chosen=chosen), truth(), strict=True
                ):
                    how = "chosen" if chosen else "random"
                    key = (str(count), how, one.name.value)
                    rows.setdefault(key, Counted()).add(one, true)
    yield from rows.items()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=400)
    parser.add_argument("--ratings", type=int, nargs="+", default=[30, 60])
    given = parser.parse_args()
    print("model   ratings  picked  figure       alone  with model  ratings needed  saved")
    for kind in KINDS:
        for (count, how, name), row in table(kind, given.ratings, given.teams):
            alone, powered = row.alone / row.runs, row.powered / row.runs
            print(
                f"{kind:7} {count:>7}  {how:6}  {name:10} {alone:7.3f} {powered:11.3f}"
                f" {row.share / row.runs:14.0%} {row.saved / row.runs:7.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

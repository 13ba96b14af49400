"""What attacks and honest additions do to scores, with all defences, none, and all but each:
`python -m training.attacks FOUND`.

Counted as `grade audit` counts: in place of an answer anything earned; beside an answer a score
that left the interval which the grade without the text had stated. Kinds that were trained on and
kinds that were not are told apart.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.judge.curves import VERDICTS, Curves
from grader.judge.defences import Defence, each_left_out
from grader.judge.per_point import decided
from grader.record import PointGrade
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.scoring import surely_earned, total
from grader.stats.statistic import proportion
from grader.trust.audit.cases import read as read_suite
from grader.trust.audit.run import ScoreMove
from training.judged import WAY, fitted, read, rows
from training.sets import SHIPPED
from training.views import HOSTILE

_SAME_KIND = {
    "authority": "authority",
    "direct-injection": "injection",
    "chinese-injection": "injection",
    "fake-verdict": "fake-verdict",
    "fake-completion": "fake-turn",
    "fake-role-tokens": "fake-turn",
    "role-token": "fake-turn",
    "near-miss": "negated",
    "benign-control": "control",
}
"""Kinds of the suites that go by another name in training."""


@dataclass(frozen=True)
class Graded:
    """One text's score in per cent: what is surely earned, and the interval that is stated."""

    earned: float
    low: float
    high: float


_NOTHING = Graded(0.0, 0.0, 0.0)


def chosen(defences: str) -> tuple[Defence, ...]:
    """Returns the defences that ``all``, ``none`` or ``all but NAME`` stands for."""
    return each_left_out()[defences]


def grade(item: dict[str, Any], curves: Curves, rubric: Rubric, defences: str = "all") -> Graded:
    """Returns the score of an item as the product would give it, misconceptions aside."""
    about = item["about"]
    if about["by_code"] or not about["lines"]:
        return _NOTHING
    points = []
    for (name, weight, _, _), found in zip(item["labels"], item["found"], strict=True):
        chances = curves.point.chances(found)
        known = dict(zip(VERDICTS, chances, strict=True))
        verdict = decided(chances)
        points.append(PointGrade(id=name, weight=weight, verdict=verdict, probabilities=known))
    standing = tuple(points)
    for defence in chosen(defences):
        # Whether it is about the subject was found out when the words were at hand.
        if defence.name != "off-subject" or about["elsewhere"]:
            standing = defence.settle(standing, (), rubric)
    score = total(standing)
    return Graded(surely_earned(score), score.low, score.high)


def moves(
    items: Sequence[dict[str, Any]], curves: Curves, rubrics: Mapping[str, Rubric], defences: str
) -> dict[tuple[str, str], list[tuple[bool, float]]]:
    """Returns, by expectation and kind, whether each attack moved a score and by how much."""
    known = {name for item in items for name in item["about"]["defences"]}
    shown = defences if defences in known else "all"  # those that look at verdicts cut nothing
    mine = [item for item in items if shown in item["about"]["defences"]]

    def of(item: dict[str, Any]) -> Graded:
        return grade(item, curves, rubrics[item["question"]], defences)

    before = {i["answer"]: of(i) for i in mine if "attack" not in i["about"]}
    found: dict[tuple[str, str], list[tuple[bool, float]]] = defaultdict(list)
    for item in mine:
        about = item["about"]
        if "attack" not in about:
            continue
        base, after = before[about["base"]] if about["base"] else _NOTHING, of(item)
        possible = base.low, base.high
        move = ScoreMove(about["expect"], base.earned, after.earned, possible)
        found[move.expect, about["kind"]].append((move.beyond_doubt, move.change))
    return found


def trained_kinds() -> set[str]:
    """Returns the kinds of attack that training has texts of."""
    return {attack.kind for attack in read_suite(HOSTILE)}


def summary(found: dict[tuple[str, str], list[tuple[bool, float]]], trained: set[str]) -> str:
    """Returns a line for each expectation, kinds trained on and kinds left out apart."""
    lines = []
    for expect in ("no-credit", "no-gain", "no-loss"):
        for title, wanted in (("trained on", True), ("left out", False)):
            part = [
                move
                for (of, kind), each in found.items()
                if of == expect and (_SAME_KIND.get(kind, kind) in trained) == wanted
                for move in each
            ]
            if part:
                lines.append(f"{expect} kinds {title:10} {_counted(part)}")
    return "\n".join(lines)


def _counted(part: Iterable[tuple[bool, float]]) -> str:
    beyond, change = zip(*part, strict=True)
    limits = proportion(sum(beyond), len(beyond))
    low, high = 100 * (limits.low or 0.0), 100 * (limits.high or 0.0)
    return (
        f"{sum(beyond):4}/{len(beyond):<5} ({low:.1f} to {high:.1f} %)"
        f"  score {np.mean(change):+.2f} points"
    )


def main() -> None:
    """Prints the counts for every choice of defences and each suite."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("found", type=Path, help="what training.fit wrote")
    parser.add_argument("--kinds", action="store_true", help="also each kind, all defences on")
    given = parser.parse_args()
    items = read(given.found)
    curves = fitted(rows(i for i in items if (i["set"], i["way"]) == ("held-out", WAY)))
    trained = trained_kinds()
    rubrics = {rubric.id: rubric for rubric in load_rubrics(SHIPPED)}
    for name in ("attack-suite", "attack-published"):
        mine = [item for item in items if item["set"] == name]
        for defences in each_left_out():
            found = moves(mine, curves, rubrics, defences)
            print(f"== {name}, defences: {defences}\n{summary(found, trained)}")
            if given.kinds and defences == "all":
                for (expect, kind), each in sorted(found.items()):
                    print(f"   {expect} {kind:28} {_counted(each)}")


if __name__ == "__main__":
    main()

"""Prints what a judge is worth on labels that it was not trained on: `python -m training.figures`.

It reads what `training.fit` wrote: the four log-probabilities of each claim. Curves are fitted on
the held-out training questions and applied to everything else; the held-out questions themselves
are judged by curves fitted on the others of them.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.judge.curves import FILE, VERDICTS, Curves, odds_of_yes
from grader.judge.defences import DEFENCES
from grader.judge.per_point import contradicted, decided
from grader.record import MisconceptionGrade, PointGrade, Verdict
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.scoring import CREDIT, expected_credit, share_of_weight
from grader.stats.arrays import clusters_of
from grader.stats.bootstrap import intervals
from grader.stats.scores import continuous_quadratic_kappa, pearson, score_pairs
from grader.stats.statistic import Statistic
from grader.stats.two_raters import kappa, pairs
from training.curve_fit import fit, write_trained
from training.questions import as_rubric, read_all
from training.sets import SHIPPED

WAY = "en+"
"""How the product asks: in English, with what counts as half."""
_PLAIN = ("strong", "partial", "wrong")
_FOLDS = 6
_TWO_DIGITS = 10
"""Lines from which on the first digit does not say which one is meant."""


@dataclass(frozen=True)
class Row:
    """One claim of an item: what the judge thought, and what its label says."""

    item: dict[str, Any]
    id: str
    weight: float
    label: str | None
    lines: tuple[int, ...]
    found: tuple[float, ...]
    line: int

    @property
    def question(self) -> str:
        """The question that the claim belongs to: what is left out whole."""
        return str(self.item["question"])

    @property
    def is_claim(self) -> bool:
        """Whether this is a misconception."""
        return self.label in ("yes", "no")


@dataclass(frozen=True)
class Judged:
    """A row with the probabilities that the curves make of it.

    Attributes:
        settled: the verdict that stands after the judge's rules, where they change it.
    """

    row: Row
    chances: tuple[float, ...]
    settled: Verdict | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict that the judge gives."""
        return self.settled or decided(self.chances)

    @property
    def asserted(self) -> bool:
        """Of a misconception: whether it is likelier asserted than not."""
        return self.chances[0] > 1 / 2


def rows(items: Iterable[dict[str, Any]]) -> list[Row]:
    """Returns every claim of the items."""
    return [
        Row(item, name, weight, label, tuple(lines), tuple(found), line)
        for item in items
        for (name, weight, label, lines), found, line in zip(
            item["labels"], item["found"], item["lines"], strict=True
        )
    ]


def fitted(found: Sequence[Row]) -> Curves:
    """Returns the curves that fit labelled rows best."""
    return fit(
        [(row.found, row.label) for row in found if row.label and not row.is_claim],
        [(row.found, row.label == "yes") for row in found if row.is_claim],
    )


def judged(found: Sequence[Row], curves: Curves) -> list[Judged]:
    """Returns the rows with their probabilities."""
    return [Judged(row, _chances(row, curves)) for row in found]


def _chances(row: Row, curves: Curves) -> tuple[float, ...]:
    if not row.is_claim:
        return curves.point.chances(row.found)
    chance = curves.claim.chance(odds_of_yes(row.found))
    return chance, 0.0, 1 - chance, 0.0


def cross_judged(found: Sequence[Row]) -> list[Judged]:
    """Returns the rows, each judged by curves fitted on the other questions of the same set."""
    names = sorted({row.question for row in found})
    fold = {name: number % _FOLDS for number, name in enumerate(names)}
    return [
        one
        for number in range(_FOLDS)
        for one in judged(
            [row for row in found if fold[row.question] == number],
            fitted([row for row in found if fold[row.question] != number]),
        )
    ]


def settle(found: Sequence[Judged], rubrics: Mapping[str, Rubric]) -> list[Judged]:
    """Returns the rows with the verdicts that stand after what the judge does with an answer's
    verdicts together: asserted opposites, and the defences that look at verdicts."""
    answers: dict[str, list[Judged]] = {}
    for one in found:
        answers.setdefault(one.row.item["answer"], []).append(one)
    return [one for each in answers.values() for one in _settled(each, rubrics)]


def _settled(each: Sequence[Judged], rubrics: Mapping[str, Rubric]) -> Iterator[Judged]:
    rubric = rubrics[each[0].row.question]
    held = [
        MisconceptionGrade(id=j.row.id, asserted=j.asserted, confidence=max(j.chances))
        for j in each
        if j.row.is_claim
    ]
    points = tuple(contradicted(_grade(j), held, rubric) for j in each if not j.row.is_claim)
    for defence in DEFENCES:
        if defence.name != "off-subject":  # it needs the words, which leave it to a person
            points = defence.settle(points, (), rubric)
    standing = {point.id: point for point in points}
    for one in each:
        point = standing.get(one.row.id)
        if point is None or point.probabilities is None:
            yield one
            continue
        chances = tuple(point.probabilities[verdict] for verdict in VERDICTS)
        yield Judged(one.row, chances, point.verdict)


def _grade(one: Judged) -> PointGrade:
    chances = dict(zip(VERDICTS, one.chances, strict=True))
    weight = max(1, min(3, round(one.row.weight)))
    return PointGrade(id=one.row.id, weight=weight, verdict=one.verdict, probabilities=chances)


def table(found: Sequence[Judged]) -> Iterator[tuple[str, str]]:
    """Gives the figures of labelled rows, as names with values and 95 % intervals."""
    points = [j for j in found if j.row.label and not j.row.is_claim]
    claims = [j for j in found if j.row.is_claim]
    stats: dict[str, Statistic] = {}
    stats["met or not, kappa"] = _kappa(
        points, lambda j: (j.row.label == "met", j.verdict == "met")
    )
    stats["four verdicts, kappa"] = _kappa(
        points, lambda j: (_level(j.row.label), _level(j.verdict))
    )
    if claims:
        stats["misconceptions, kappa"] = _kappa(
            claims, lambda j: (j.row.label == "yes", j.asserted)
        )
    stats |= _scores(points)
    for name, interval in intervals(stats, samples=500).items():
        yield name, _shown(interval.value, interval.low, interval.high)
    for verdict in VERDICTS:
        of = [j.verdict == verdict for j in points if j.row.label == verdict]
        if of:
            yield f"recall of {verdict}", f"{np.mean(of):.2f} of {len(of)}"
    pointed = [
        j.row.line in j.row.lines
        for j in points
        if j.row.lines and j.row.item["about"]["lines"] < _TWO_DIGITS
    ]
    if pointed:
        yield "right sentence", f"{np.mean(pointed):.3f} of {len(pointed)}"
    yield "labels", f"{len(points)} and {len(claims)}"


def _level(label: str | None) -> int:
    return VERDICTS.index(Verdict(label or "missed"))


def _kappa(found: Sequence[Judged], both: Callable[[Judged], tuple[int, int]]) -> Statistic:
    people, judge = zip(*(both(j) for j in found), strict=True)
    groups = clusters_of([j.row.question for j in found])
    levels = tuple(range(4)) if max(*people, *judge) > 1 else (0, 1)
    return kappa(pairs(np.array(people, float), np.array(judge, float), levels, groups))


def _scores(points: Sequence[Judged]) -> dict[str, Statistic]:
    """The answers' scores by verdicts and by probabilities, against those of the labels."""
    answers: dict[str, list[Judged]] = {}
    for one in points:
        answers.setdefault(f"{one.row.item['answer']}", []).append(one)
    groups = clusters_of([each[0].row.question for each in answers.values()])
    truth = [_score(each, labelled) for each in answers.values()]
    found = {}
    for name, credit in (("by verdicts", hard), ("expected", expected)):
        given = [_score(each, credit) for each in answers.values()]
        moments = score_pairs(np.array(truth), np.array(given), groups)
        found[f"score {name}, r"] = pearson(moments)
        found[f"score {name}, QWK"] = continuous_quadratic_kappa(moments)
    return found


def _score(each: Sequence[Judged], credit: Callable[[Judged], float]) -> float:
    return share_of_weight((j.row.weight, credit(j)) for j in each)


def labelled(one: Judged) -> float:
    """Returns the credit of the label, 0 to 1."""
    return CREDIT[Verdict(one.row.label or "missed")]


def hard(one: Judged) -> float:
    """Returns the credit of the likeliest verdict, 0 to 1."""
    return CREDIT[one.verdict]


def expected(one: Judged) -> float:
    """Returns the credit to be expected, 0 to 1."""
    return expected_credit([(1.0, dict(zip(VERDICTS, one.chances, strict=True)))])


def _shown(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.2f}, {high:.2f}]"


def read(path: Path) -> list[dict[str, Any]]:
    """Returns the items of a file that `training.fit` wrote; whole groups only where they were
    left out of training."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = json.load(file)
    return [item for item in found["items"] if found["without"] or item["set"] != "group"]


def with_all_defences(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the items as the product would show them to the judge."""
    return [i for i in items if "all" in i["about"].get("defences", ["all"])]


def groups(name: str, done: Sequence[Judged]) -> Iterator[tuple[str, Sequence[Judged]]]:
    """Gives a set whole and, of the shipped questions, its plain and its harder answers apart."""
    yield name, done
    if name == "shipped":
        plain = [j for j in done if j.row.item["about"]["kind"] in _PLAIN]
        yield "shipped, plain kinds", plain
        yield "shipped, harder kinds", [j for j in done if j not in plain]


def main() -> None:
    """Prints the figures of every set in every way of asking."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("found", type=Path, help="what training.fit wrote")
    parser.add_argument("--way", nargs="*", default=[WAY], help="ways of asking")
    parser.add_argument("--write", action="store_true", help=f"write the curves to {FILE.name}")
    given = parser.parse_args()
    items = with_all_defences(read(given.found))
    every = [question for questions in read_all().values() for question in questions]
    rubrics = {q.id: as_rubric(q) for q in every} | {r.id: r for r in load_rubrics(SHIPPED)}
    for way in given.way:
        mine = [item for item in items if item["way"] == way and "attack" not in item["set"]]
        base = rows(i for i in mine if i["set"] == "held-out")
        curves = fitted(base)
        print(f"asked {way}: {curves}")
        for name in sorted({item["set"] for item in mine}):
            found = rows(item for item in mine if item["set"] == name)
            done = cross_judged(base) if name == "held-out" else judged(found, curves)
            if name == "shipped":
                done = settle(done, rubrics)
            for title, part in groups(name, done):
                if any(j.row.label for j in part):
                    print(f"== {title}")
                    for figure, value in table(part):
                        print(f"{figure:26} {value}")
        if given.write and way == WAY:
            write_trained(curves)


if __name__ == "__main__":
    main()

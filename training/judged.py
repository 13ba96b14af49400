"""What a judge thought of labelled claims, and the verdicts that curves and rules make of it.

It reads what `training.fit` wrote: the four log-probabilities of each claim.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.judge.curves import VERDICTS, Curves, odds_of_yes
from grader.judge.defences import DEFENCES
from grader.judge.per_point import contradicted, decided
from grader.record import MisconceptionGrade, PointGrade, Verdict
from grader.rubric.format import Rubric
from training.curve_fit import fit

WAY = "en+"
"""How the product asks: in English, with what counts as half."""

_FOLDS = 6


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


def read(path: Path) -> list[dict[str, Any]]:
    """Returns the items of a file that `training.fit` wrote; whole groups only where they were
    left out of training."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = json.load(file)
    return [item for item in found["items"] if found["without"] or item["set"] != "group"]


def rows(items: Iterable[dict[str, Any]]) -> list[Row]:
    """Returns every claim of the items."""
    return [
        Row(item, name, weight, label, tuple(lines), tuple(found), line)
        for item in items
        for (name, weight, label, lines), found, line in zip(
            item["labels"], item["found"], item["lines"], strict=True
        )
    ]


def with_all_defences(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the items as the product would show them to the judge."""
    return [i for i in items if "all" in i["about"].get("defences", ["all"])]


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

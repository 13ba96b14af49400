"""Prints what a judge is worth on labels that it was not trained on: `python -m training.figures`.

It reads what `training.fit` wrote: the four log-probabilities of each claim. Curves are fitted on
the held-out training questions and applied to everything else; the held-out questions themselves
are judged by curves fitted on the others of them.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from grader.judge.curves import FILE, VERDICTS
from grader.record import Verdict
from grader.rubric.files import load_rubrics
from grader.scoring import CREDIT, expected_credit, share_of_weight
from grader.stats.arrays import clusters_of
from grader.stats.bootstrap import intervals
from grader.stats.scores import continuous_quadratic_kappa, pearson, score_pairs
from grader.stats.statistic import Statistic
from grader.stats.two_raters import kappa, pairs
from training.curve_fit import write_trained
from training.judged import (
    WAY,
    Judged,
    cross_judged,
    fitted,
    judged,
    read,
    rows,
    settle,
    with_all_defences,
)
from training.questions import as_rubric, read_all
from training.sets import SHIPPED

_PLAIN = ("strong", "partial", "wrong")
_TWO_DIGITS = 10
"""Lines from which on the first digit does not say which one is meant."""


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

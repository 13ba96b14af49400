"""Whether two runs of one judge give the same: `python -m tests.bench.quality.twice A B OUT`.

A and B are results of `grade batch`, the second with `--no-cache`, so that everything was asked
again. OUT takes the row that :mod:`tests.bench.quality.measure` adds to the figures.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from grader.record import Grade, PointGrade
from tests.bench.quality.replay import read_lines


def compared(first: list[Grade], second: list[Grade]) -> dict[str, Any]:
    """Returns how many answers have the same score and how many key points the same verdict, and
    the greatest difference of a probability."""
    again = {(grade.question, grade.answer_id): grade for grade in second}
    both = [(one, again[one.question, one.answer_id]) for one in first]
    points = [
        pair for one, two in both for pair in zip(one.key_points, two.key_points, strict=True)
    ]
    return {
        "answers": len(both),
        "same score": sum(one.score == two.score for one, two in both),
        "verdicts": len(points),
        "same verdict": sum(one.verdict == two.verdict for one, two in points),
        "greatest difference": max((_apart(one, two) for one, two in points), default=0.0),
    }


def _apart(one: PointGrade, two: PointGrade) -> float:
    first, second = one.probabilities or {}, two.probabilities or {}
    return max((abs(first[v] - second.get(v, 0.0)) for v in first), default=0.0)


def main() -> None:
    """Compares, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("first", "second", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    first, second = (
        [Grade.model_validate(line) for line in read_lines(path)]
        for path in (given.first, given.second)
    )
    plain = compared(first, second)
    judge = first[0].judge
    name = "grade, embedded judge" if judge.kind == "local" else f"grade, {judge.ask}"
    row = {"section": "twice", "set": "labelled answers", "grader": name}
    print(plain)
    with given.out.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**row, "figures": {}, "plain": plain}) + "\n")


if __name__ == "__main__":
    main()

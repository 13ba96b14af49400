"""Reads graders' results as rows beside people's scores: `grade`'s records, other tools' lines, and
what the embedded judge read."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from grader.record import Grade, PointGrade
from grader.scoring import PLAIN, Scheme, earned_chances, scheme_of
from tests.bench.quality.figures import ROUNDED, Graded, band
from tests.bench.quality.replay import read_lines


def of_grade(path: Path, people: Mapping[str, float], *, expected: bool = False) -> list[Graded]:
    """Returns the rows of `grade`'s records for the answers that people scored.

    Args:
        expected: the expected score in place of the score by verdicts.
    """
    grades = {g.answer_id: g for g in map(Grade.model_validate, read_lines(path))}
    return [
        graded(grades[name], score, expected=expected)
        for name, score in people.items()
        if name in grades
    ]


def graded(grade: Grade, people: float, *, expected: bool = False) -> Graded:
    """Returns one record's row."""
    score = grade.score
    given = score.expected if expected else score.percent
    return Graded(
        answer=grade.answer_id or "",
        question=grade.question,
        people=people,
        given=None if given is None else given / 100,
        sure=sureness(grade.key_points, scheme_of(grade), score.out_of)
        if score.expected is not None
        else (score.low - score.high) / 100,
        low=score.low / 100,
        high=score.high / 100,
        stated=stated(grade.key_points, score.low / 100, score.high / 100, scheme_of(grade)),
        about={"band": band(people)},
    )


def sureness(points: Sequence[PointGrade], scheme: Scheme = PLAIN, out_of: float = 1.0) -> float:
    """Returns how sure the probabilities are: less the standard deviation of what they earn, as a
    share of the most."""
    chances = earned_chances(points, scheme)
    mean = sum(earned * chance for earned, chance in chances.items())
    variance = sum((earned - mean) ** 2 * chance for earned, chance in chances.items())
    return -math.sqrt(variance) / (out_of or 1.0)


def stated(
    points: Sequence[PointGrade], low: float, high: float, scheme: Scheme = PLAIN
) -> float | None:
    """Returns the probability of an interval by the verdicts' own probabilities."""
    if not points or not all(point.probabilities for point in points):
        return None
    most = float(scheme.earned([p.id for p in points], [p.weight for p in points]))
    return sum(
        chance
        for earned, chance in earned_chances(points, scheme).items()
        if low - ROUNDED <= earned / most <= high + ROUNDED
    )


def of_tool(path: Path, items: Iterable[Mapping[str, object]]) -> list[Graded]:
    """Returns the rows of another tool's lines for the sample's items."""
    results = {row["id"]: row for row in read_lines(path)}
    return [
        Graded(
            answer=str(item["id"]),
            question=str(item["question_id"]),
            people=float(str(item["score"])),
            given=_score(results.get(item["id"], {})),
            about={"band": band(float(str(item["score"])))},
        )
        for item in items
    ]


def full_marks(items: Iterable[Mapping[str, object]]) -> list[Graded]:
    """Returns the rows of a grader that reads nothing and gives everybody full marks."""
    return [Graded(str(i["id"]), str(i["question_id"]), float(str(i["score"])), 1.0) for i in items]


def _score(result: Mapping[str, object]) -> float | None:
    score = result.get("score")
    return None if score is None else min(max(float(str(score)), 0.0), 1.0)


def length(text: str, thirds: Sequence[int]) -> str:
    """Returns the third of lengths that an answer is in."""
    return ("short", "middling", "long")[sum(len(text) > edge for edge in thirds)]


def thirds(texts: Iterable[str]) -> list[int]:
    """Returns the two lengths between thirds of the texts."""
    return [int(edge) for edge in statistics.quantiles([len(text) for text in texts], n=3)]

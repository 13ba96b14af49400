"""Teams that judge as a judge's probabilities say, or more leniently by a known amount."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grader.judge.curves import VERDICTS, TeamLevel
from grader.judge.defences import DEFENCES
from grader.judge.per_point import decided
from grader.record import Digests, Grade, JudgeInfo, PointGrade, Usage, Verdict
from grader.rubric.format import Rubric
from grader.scoring import CREDIT, total
from grader.trust.calibration.ratings import Rating, Ratings
from grader.trust.calibration.results import ModelGradings
from tests.support.records import RUBRIC
from tests.trust.calibration.teams import START

POINTS = {"p0": 3, "p1": 3, "p2": 2, "p3": 2, "p4": 1, "p5": 1}
"""Key points with their weights."""
JUDGE = JudgeInfo(kind="local", ask="trained", model="m")
_LEFT_OUT = dict.fromkeys(("empty", "repeated", "replaced", "not-blind"), 0)


@dataclass(frozen=True)
class Leaning:
    """A team whose verdicts are drawn from the judge's probabilities at a level of its own.

    Attributes:
        leniency: above 0 the team gives more than the judge, in log-odds.
        by_score: what the team said is given as scores, not as verdicts.
    """

    answers: int = 120
    leniency: float = 0.0
    raters: int = 1
    by_score: bool = True


def leaning(
    team: Leaning, seed: int = 0, judge: JudgeInfo = JUDGE
) -> tuple[ModelGradings, Ratings]:
    """The judge's records and the team's ratings."""
    dice = np.random.default_rng(seed)
    # What a judge is mostly: sure of most key points, and in doubt about some.
    chances = dice.dirichlet((0.5, 0.3, 0.6, 0.1), (team.answers, len(POINTS)))
    grades = tuple(graded(f"a{n}", each, judge) for n, each in enumerate(chances))
    rows = tuple(_rows(team, chances, dice))
    names = tuple((grade.judge.model,) for grade in grades)
    questions = {grade.answer_id: ("q",) for grade in grades}
    return ModelGradings(grades, {"q": POINTS}, names, questions), Ratings(rows, _LEFT_OUT)


def graded(
    name: str, chances: NDArray[np.float64], judge: JudgeInfo = JUDGE, rubric: Rubric = RUBRIC
) -> Grade:
    """The record of an answer about which the judge has these probabilities, settled."""
    points = tuple(
        PointGrade(
            id=point,
            weight=weight,
            verdict=decided(tuple(each.tolist())),
            probabilities={v: round(c, 4) for v, c in zip(VERDICTS, each.tolist(), strict=True)},
        )
        for (point, weight), each in zip(POINTS.items(), chances, strict=True)
    )
    points = DEFENCES[-1].settle(points, (), rubric)
    return Grade(
        question="q",
        answer_id=name,
        score=total(points),
        key_points=points,
        judge=judge,
        usage=Usage(),
        digests=Digests(answer=f"sha256:{name}", rubric="sha256:r", prompt="sha256:p"),
        graded_at=START,
        version="0.1.0",
    )


def _rows(
    team: Leaning, chances: NDArray[np.float64], dice: np.random.Generator
) -> Iterator[Rating]:
    level = TeamLevel(leniency=team.leniency)
    for number, answer in enumerate(chances):
        for rater in range(team.raters):
            said = {
                name: VERDICTS[dice.choice(4, p=level.applied(tuple(each.tolist())))]
                for name, each in zip(POINTS, answer, strict=True)
            }
            yield from spoken(f"a{number}", f"rater-{rater}", said, by_score=team.by_score)


def spoken(
    answer: str, rater: str, said: dict[str, Verdict], *, by_score: bool
) -> Iterator[Rating]:
    """What one person said of an answer: verdicts, or the score that they come to."""
    if not by_score:
        yield from (rating(answer, rater, point, verdict) for point, verdict in said.items())
        return
    earned = sum(POINTS[name] * CREDIT[verdict] for name, verdict in said.items())
    yield rating(answer, rater, score=100 * earned / sum(POINTS.values()))


def rating(
    answer: str,
    rater: str,
    point: str | None = None,
    verdict: Verdict | None = None,
    score: float | None = None,
) -> Rating:
    """One row of what people said."""
    return Rating("q", answer, rater, point, verdict, score, "", None, True, 2)


def write(path: Path, ratings: Ratings) -> str:
    """Writes the ratings as the sheet that a team fills."""
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["answer_id", "rater", "key_point", "verdict", "score"])
        for row in ratings.rows:
            score = "" if row.score is None else row.score
            sheet.writerow([row.answer_id, row.rater, row.key_point, row.verdict, score])
    return str(path)

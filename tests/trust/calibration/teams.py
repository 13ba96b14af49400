"""Teams made by dice: known severities, known noise, a model that is good, biased or random."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grader.record import Digests, Grade, JudgeInfo, PointGrade, Usage
from grader.scoring import total
from grader.trust.calibration.panel import MISSING, SCALE, Panel, Rater, RaterKind, added_up
from grader.trust.calibration.ratings import Rating, Ratings
from grader.trust.calibration.results import ModelGradings

EDGES = (-1.4, -0.35, 0.35)
"""Where what is perceived of a key point turns from contradicted to missed, partial, met."""
START = datetime(2026, 11, 22, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Team:
    """How a team's ratings come about.

    What a rater perceives of a key point is the answer's quality, the point's own luck, the
    rater's severity and noise; the scale is cut at ``EDGES``.

    Attributes:
        severity: of each person; above 0 is lenient.
        noise: of each person, standard deviation.
        model: ``random`` draws verdicts blindly.
        bias, model_noise: of the model.
        shared: each answer is rated by this many people; 0 is all.
    """

    answers: int = 200
    points: int = 6
    questions: int = 1
    per_candidate: int = 1
    severity: tuple[float, ...] = (0.0, 0.0, 0.0)
    noise: float = 0.35
    model: Literal["reads", "random"] = "reads"
    bias: float = 0.0
    model_noise: float = 0.35
    shared: int = 0
    weights: tuple[int, ...] = field(default=(3, 3, 2, 2, 1, 1))


def verdicts(team: Team, seed: int) -> NDArray[np.int8]:
    """Verdicts (answers, points, people and the model last)."""
    random = np.random.default_rng(seed)
    people = len(team.severity)
    candidates = -(-team.answers // team.per_candidate)
    person = np.repeat(random.normal(0, 0.6, candidates), team.per_candidate)[: team.answers]
    quality = person + random.normal(0, 0.8, team.answers)
    luck = random.normal(0, 0.8, (team.answers, team.points))
    true = quality[:, None] + luck
    lean = np.array([*team.severity, team.bias])
    noise = np.array([team.noise] * people + [team.model_noise])
    seen = true[:, :, None] + lean + noise * random.normal(size=(*true.shape, people + 1))
    found: NDArray[np.int8] = np.digitize(seen, EDGES).astype(np.int8)
    if team.model == "random":
        found[:, :, -1] = random.integers(0, len(SCALE), true.shape)
    if team.shared:
        for answer in range(team.answers):
            absent = random.permutation(people)[team.shared :]
            found[answer][:, absent] = MISSING
    return found


def panel(team: Team, seed: int) -> Panel:
    """The team's ratings as arrays."""
    found = verdicts(team, seed)
    people = len(team.severity)
    raters = (
        *(Rater(f"rater-{i}", RaterKind.HUMAN) for i in range(people)),
        Rater("m", RaterKind.MODEL),
    )
    answers = tuple((f"q{i % team.questions}", f"a{i}") for i in range(team.answers))
    names = [f"p{p}" for p in range(team.points)]
    weights = {f"q{q}": _weights(team) for q in range(team.questions)}
    made = Panel(
        raters=raters,
        answers=answers,
        items=tuple((a, p) for a in range(team.answers) for p in names),
        verdicts=found.reshape(-1, people + 1),
        scores=np.full((team.answers, people + 1), np.nan),
        candidate=np.arange(team.answers, dtype=np.intp) // team.per_candidate,
        weights=weights,
        step=20.0,
    )
    made.scores[:] = added_up(made)
    return made


def _weights(team: Team) -> dict[str, int]:
    return {f"p{p}": team.weights[p % len(team.weights)] for p in range(team.points)}


def records(team: Team, seed: int) -> tuple[ModelGradings, Ratings]:
    """The team's ratings as records and rows."""
    found = verdicts(team, seed)
    grades = tuple(_grade(team, found, answer) for answer in range(team.answers))
    rows = tuple(_rows(team, found))
    points = {f"q{q}": _weights(team) for q in range(team.questions)}
    questions = {g.answer_id: (g.question,) for g in grades}
    left_out = dict.fromkeys(("empty", "repeated", "replaced", "not-blind"), 0)
    names = tuple(("m",) for _ in grades)
    return ModelGradings(grades, points, names, questions), Ratings(rows, left_out)


def _grade(team: Team, found: NDArray[np.int8], answer: int) -> Grade:
    points = tuple(
        PointGrade(id=name, weight=weight, verdict=SCALE[int(found[answer, i, -1])])
        for i, (name, weight) in enumerate(_weights(team).items())
    )
    return Grade(
        question=f"q{answer % team.questions}",
        answer_id=f"a{answer}",
        candidate=f"c{answer // team.per_candidate}" if team.per_candidate > 1 else None,
        score=total(points),
        key_points=points,
        judge=JudgeInfo(kind="endpoint", model="m"),
        usage=Usage(),
        digests=Digests(answer=f"sha256:{answer}", rubric="sha256:r", prompt="sha256:p"),
        graded_at=START,
        version="0.1.0",
    )


def _rows(team: Team, found: NDArray[np.int8]) -> list[Rating]:
    rows: list[Rating] = []
    for answer, point, rater in np.argwhere(found[:, :, :-1] != MISSING).tolist():
        rows.append(
            Rating(
                question=f"q{answer % team.questions}",
                answer_id=f"a{answer}",
                rater=f"rater-{rater}",
                key_point=f"p{point}",
                verdict=SCALE[int(found[answer, point, rater])],
                score=None,
                note="",
                rated_at=None,
                blind=True,
                line=len(rows) + 2,
            )
        )
    return rows

"""Fits a team's own level over a judge's probabilities, on answers that people graded too.

Judges agree with people more in the order of answers than in the level of the scores, and levels
differ between subjects. So little is fitted that 20 answers are enough, and that is pulled towards
the shipped level; what it gains is measured on answers that it was not fitted on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import tomli_w

from grader.errors import BadInput
from grader.judge.curves import VERDICTS, TeamLevel
from grader.judge.defences import is_nothing_sure
from grader.judge.per_point import decided
from grader.record import Grade, PointGrade
from grader.scoring import CREDIT, PLAIN, Scheme, expected_together, scheme_of, share_together
from grader.text.safe import one_line
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 20
"""Answers from which on a level can be fitted."""
_FOLDS = 10
_SPREAD = 0.5
"""How far one answer's score may lie from the judge's for reasons other than the level, 0 to 1:
half the scale, so that few answers move the level little."""
_LENIENCY_SPREAD = 1.5
"""Standard deviation of teams' leniency about the shipped level, in log-odds."""
_GRID = tuple(step / 8 for step in range(-48, 49))
_DRAWS = 2000


@dataclass(frozen=True)
class Rated:
    """An answer that the judge gave probabilities for and people a score.

    Attributes:
        weights: of its key points.
        chances: of each key point, in the order of :data:`~grader.judge.curves.VERDICTS`.
        score: people's mean, 0 to 1.
        names: ids of the key points.
    """

    key: AnswerKey
    weights: tuple[float, ...]
    chances: tuple[tuple[float, ...], ...]
    score: float
    names: tuple[str, ...]
    scheme: Scheme = PLAIN

    def given(self, level: TeamLevel) -> float:
        """Returns the score, 0 to 1, that the verdicts give at this level."""
        applied = [level.applied(each) for each in self.chances]
        if is_nothing_sure([met + partial for met, partial, *_ in applied]):
            return 0.0  # as the judge's last defence has it
        credit = (CREDIT[decided(each)] for each in applied)
        return share_together(self.names, self.weights, tuple(credit), self.scheme)

    def expected(self, level: TeamLevel) -> float:
        """Returns the expected score, 0 to 1, at this level."""
        applied = (dict(zip(VERDICTS, level.applied(c), strict=True)) for c in self.chances)
        weighted = list(zip(self.weights, applied, strict=True))
        most = self.scheme.earned(self.names, self.weights)
        return expected_together(self.names, weighted, self.scheme) / most

    @cached_property
    def misses(self) -> tuple[float, ...]:
        """Squared differences of people's score from the expected one, along the grid."""
        levels = (TeamLevel(leniency=leniency) for leniency in _GRID)
        return tuple((self.score - self.expected(level)) ** 2 for level in levels)


@dataclass(frozen=True)
class Gain:
    """A figure before and after, on answers left out of the fit, with the difference's 95 %
    interval."""

    before: float
    after: float
    low: float
    high: float


@dataclass(frozen=True)
class Fitted:
    """A team's level and what it gained."""

    level: TeamLevel
    answers: int
    raters: int
    judge: str
    qwk: Gain
    error: Gain
    """Mean absolute difference from people's score, in per cent points."""


def rated(results: ModelGradings, ratings: Ratings) -> list[Rated]:
    """Returns the answers that both people and the judge graded, each once.

    What the judge left to a person, or decided without probabilities, is not among them.

    Raises:
        BadInput: no record holds probabilities, or some were made at a level of their own.
    """
    people = _people(results, ratings)
    found: dict[AnswerKey, Rated] = {}
    for grade in _one_judge(results):
        key = (grade.question, grade.answer_id)
        points = [p for p in grade.key_points if p.probabilities and p.verdict is not None]
        if key in people and len(points) == len(grade.key_points):
            found.setdefault(key, _rated(grade, points, people[key]))
    return list(found.values())


def _one_judge(results: ModelGradings) -> tuple[Grade, ...]:
    grades = tuple(g for g in results.grades if any(p.probabilities for p in g.key_points))
    if not grades:
        raise BadInput(
            "the records hold no probabilities: grade with the embedded model, or with an endpoint"
            " and --ask per-point"
        )
    if any(grade.judge.level for grade in grades):
        raise BadInput(
            "the records were graded with --calibration: grade the answers without it first"
            " (what was asked comes from the ledger)"
        )
    if len({(j.model, j.endpoint, j.ask, j.adapter) for j in (g.judge for g in grades)}) > 1:
        names = ", ".join(sorted({g.judge.model for g in grades}))
        raise BadInput(f"the records are of several judges ({names}): fit each on its own")
    return grades


def _rated(grade: Grade, points: Sequence[PointGrade], score: float) -> Rated:
    chances = tuple(
        tuple((point.probabilities or {}).get(v, 0.0) for v in VERDICTS) for point in points
    )
    weights = tuple(point.weight for point in points)
    names = tuple(point.id for point in points)
    return Rated(
        (grade.question, grade.answer_id), weights, chances, score, names, scheme_of(grade)
    )


def _people(results: ModelGradings, ratings: Ratings) -> Mapping[AnswerKey, float]:
    """People's mean score of each answer, 0 to 1, from scores or from verdicts on all points."""
    scores: dict[AnswerKey, list[float]] = defaultdict(list)
    by_rater: dict[tuple[AnswerKey, str], dict[str, float]] = defaultdict(dict)
    for row in ratings.rows:
        key = (row.question, row.answer_id)
        if row.score is not None:
            scores[key].append(row.score / 100)
        elif row.verdict is not None and row.key_point is not None:
            by_rater[key, row.rater][row.key_point] = CREDIT[row.verdict]
    for (key, _), given in by_rater.items():
        weights = results.points[key[0]]
        if given.keys() == weights.keys():
            scheme = results.schemes.get(key[0], PLAIN)
            each = [weights[name] for name in given]
            scores[key].append(share_together(list(given), each, list(given.values()), scheme))
    return {key: sum(each) / len(each) for key, each in scores.items()}


def fit_level(answers: Iterable[Rated]) -> TeamLevel:
    """Returns the leniency that brings the judge's expected scores nearest to people's.

    The most probable one under a normal prior about the shipped level; found on a grid, since one
    number needs no better search.
    """
    given = list(answers)

    def unlikely(place: int) -> float:
        missed = sum(one.misses[place] for one in given)
        return missed / (2 * _SPREAD**2) + _GRID[place] ** 2 / (2 * _LENIENCY_SPREAD**2)

    return TeamLevel(leniency=_GRID[min(range(len(_GRID)), key=unlikely)])


def fit_team(answers: Sequence[Rated], raters: int, judge: str, seed: int = 0) -> Fitted:
    """Returns the level fitted on all answers, and what such a level gains on answers left out.

    Raises:
        BadInput: fewer answers than :data:`FEWEST`.
    """
    if len(answers) < FEWEST:
        raise BadInput(
            f"{len(answers)} answers were graded by people and with probabilities; a level takes"
            f" at least {FEWEST}"
        )
    import numpy as np

    people = np.array([one.score for one in answers])
    shipped = np.array([one.given(TeamLevel()) for one in answers])
    own = np.empty(len(answers))
    for fold in range(_FOLDS):
        left_out = [n for n in range(len(answers)) if n % _FOLDS == fold]
        level = fit_level(answers[n] for n in range(len(answers)) if n % _FOLDS != fold)
        own[left_out] = [answers[n].given(level) for n in left_out]
    dice = np.random.default_rng(seed)
    draws = dice.integers(0, len(answers), (_DRAWS, len(answers)))
    gained = [qwk(shipped[d], people[d]) - qwk(own[d], people[d]) for d in draws]
    error = [_error(shipped[d], people[d]) - _error(own[d], people[d]) for d in draws]
    return Fitted(
        level=fit_level(answers),
        answers=len(answers),
        raters=raters,
        judge=judge,
        qwk=_gain(qwk(shipped, people), qwk(own, people), gained),
        error=_gain(_error(shipped, people), _error(own, people), error, digits=1),
    )


def _gain(before: float, after: float, losses: Sequence[float], digits: int = 3) -> Gain:
    import numpy as np

    low, high = (float(q) for q in np.quantile([-loss for loss in losses], [0.025, 0.975]))
    return Gain(*(round(value, digits) for value in (before, after, low, high)))


def qwk(first: "NDArray[np.float64]", second: "NDArray[np.float64]") -> float:
    """Returns the quadratic weighted kappa of two columns of scores, 0 where it has no value."""
    from grader.stats.scores import continuous_quadratic_kappa, score_pairs

    return continuous_quadratic_kappa(score_pairs(first, second)).value or 0.0


def _error(first: "NDArray[np.float64]", second: "NDArray[np.float64]") -> float:
    return 100 * float(abs(first - second).mean())


def to_toml(found: Fitted) -> str:
    """Returns the file that ``--calibration`` takes."""
    head = (
        f"# A team's level over {one_line(found.judge)}, fitted on {found.answers} answers.\n"
        "# Made by: grade calibrate fit\n\n"
    )
    return head + tomli_w.dumps({"schema": "level/1", **found.level.model_dump()})

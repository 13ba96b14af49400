"""Ratings and records as arrays: who gave what to which answer, missing values and all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from grader.record import Verdict
from grader.scoring import CREDIT, PLAIN, Scheme
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings

SCALE = (Verdict.CONTRADICTED, Verdict.MISSED, Verdict.PARTIAL, Verdict.MET)
"""The verdicts from worst to best: the opposite said is worse than nothing said."""

MISSING = -1
"""No verdict."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Indices = NDArray[np.intp]


class RaterKind(StrEnum):
    """What a rater is."""

    HUMAN = "human"
    MODEL = "model"


@dataclass(frozen=True)
class Rater:
    """Who rated.

    Attributes:
        repeat: 1 for people and for a model's first grading, 2 and up for its repeats.
    """

    name: str
    kind: RaterKind
    repeat: int = 1

    @property
    def model(self) -> str:
        """The name without the number of the repeat."""
        return self.name.removesuffix(f" #{self.repeat}")


@dataclass(frozen=True, eq=False)
class Panel:
    """All ratings of a team.

    Attributes:
        raters: people first, then models, repeats last; R of them.
        answers: A of them.
        items: I pairs of an answer's index and a key point's id.
        verdicts: I x R, an index into ``SCALE`` or ``MISSING``.
        scores: A x R, per cent, NaN where missing.
        candidate: for each answer the index of its candidate; an answer of nobody known is its
            own candidate. Candidates are what intervals resample.
        weights: weight of each key point, by question id and key point id.
        step: per cent that scores are rounded to where they are counted as equal or adjacent.
    """

    raters: tuple[Rater, ...]
    answers: tuple[AnswerKey, ...]
    items: tuple[tuple[int, str], ...]
    verdicts: Codes
    scores: Floats
    candidate: Indices
    weights: Mapping[str, Mapping[str, float]]
    step: float = 10.0
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    """How the points of a question add up; without one each key point counts for itself."""

    @property
    def humans(self) -> tuple[int, ...]:
        """Indices of the people."""
        return tuple(i for i, r in enumerate(self.raters) if r.kind is RaterKind.HUMAN)

    @property
    def models(self) -> tuple[int, ...]:
        """Indices of the models' first gradings."""
        return tuple(
            i for i, r in enumerate(self.raters) if r.kind is RaterKind.MODEL and r.repeat == 1
        )

    def repeats(self, model: int) -> tuple[int, ...]:
        """Indices of all gradings of the model at index *model*, the first one included."""
        name = self.raters[model].model
        return tuple(
            i for i, r in enumerate(self.raters) if r.kind is RaterKind.MODEL and r.model == name
        )

    @property
    def questions(self) -> tuple[str, ...]:
        """Question ids, in the order read."""
        return tuple(dict.fromkeys(question for question, _ in self.answers))

    @property
    def item_answer(self) -> Indices:
        """For each item the index of its answer."""
        return np.array([answer for answer, _ in self.items], dtype=np.intp)

    def of(self, question: str) -> "Panel":
        """The answers to one question alone."""
        keep = [i for i, (q, _) in enumerate(self.answers) if q == question]
        new = {old: i for i, old in enumerate(keep)}
        rows = [i for i, (answer, _) in enumerate(self.items) if answer in new]
        _, candidate = np.unique(self.candidate[keep], return_inverse=True)
        return Panel(
            raters=self.raters,
            answers=tuple(self.answers[i] for i in keep),
            items=tuple((new[self.items[i][0]], self.items[i][1]) for i in rows),
            verdicts=self.verdicts[rows],
            scores=self.scores[keep],
            candidate=candidate.astype(np.intp),
            weights={question: self.weights[question]},
            step=self.step,
            schemes=self.schemes,
        )

    def whole(self) -> Floats:
        """Score of each candidate over all their answers, per cent, candidates x R.

        Answers count by what their key points are worth. NaN where a rater left an answer out.
        """
        out_of = np.array([self._worth(q) for q, _ in self.answers], dtype=float)
        count = int(self.candidate.max()) + 1
        earned = np.zeros((count, len(self.raters)))
        total = np.zeros(count)
        np.add.at(earned, self.candidate, self.scores * out_of[:, None])
        np.add.at(total, self.candidate, out_of)
        return np.asarray(earned / total[:, None])

    def _worth(self, question: str) -> float:
        scheme, weights = self.schemes.get(question, PLAIN), self.weights[question]
        return scheme.out_of or scheme.earned(list(weights), list(weights.values()))


def build(results: ModelGradings, ratings: Ratings, step: float = 10.0) -> Panel:
    """The panel of people and models."""
    people = sorted({row.rater for row in ratings.rows})
    raters = (*(Rater(name, RaterKind.HUMAN) for name in people), *_models(results))
    answers = results.keys
    items = tuple((i, point) for i, (q, _) in enumerate(answers) for point in results.points[q])
    panel = Panel(
        raters=raters,
        answers=answers,
        items=items,
        verdicts=np.full((len(items), len(raters)), MISSING, dtype=np.int8),
        scores=np.full((len(answers), len(raters)), np.nan),
        candidate=_candidates(results, answers),
        weights=results.points,
        step=step,
        schemes=results.schemes,
    )
    _fill_models(panel, results)
    _fill_people(panel, ratings)
    return panel


def _models(results: ModelGradings) -> tuple[Rater, ...]:
    names = dict.fromkeys(name for names in results.names for name in names)
    raters = [Rater(name, RaterKind.MODEL, _repeat(name, names)) for name in names]
    return tuple(sorted(raters, key=lambda r: r.repeat))


def _repeat(name: str, names: Iterable[str]) -> int:
    stem, mark, number = name.rpartition(" #")
    return int(number) if mark and number.isdecimal() and stem in names else 1


def _candidates(results: ModelGradings, answers: Sequence[AnswerKey]) -> Indices:
    whose = {(g.question, g.answer_id): g.candidate for g in results.grades if g.candidate}
    named = [("candidate", whose[key]) if key in whose else ("answer", key) for key in answers]
    index = {name: i for i, name in enumerate(dict.fromkeys(named))}
    return np.array([index[name] for name in named], dtype=np.intp)


def _fill_models(panel: Panel, results: ModelGradings) -> None:
    column = {rater.name: i for i, rater in enumerate(panel.raters)}
    answer = {key: i for i, key in enumerate(panel.answers)}
    place = {item: i for i, item in enumerate(panel.items)}
    for grade, names in zip(results.grades, results.names, strict=True):
        row = answer[(grade.question, grade.answer_id)]
        for name in names:
            percent = grade.score.percent
            panel.scores[row, column[name]] = np.nan if percent is None else percent
            for point in grade.key_points:
                if point.verdict is not None:
                    code = SCALE.index(point.verdict)
                    panel.verdicts[place[(row, point.id)], column[name]] = code


def _fill_people(panel: Panel, ratings: Ratings) -> None:
    column = {rater.name: i for i, rater in enumerate(panel.raters)}
    answer = {key: i for i, key in enumerate(panel.answers)}
    place = {item: i for i, item in enumerate(panel.items)}
    given: dict[tuple[int, int], float] = {}
    for rating in ratings.rows:
        row, rater = answer[(rating.question, rating.answer_id)], column[rating.rater]
        if rating.verdict is not None and rating.key_point is not None:
            code = SCALE.index(rating.verdict)
            panel.verdicts[place[(row, rating.key_point)], rater] = code
        elif rating.score is not None:
            given[(row, rater)] = rating.score
    panel.scores[:, panel.humans] = added_up(panel)[:, panel.humans]
    for (row, rater), score in given.items():
        panel.scores[row, rater] = score


def added_up(panel: Panel) -> Floats:
    """Score that each rater's verdicts add up to, A x R, per cent; NaN where one is missing."""
    credit = np.array([CREDIT[v] for v in SCALE] + [np.nan])  # MISSING is the last
    weight = np.array([panel.weights[panel.answers[a][0]][p] for a, p in panel.items], dtype=float)
    earned = _together(panel, credit[panel.verdicts] * weight[:, None])
    return np.asarray(np.round(100 * earned / _together(panel, weight[:, None]), 1))


def _together(panel: Panel, each: Floats) -> Floats:
    """What the items of each answer earn together that earn *each* (I x columns) by themselves."""
    earned = np.zeros((len(panel.answers), each.shape[1]))
    np.add.at(earned, panel.item_answer, each)
    grouped = {q for q, scheme in panel.schemes.items() if scheme.groups}
    for answer, (question, _) in enumerate(panel.answers if grouped else ()):
        if question in grouped:
            rows = np.flatnonzero(panel.item_answer == answer)
            names = [panel.items[row][1] for row in rows]
            pools = panel.schemes[question].pools(names)
            earned[answer] = sum(_best(each[rows[places]], enough) for places, enough in pools)
    return earned


def _best(each: Floats, enough: int) -> Floats:
    """The sum of the *enough* largest of each column; NaN where one is missing."""
    return np.asarray(
        np.where(np.isnan(each).any(axis=0), np.nan, np.sort(each, axis=0)[-enough:].sum(axis=0))
    )

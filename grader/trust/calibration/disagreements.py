"""Answers on which a model and people differ, those that change who passes first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from grader.record import Grade, Override, Verdict
from grader.trust.calibration.finding import Disagreement, PassEffect, PointDisagreement
from grader.trust.calibration.outcome import decisions
from grader.trust.calibration.panel import MISSING, SCALE, Panel
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings

_ORDER = (PassEffect.FALSE_PASS, PassEffect.FALSE_FAIL, PassEffect.HUMANS_SPLIT, PassEffect.NONE)
_SPLIT = 100.0


@dataclass(frozen=True)
class Said:
    """What was said beside the verdicts.

    Attributes:
        grades: the record of each answer by model's name.
        notes: by person, question, answer and key point.
        decided: what people decided over the verdicts, by answer and key point.
    """

    grades: Mapping[tuple[str, str, str], Grade]
    notes: Mapping[tuple[str, str, str, str | None], str]
    decided: Mapping[tuple[AnswerKey, str], Override]


def said(results: ModelGradings, ratings: Ratings) -> Said:
    """The records and the notes, to be looked up."""
    grades = {
        (name, grade.question, grade.answer_id): grade
        for grade, names in zip(results.grades, results.names, strict=True)
        for name in names
    }
    notes = {
        (r.rater, r.question, r.answer_id, r.key_point): r.note for r in ratings.rows if r.note
    }
    return Said(grades, notes, decisions(results))


def find(panel: Panel, model: int, mark: float, words: Said) -> tuple[Disagreement, ...]:
    """The disagreements of one model with people at the pass mark *mark*.

    An answer is listed where it is passed by the one and failed by the other, where people split
    over passing it, and where a verdict of the model is not the one of most people.
    """
    items: dict[int, list[int]] = {}
    for item, (answer, _) in enumerate(panel.items):
        items.setdefault(answer, []).append(item)
    found = [
        one
        for answer in range(len(panel.answers))
        if (one := _answer(panel, model, mark, words, answer, items.get(answer, []))) is not None
    ]
    return tuple(sorted(found, key=_order))


def _order(one: Disagreement) -> tuple[int, float, str, str]:
    scores = list(one.human_scores.values())
    apart = _SPLIT
    if scores and one.model_score is not None:
        apart = abs(one.model_score - sum(scores) / len(scores))
    return _ORDER.index(one.effect), -apart, one.question, one.answer_id


def _answer(
    panel: Panel, model: int, mark: float, words: Said, answer: int, items: list[int]
) -> Disagreement | None:
    question, answer_id = panel.answers[answer]
    name = panel.raters[model].name
    grade = words.grades.get((name, question, answer_id))
    if grade is None:
        return None
    own = panel.scores[answer, model]
    people = {
        panel.raters[h].name: float(panel.scores[answer, h])
        for h in panel.humans
        if np.isfinite(panel.scores[answer, h])
    }
    points = tuple(_points(panel, model, items, grade, words))
    effect = _effect(float(own), list(people.values()), mark)
    if effect is PassEffect.NONE and not points:
        return None
    return Disagreement(
        question=question,
        answer_id=answer_id,
        model=name,
        model_score=float(own) if np.isfinite(own) else None,
        human_scores=people,
        effect=effect,
        digest=grade.digests.answer,
        points=points,
    )


def _effect(model: float, people: list[float], mark: float) -> PassEffect:
    if not people or not np.isfinite(model):
        return PassEffect.NONE
    passes = sum(people) / len(people) >= mark
    if (model >= mark) != passes:
        return PassEffect.FALSE_FAIL if passes else PassEffect.FALSE_PASS
    split = len({score >= mark for score in people}) > 1
    return PassEffect.HUMANS_SPLIT if split else PassEffect.NONE


def _points(
    panel: Panel, model: int, items: list[int], grade: Grade, words: Said
) -> Iterator[PointDisagreement]:
    graded = {point.id: point for point in grade.key_points}
    for item in items:
        people = {h: int(panel.verdicts[item, h]) for h in panel.humans}
        people = {h: code for h, code in people.items() if code != MISSING}
        own = int(panel.verdicts[item, model])
        if not people or own == MISSING or 2 * sum(c == own for c in people.values()) > len(people):
            continue
        _, name = panel.items[item]
        point = graded[name]
        where = (grade.question, grade.answer_id, name)
        settled = words.decided.get((where[:2], name))
        notes = {
            panel.raters[h].name: words.notes.get((panel.raters[h].name, *where)) for h in people
        }
        yield PointDisagreement(
            id=name,
            weight=point.weight,
            model=Verdict(SCALE[own]),
            decided=settled.verdict if settled else None,
            humans={panel.raters[h].name: SCALE[code] for h, code in people.items()},
            notes={who: note for who, note in notes.items() if note},
            evidence=point.evidence,
            reason=point.reason,
            cause=point.cause,
        )

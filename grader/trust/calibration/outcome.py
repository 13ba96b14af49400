"""What people decided after rating, in the team's own outcome.

Agreement of a model with people is measured on what each gave, never on what was decided with the
model's verdict in view: that would be circular. The mean score and pass rate that the team gives
are its outcome: there a decision on a key point takes the place of what each person gave for it.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from grader.decision import latest
from grader.record import Override
from grader.trust.calibration.panel import MISSING, SCALE, Panel, added_up
from grader.trust.calibration.results import AnswerKey, ModelGradings


def decisions(results: ModelGradings) -> dict[tuple[AnswerKey, str], Override]:
    """Returns what people decided, by answer and key point; of several the latest counts."""
    on_answer: dict[AnswerKey, list[Override]] = {}
    for grade in results.grades:
        on_answer.setdefault((grade.question, grade.answer_id), []).extend(grade.overrides)
    return {
        (key, point): override
        for key, overrides in on_answer.items()
        for point, override in latest(overrides).items()
    }


def as_decided(panel: Panel, results: ModelGradings) -> Panel:
    """Returns the panel with what was decided in place of what people gave for the same key point.

    What nobody rated stays unrated, scores given as a whole stay as given, and models' columns
    stay theirs.
    """
    changed = list(_changed(panel, results))
    if not changed:
        return panel
    people = list(panel.humans)
    verdicts = panel.verdicts.copy()
    for item, code in changed:
        given = [h for h in people if verdicts[item, h] != MISSING]
        verdicts[item, given] = code
    before, now = added_up(panel), added_up(replace(panel, verdicts=verdicts))
    scores = panel.scores.copy()
    by_verdicts = np.isclose(scores[:, people], before[:, people])
    scores[:, people] = np.where(by_verdicts, now[:, people], scores[:, people])
    return replace(panel, verdicts=verdicts, scores=scores)


def _changed(panel: Panel, results: ModelGradings) -> Iterator[tuple[int, int]]:
    """Items that were decided, with the place of the verdict on the scale."""
    decided = decisions(results)
    for item, (answer, point) in enumerate(panel.items if decided else ()):
        if override := decided.get((panel.answers[answer], point)):
            yield item, SCALE.index(override.verdict)

"""Key points: which are clear, which people read in two ways, which the model misreads."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from grader.record import Verdict
from grader.stats.arrays import Clusters, Floats, divide, sum_by
from grader.stats.many_raters import gwet_ac
from grader.stats.many_raters import panel as counts_of
from grader.stats.statistic import Statistic as Sampled
from grader.stats.statistic import statistic
from grader.trust.calibration.disagreements import Said
from grader.trust.calibration.finding import PointDiagnosis, PointLabel, RaterQuotation
from grader.trust.calibration.measure import Counted, Sampling, estimates
from grader.trust.calibration.panel import MISSING, SCALE, Codes, Indices, Panel
from grader.trust.calibration.thresholds import Thresholds
from grader.trust.calibration.values import Estimate

_Line = Literal["met", "partial", "missed", "claim"]
_CODES = {verdict: code for code, verdict in enumerate(SCALE)}


@dataclass(frozen=True, eq=False)
class _Point:
    """One key point's rows of the panel."""

    question: str
    id: str
    items: Indices
    clusters: Clusters


def diagnose(
    panel: Panel, words: Said, thresholds: Thresholds, how: Sampling
) -> tuple[PointDiagnosis, ...]:
    """Every key point that anybody rated, in the order of the rubrics."""
    points = _points(panel)
    wanted: dict[tuple[int, str], Counted] = {}
    for number, point in enumerate(points):
        wanted |= {(number, name): one for name, one in _figures(panel, point).items()}
    found = estimates(wanted, how)
    return tuple(
        _diagnosis(
            panel, point, {k[1]: v for k, v in found.items() if k[0] == number}, words, thresholds
        )
        for number, point in enumerate(points)
    )


def _points(panel: Panel) -> list[_Point]:
    rows: dict[tuple[str, str], list[int]] = {}
    for item, (answer, name) in enumerate(panel.items):
        rows.setdefault((panel.answers[answer][0], name), []).append(item)
    found = []
    for (question, name), items in rows.items():
        index = np.array(items, dtype=np.intp)
        if (panel.verdicts[index][:, panel.humans] != MISSING).any():
            # Clusters are numbered as in the whole panel, so that all points share their draws.
            codes = panel.candidate[panel.item_answer[index]].astype(np.int64)
            clusters = Clusters(codes, int(panel.candidate.max()) + 1)
            found.append(_Point(question, name, index, clusters))
    return found


def _figures(panel: Panel, point: _Point) -> dict[str, Counted]:
    humans, verdicts = list(panel.humans), panel.verdicts[point.items]
    people = verdicts[:, humans]
    ratings = np.where(people == MISSING, np.nan, people.astype(np.float64))
    given = people != MISSING
    met = np.column_stack([given.sum(axis=1), (people == _CODES[Verdict.MET]).sum(axis=1)])
    levels = tuple(float(i) for i in range(len(SCALE)))
    ac1 = gwet_ac(counts_of(ratings, levels, point.clusters))
    several = given.sum(axis=1) >= 2
    found = {
        "met": _share(met.astype(np.float64), point),
        "agree": _pairs(verdicts, list(combinations(humans, 2)), point),
        "ac1": Counted(ac1, int(several.sum()), len(np.unique(point.clusters.codes[several]))),
    }
    flips: list[tuple[int, int]] = []
    for model in panel.models:
        with_people = [(human, model) for human in humans]
        found[f"model {panel.raters[model].name}"] = _pairs(verdicts, with_people, point)
        flips += list(combinations(panel.repeats(model), 2))
    found["flips"] = _pairs(verdicts, flips, point, differ=True)
    return found


def _pairs(
    verdicts: Codes, pairs: list[tuple[int, int]], point: _Point, *, differ: bool = False
) -> Counted:
    """Share of pairs of verdicts on one answer that are the same (or that differ)."""
    rows = np.zeros((len(verdicts), 2))
    for first, second in pairs:
        a, b = verdicts[:, first], verdicts[:, second]
        both = (a != MISSING) & (b != MISSING)
        rows[:, 0] += both
        rows[:, 1] += both & ((a != b) if differ else (a == b))
    return _share(rows, point)


def _share(rows: Floats, point: _Point) -> Counted:
    n = int(rows[:, 0].sum())
    sampled: Sampled | None = statistic(sum_by(rows, point.clusters), _ratio) if n else None
    clusters = len(np.unique(point.clusters.codes[rows[:, 0] > 0]))
    return Counted(sampled, n, clusters, share=True)


def _ratio(sums: Floats) -> Floats:
    return divide(sums[..., 1], sums[..., 0])


def _diagnosis(
    panel: Panel, point: _Point, figures: dict[str, Estimate], words: Said, thresholds: Thresholds
) -> PointDiagnosis:
    models = {k.removeprefix("model "): v for k, v in figures.items() if k.startswith("model ")}
    labels = _labels(figures, models, thresholds)
    first, second = _split(panel, point, misread=PointLabel.MISREAD in labels)
    quotations = _quotations(panel, point, words, first, second)
    shown = not {PointLabel.AMBIGUOUS, PointLabel.MISREAD}.isdisjoint(labels)
    return PointDiagnosis(
        question=point.question,
        id=point.id,
        weight=panel.weights[point.question][point.id],
        labels=labels,
        met=figures["met"],
        humans_agree=figures["agree"],
        humans_ac1=figures["ac1"],
        models_agree=models,
        flips=figures["flips"],
        quotations=quotations if shown else (),
        reword=_line(panel, point) if shown else None,
    )


def _labels(
    figures: dict[str, Estimate], models: dict[str, Estimate], limits: Thresholds
) -> tuple[PointLabel, ...]:
    def known(one: Estimate) -> float | None:
        return one.value if one.n >= limits.least_verdicts else None

    people, met, flips = (known(figures[name]) for name in ("agree", "met", "flips"))
    found = []
    split = people is not None and people < limits.ambiguous_below
    if split:
        found.append(PointLabel.AMBIGUOUS)
    elif any(v is not None and v < limits.misread_below for v in map(known, models.values())):
        found.append(PointLabel.MISREAD)
    if met is not None and met > limits.easy_above:
        found.append(PointLabel.TOO_EASY)
    if met is not None and met < limits.hard_below:
        found.append(PointLabel.TOO_HARD)
    if flips is not None and flips > limits.unstable_above:
        found.append(PointLabel.UNSTABLE)
    nothing_known = people is None and all(known(m) is None for m in models.values())
    return tuple(found) or ((PointLabel.TOO_FEW,) if nothing_known else (PointLabel.CLEAR,))


_Place = tuple[int, int]
"""An item and a rater."""


def _split(panel: Panel, point: _Point, *, misread: bool) -> tuple[_Place | None, _Place | None]:
    """The two ratings of one answer that lie furthest apart: of people, or of model and person."""
    best: tuple[int, _Place | None, _Place | None] = (0, None, None)
    for item in map(int, point.items):
        row = panel.verdicts[item]
        people = [h for h in panel.humans if row[h] != MISSING]
        others = [m for m in panel.models if row[m] != MISSING] if misread else people
        for first in people:
            for second in others:
                apart = abs(int(row[first]) - int(row[second]))
                if apart > best[0]:
                    best = (apart, (item, first), (item, second))
    return best[1], best[2]


def _quotations(
    panel: Panel, point: _Point, words: Said, *places: _Place | None
) -> tuple[RaterQuotation, ...]:
    found = []
    for place in places:
        if place is None:
            continue
        item, rater = place
        question, answer_id = panel.answers[panel.items[item][0]]
        name = panel.raters[rater].name
        text = words.notes.get((name, question, answer_id, point.id), "")
        grade = words.grades.get((name, question, answer_id))
        if grade is not None:
            graded = next(p for p in grade.key_points if p.id == point.id)
            text = " … ".join(e.text for e in graded.evidence) or graded.reason
        verdict = SCALE[int(panel.verdicts[item, rater])]
        found.append(RaterQuotation(answer_id=answer_id, rater=name, verdict=verdict, text=text))
    return tuple(found)


def _line(panel: Panel, point: _Point) -> _Line | None:
    """The rubric's line between the two verdicts that are most often given for one another."""
    splits: Counter[tuple[int, int]] = Counter()
    raters = [*panel.humans, *panel.models]
    for row in panel.verdicts[point.items][:, raters]:
        for first, second in combinations([int(c) for c in row if c != MISSING], 2):
            if first != second:
                splits[min(first, second), max(first, second)] += 1
    if not splits:
        return None
    low, high = (SCALE[code] for code in splits.most_common(1)[0][0])
    if low is Verdict.CONTRADICTED:
        return "missed" if high is Verdict.MISSED else "claim"
    return "partial" if Verdict.PARTIAL in (low, high) else "met"

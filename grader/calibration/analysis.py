"""The whole report from ratings and records: pure computation, nothing read and nothing shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from grader.calibration import groups as grouping
from grader.calibration import passmark, provenance
from grader.calibration.compare import Comparison
from grader.calibration.diagnosis import diagnose
from grader.calibration.disagreements import find, said
from grader.calibration.finding import GroupTable
from grader.calibration.levels import level
from grader.calibration.measure import Counted, Sampling, counted, estimates
from grader.calibration.model import (
    BlandAltmanPoint,
    Estimate,
    Level,
    LevelName,
    Pair,
    Spread,
    Statistic,
)
from grader.calibration.panel import Panel, build
from grader.calibration.ratings import Ratings
from grader.calibration.report import Calibration
from grader.calibration.results import Results
from grader.calibration.severity import adjusted, severities
from grader.calibration.table import Table, scores, verdicts, whole
from grader.calibration.thresholds import Thresholds
from grader.calibration.trust import Decision
from grader.calibration.verdict import Shared, decide

_BINS = 10
_DIGITS = 6


@dataclass(frozen=True)
class Given:
    """What a report is made from.

    Attributes:
        mark: the pass mark in use, per cent; None proposes one.
        digests: of the ratings file and the results files.
        rasch: fit the many-facet Rasch model, too.
    """

    results: Results
    ratings: Ratings
    thresholds: Thresholds
    groups: grouping.Groups | None = None
    mark: float | None = None
    sampling: Sampling = field(default_factory=Sampling)
    digests: tuple[str, str] = ("", "")
    rasch: bool = False


def calibrate(given: Given) -> Calibration:
    """The report."""
    how, limits = given.sampling, given.thresholds
    panel = build(given.results, given.ratings, limits.score_step)
    table = scores(panel)
    words = said(given.results, given.ratings)
    levels = tuple(_levels(panel, how))
    marks = {
        m: passmark.sweep(table, m, panel.raters[m].name, given.mark, how) for m in panel.models
    }
    by_group: tuple[GroupTable, ...] = ()
    if given.groups is not None:
        used = {m: one.mark for m, one in marks.items()}
        by_group = grouping.tables(
            panel, given.results, given.groups, used, limits.least_group, how
        )
    return Calibration(
        raters=_raters(panel),
        decisions=tuple(decisions(panel, levels, by_group, limits)),
        levels=levels,
        pairs=tuple(_pairs(panel, how)),
        severity=severities(panel, table, how, rasch=given.rasch),
        adjusted=adjusted(panel, table),
        points=diagnose(panel, words, limits, how),
        pass_marks=tuple(marks.values()),
        disagreements=tuple(d for m, one in marks.items() for d in find(panel, m, one.mark, words)),
        bland_altman={panel.raters[m].name: _bland_altman(table, m) for m in panel.models},
        spreads=tuple(_spreads(panel)),
        groups=by_group,
        provenance=provenance.of(given.results, given.ratings, panel, limits, how, given.digests),
    )


def _levels(panel: Panel, how: Sampling) -> Iterator[Level]:
    names = [rater.name for rater in panel.raters]
    yield level(verdicts(panel), None, names, how)
    yield level(scores(panel), None, names, how)
    if len(panel.answers) > int(panel.candidate.max()) + 1:
        yield level(whole(panel), None, names, how)
    if len(panel.questions) > 1:
        for question in panel.questions:
            part = panel.of(question)
            yield level(verdicts(part), question, names, how)
            yield level(scores(part), question, names, how)


def decisions(
    panel: Panel, levels: Sequence[Level], by_group: Sequence[GroupTable], limits: Thresholds
) -> Iterator[Decision]:
    """On every model: overall, then on each question that *levels* hold."""
    found = {(one.name, one.question): one for one in levels}
    questions = [None, *dict.fromkeys(one.question for one in levels if one.question)]
    for column in panel.models:
        name = panel.raters[column].name
        for question in questions:
            part = panel if question is None else panel.of(question)
            at = _level_to_decide_on(part, column)
            figures = _figures(found[at, question], name)
            shift = grouping.worst(by_group, name, limits.least_group)
            if question is None and shift is not None:
                figures["subgroup"] = shift
            yield decide(name, question, _shared(part, column, at), figures, limits)


def _level_to_decide_on(panel: Panel, model: int) -> LevelName:
    """Scores of answers; verdicts where people rated too few key points for scores."""
    people = np.isfinite(panel.scores[:, panel.humans]).any(axis=1)
    both = people & np.isfinite(panel.scores[:, model])
    return LevelName.QUESTION if both.any() else LevelName.VERDICT


def _figures(at: Level, model: str) -> dict[str, Estimate]:
    own = next(m for m in at.models if m.model == model)
    return {
        "qwk": own.agreement[Statistic.QWK],
        "pearson": own.agreement[Statistic.PEARSON],
        "degradation-qwk": own.degradation[Statistic.QWK],
        "degradation-pearson": own.degradation[Statistic.PEARSON],
        "smd": own.agreement[Statistic.SMD],
        "human-exact": at.human[Statistic.EXACT],
        "human-adjacent": at.human[Statistic.ADJACENT],
    }


def _shared(panel: Panel, model: int, at: LevelName) -> Shared:
    if at is LevelName.QUESTION:
        given, answers = np.isfinite(panel.scores), np.arange(len(panel.answers))
    else:
        given, answers = panel.verdicts >= 0, panel.item_answer
    shared = given[:, panel.humans] & given[:, [model]]
    found = np.unique(answers[shared.any(axis=1)])
    return Shared(
        answers=len(found),
        candidates=len(np.unique(panel.candidate[found])),
        humans=int(shared.any(axis=0).sum()),
    )


def _pairs(panel: Panel, how: Sampling) -> Iterator[Pair]:
    """Every two raters, models' repeats left out: by verdicts, or by scores where these lack."""
    columns = [*panel.humans, *panel.models]
    by_verdict, by_score = Comparison(verdicts(panel)), Comparison(scores(panel))
    wanted: dict[tuple[int, int, Statistic], Counted] = {}
    for first, second in combinations(columns, 2):
        use = by_verdict if by_verdict.shared(first, second).any() else by_score
        for name in (Statistic.EXACT, Statistic.QWK):
            shared = use.shared(first, second)
            one = use.of((first, second), name) if shared.any() else None
            wanted[first, second, name] = counted(one, shared, use.table.clusters)
    found = estimates(wanted, how)
    for first, second in combinations(columns, 2):
        yield Pair(
            first=panel.raters[first].name,
            second=panel.raters[second].name,
            exact=found[first, second, Statistic.EXACT],
            qwk=found[first, second, Statistic.QWK],
        )


def _raters(panel: Panel) -> dict[str, int]:
    rated = np.isfinite(panel.scores)
    for item, (answer, _) in enumerate(panel.items):
        rated[answer] |= panel.verdicts[item] >= 0
    return {rater.name: int(rated[:, i].sum()) for i, rater in enumerate(panel.raters)}


def _bland_altman(table: Table, model: int) -> tuple[BlandAltmanPoint, ...]:
    humans, own = table.reference, table.values[:, model]
    both = np.isfinite(humans) & np.isfinite(own)
    return tuple(
        BlandAltmanPoint(mean=round((h + m) / 2, _DIGITS), difference=round(m - h, _DIGITS))
        for h, m in zip(humans[both].tolist(), own[both].tolist(), strict=True)
    )


def _spreads(panel: Panel) -> Iterator[Spread]:
    for column in (*panel.humans, *panel.models):
        values = panel.scores[:, column]
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        bins = np.bincount(np.minimum(values // _BINS, _BINS - 1).astype(int), minlength=_BINS)
        sd = round(float(values.std(ddof=1)), _DIGITS) if len(values) > 1 else None
        yield Spread(
            rater=panel.raters[column].name,
            kind=panel.raters[column].kind.value,
            n=len(values),
            mean=round(float(values.mean()), _DIGITS),
            sd=sd,
            histogram=tuple(int(b) for b in bins),
        )

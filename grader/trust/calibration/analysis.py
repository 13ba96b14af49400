"""The whole report from ratings and records: pure computation, nothing read and nothing shown.

With what it was made from: so that it can be made again, and doubted in the right place.
"""

import hashlib
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

from grader import __version__
from grader.errors import BadInput
from grader.trust.calibration import groups as grouping
from grader.trust.calibration import pass_mark
from grader.trust.calibration.compare import Comparison, level
from grader.trust.calibration.decide import Shared, decide
from grader.trust.calibration.disagreements import find, said
from grader.trust.calibration.finding import Calibration, GroupTable
from grader.trust.calibration.key_points import diagnose
from grader.trust.calibration.measure import (
    Counted,
    Sampling,
    ValueTable,
    counted,
    estimates,
    scores,
    verdicts,
    whole,
)
from grader.trust.calibration.panel import MISSING, Panel, build
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import ModelGradings
from grader.trust.calibration.severity import adjusted, severities
from grader.trust.calibration.team import Drawn, team_estimates
from grader.trust.calibration.thresholds import Thresholds
from grader.trust.calibration.values import (
    BlandAltmanPoint,
    Decision,
    Estimate,
    LevelAgreement,
    LevelName,
    Pair,
    Provenance,
    Spread,
    StatisticName,
)


def digest(paths: Sequence[Path]) -> str:
    """``sha256:`` of the files' bytes, one after the other."""
    found = hashlib.sha256()
    for path in paths:
        try:
            found.update(path.read_bytes())
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error}") from None
    return f"sha256:{found.hexdigest()}"


def of(
    results: ModelGradings,
    ratings: Ratings,
    panel: Panel,
    thresholds: Thresholds,
    how: Sampling,
    digests: tuple[str, str],
) -> Provenance:
    """The provenance of a report; *digests* are of the ratings and of the results."""
    rubrics: dict[str, dict[str, None]] = {}
    models: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for grade, names in zip(results.grades, results.names, strict=True):
        rubrics.setdefault(grade.question, {})[grade.digests.rubric] = None
        if grade.judge.kind != "code":
            models |= dict.fromkeys(names, grade.judge.replied or grade.judge.model)
            kinds |= dict.fromkeys(names, grade.judge.kind)
    rated = [row.rated_at for row in ratings.rows if row.rated_at]
    graded = [grade.graded_at for grade in results.grades]
    ungraded = int((panel.verdicts[:, panel.models] == MISSING).sum())
    return Provenance(
        ratings=digests[0],
        results=digests[1],
        models=models,
        kinds=kinds,
        rubrics={question: tuple(found) for question, found in rubrics.items()},
        prompts=tuple(dict.fromkeys(g.digests.prompt for g in results.grades if g.digests.prompt)),
        graded_from=min(graded),
        graded_to=max(graded),
        rated_from=min(rated, default=None),
        rated_to=max(rated, default=None),
        versions={
            "grade": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        excluded={**ratings.left_out, "incomplete": _incomplete(panel), "ungraded": ungraded},
        thresholds=thresholds.flat(),
        seed=how.seed,
        samples=how.samples,
    )


def _incomplete(panel: Panel) -> int:
    """Scores of people that cannot be added up, as they gave some verdicts but not all."""
    begun = np.zeros(panel.scores.shape, dtype=bool)
    np.logical_or.at(begun, panel.item_answer, panel.verdicts != MISSING)
    people = list(panel.humans)
    return int((begun & np.isnan(panel.scores))[:, people].sum())


_BINS = 10
_DIGITS = 6


@dataclass(frozen=True)
class Given:
    """What a report is made from.

    Attributes:
        mark: the pass mark in use, per cent; None proposes one.
        digests: of the ratings file and the results files.
        rasch: fit the many-facet Rasch model, too.
        drawn: the sampling plan that people rated by.
    """

    results: ModelGradings
    ratings: Ratings
    thresholds: Thresholds
    groups: grouping.Groups | None = None
    mark: float | None = None
    sampling: Sampling = field(default_factory=Sampling)
    digests: tuple[str, str] = ("", "")
    rasch: bool = False
    drawn: Drawn | None = None


def analyse(given: Given) -> Calibration:
    """The report."""
    how, limits = given.sampling, given.thresholds
    panel = build(given.results, given.ratings, limits.score_step)
    table = scores(panel)
    words = said(given.results, given.ratings)
    levels = tuple(_levels(panel, how))
    marks = {
        m: pass_mark.sweep(table, m, panel.raters[m].name, given.mark, how) for m in panel.models
    }
    used = {m: one.mark for m, one in marks.items()}
    by_group: tuple[GroupTable, ...] = ()
    if given.groups is not None:
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
        team=team_estimates(panel, given.results, used, limits.least_answers, given.drawn),
        provenance=of(given.results, given.ratings, panel, limits, how, given.digests),
    )


def _levels(panel: Panel, how: Sampling) -> Iterator[LevelAgreement]:
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
    panel: Panel,
    levels: Sequence[LevelAgreement],
    by_group: Sequence[GroupTable],
    limits: Thresholds,
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


def _figures(at: LevelAgreement, model: str) -> dict[str, Estimate]:
    own = next(m for m in at.models if m.model == model)
    return {
        "qwk": own.agreement[StatisticName.QWK],
        "pearson": own.agreement[StatisticName.PEARSON],
        "degradation-qwk": own.degradation[StatisticName.QWK],
        "degradation-pearson": own.degradation[StatisticName.PEARSON],
        "smd": own.agreement[StatisticName.SMD],
        "human-exact": at.human[StatisticName.EXACT],
        "human-adjacent": at.human[StatisticName.ADJACENT],
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
    wanted: dict[tuple[int, int, StatisticName], Counted] = {}
    for first, second in combinations(columns, 2):
        use = by_verdict if by_verdict.shared(first, second).any() else by_score
        for name in (StatisticName.EXACT, StatisticName.QWK):
            shared = use.shared(first, second)
            one = use.of((first, second), name) if shared.any() else None
            wanted[first, second, name] = counted(one, shared, use.table.clusters)
    found = estimates(wanted, how)
    for first, second in combinations(columns, 2):
        yield Pair(
            first=panel.raters[first].name,
            second=panel.raters[second].name,
            exact=found[first, second, StatisticName.EXACT],
            qwk=found[first, second, StatisticName.QWK],
        )


def _raters(panel: Panel) -> dict[str, int]:
    rated = np.isfinite(panel.scores)
    for item, (answer, _) in enumerate(panel.items):
        rated[answer] |= panel.verdicts[item] >= 0
    return {rater.name: int(rated[:, i].sum()) for i, rater in enumerate(panel.raters)}


def _bland_altman(table: ValueTable, model: int) -> tuple[BlandAltmanPoint, ...]:
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

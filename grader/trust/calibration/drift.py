"""Did the model, the rubric or the prompt move between two gradings of the same answers?

That no difference was found proves nothing where little was looked at. So "the same" is a claim
of its own, tested by two one-sided tests (Schuirmann 1987): the mean shift lies within the margin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from pydantic import ConfigDict, Field

from grader.errors import BadInput
from grader.record import Grade, Points, Verdict
from grader.stats import change, scores, two_raters
from grader.stats.arrays import Clusters, Floats
from grader.trust.calibration.measure import Counted, Sampling, estimates, rounded
from grader.trust.calibration.panel import SCALE
from grader.trust.calibration.results import AnswerKey, ModelGradings
from grader.trust.calibration.values import Estimate, Part

_SIGNIFICANT = 0.05


class Moved(StrEnum):
    """What the comparison shows."""

    SAME = "same"
    """The shift is within the margin, and neither verdicts nor passes moved."""
    MOVED = "moved"
    UNPROVEN = "unproven"
    """No movement was found, but too little was compared to rule it out."""


class Flip(Part):
    """One answer that passes in one grading and fails in the other."""

    question: str
    answer_id: str
    before: float
    after: float


class VerdictChange(Part):
    """One verdict that changed."""

    question: str
    answer_id: str
    key_point: str
    weight: Points
    before: Verdict
    after: Verdict


class Drift(Part):
    """Two gradings of the same answers, compared."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["drift/1"] = Field(default="drift/1", alias="schema")
    before: str
    """The model's name in the old results."""
    after: str
    moved: Moved
    answers: int
    """In both, with a score in both."""
    only_before: int
    only_after: int
    changed: dict[str, int]
    """How many answers were graded with another ``model``, ``replied``, ``rubric`` or
    ``prompt``; ``text`` counts answers whose text differs, which are left out."""
    shift: Estimate
    """Mean of new less old, per cent."""
    shift_p: float | None
    margin: float
    equivalence_p: float | None
    equivalent: bool | None
    mark: float
    gained: int
    """Answers that newly pass."""
    lost: int
    pass_p: float | None
    """Exact McNemar test."""
    verdicts: int
    verdicts_changed: int
    verdict_p: float | None
    """Stuart-Maxwell test: do the verdicts have the same shares?"""
    flips: tuple[Flip, ...]
    changes: tuple[VerdictChange, ...]

    def to_json(self, indent: int | None = 2) -> str:
        """The comparison as JSON."""
        return self.model_dump_json(by_alias=True, indent=indent)


@dataclass(frozen=True)
class _Both:
    key: AnswerKey
    before: Grade
    after: Grade


def compare(
    old: ModelGradings, new: ModelGradings, mark: float, margin: float, how: Sampling
) -> tuple[Drift, ...]:
    """Every model of both results against itself; two lone models of any name, too.

    Args:
        mark: pass mark, per cent.
        margin: the mean shift, in per cent of the score, that would not matter.

    Raises:
        BadInput: no model stands in both, or no answer does.
    """
    first, second = _gradings(old), _gradings(new)
    names = [(name, name) for name in first if name in second]
    if len(first) == len(second) == 1:
        names = [(next(iter(first)), next(iter(second)))]
    if not names:
        raise BadInput(
            f"no model stands in both results: {', '.join(first)} in the old,"
            f" {', '.join(second)} in the new; give one model's results in each"
        )
    return tuple(_drift(a, b, first[a], second[b], mark, margin, how) for a, b in names)


def _gradings(results: ModelGradings) -> dict[str, dict[AnswerKey, Grade]]:
    """First gradings by model's name and answer."""
    found: dict[str, dict[AnswerKey, Grade]] = {}
    for grade, names in zip(results.grades, results.names, strict=True):
        for name in names:
            found.setdefault(name, {})[grade.question, grade.answer_id] = grade
    return {name: graded for name, graded in found.items() if name.rpartition(" #")[0] not in found}


def _drift(
    before: str,
    after: str,
    old: Mapping[AnswerKey, Grade],
    new: Mapping[AnswerKey, Grade],
    mark: float,
    margin: float,
    how: Sampling,
) -> Drift:
    shared = [_Both(key, old[key], new[key]) for key in old if key in new]
    both = [b for b in shared if b.before.digests.answer == b.after.digests.answer]
    if not both:
        raise BadInput("no answer was graded in both results; drift compares the same answers")
    values = _scores(both)
    scored = np.isfinite(values).all(axis=1)
    clusters, means = _by_candidate(both, values)
    shift = change.paired_shift(means[:, 0], means[:, 1])
    tost = change.equivalence(means[:, 0], means[:, 1], margin)
    passes = change.mcnemar(*_passes(values, mark))
    verdicts = _changes(both)
    table = change.stuart_maxwell(_table(verdicts))
    mean = scores.mean_difference(scores.score_pairs(values[:, 0], values[:, 1], clusters))
    counted = Counted(mean, int(scored.sum()), len(np.unique(clusters.codes[scored])))
    changed = tuple(v for v in verdicts if v.before is not v.after)
    return Drift(
        before=before,
        after=after,
        moved=_moved(tost.equivalent, shift.p, [passes.exact_p, table.p]),
        answers=int(scored.sum()),
        only_before=len(old) - len(shared),
        only_after=len(new) - len(shared),
        changed={**_changed(both), "text": len(shared) - len(both)},
        shift=estimates({0: counted}, how)[0],
        shift_p=rounded(shift.p),
        margin=margin,
        equivalence_p=rounded(tost.p),
        equivalent=tost.equivalent,
        mark=mark,
        gained=passes.gained,
        lost=passes.lost,
        pass_p=rounded(passes.exact_p),
        verdicts=len(verdicts),
        verdicts_changed=len(changed),
        verdict_p=rounded(table.p),
        flips=tuple(_flips(both, values, mark)),
        changes=tuple(sorted(changed, key=lambda v: -v.weight)),
    )


def _moved(equivalent: bool | None, shift_p: float | None, tests: list[float | None]) -> Moved:
    """A shift within the margin may be significant and still not matter; a changed share of
    passes or verdicts matters whatever the mean does. The tests share one false discovery rate."""
    known = [p for p in (*tests, shift_p) if p is not None]
    adjusted = dict(zip(known, change.benjamini_hochberg(known), strict=True))
    if any(p is not None and adjusted[p] < _SIGNIFICANT for p in tests):
        return Moved.MOVED
    if equivalent:
        return Moved.SAME
    significant = shift_p is not None and adjusted[shift_p] < _SIGNIFICANT
    return Moved.MOVED if significant else Moved.UNPROVEN


def _scores(both: list[_Both]) -> Floats:
    percents = [(b.before.score.percent, b.after.score.percent) for b in both]
    return np.array([[np.nan if p is None else p for p in pair] for pair in percents])


def _by_candidate(both: list[_Both], values: Floats) -> tuple[Clusters, Floats]:
    """Each candidate's mean scores before and after: several answers of one person are one."""
    names = [("c", b.before.candidate) if b.before.candidate else ("a", *b.key) for b in both]
    index = {name: i for i, name in enumerate(dict.fromkeys(names))}
    codes = np.array([index[name] for name in names], dtype=np.int64)
    scored = np.isfinite(values).all(axis=1)
    count = np.bincount(codes[scored], minlength=len(index)).astype(np.float64)
    count[count == 0] = np.nan
    sums = [np.bincount(codes[scored], values[scored, i], len(index)) for i in range(2)]
    return Clusters(codes, len(index)), np.stack(sums, axis=1) / count[:, None]


def _passes(values: Floats, mark: float) -> tuple[Floats, Floats]:
    passes = np.where(np.isfinite(values), (values >= mark).astype(np.float64), np.nan)
    return passes[:, 0], passes[:, 1]


def _changes(both: list[_Both]) -> list[VerdictChange]:
    found = []
    for one in both:
        after = {point.id: point.verdict for point in one.after.key_points}
        for point in one.before.key_points:
            now = after.get(point.id)
            if point.verdict is not None and now is not None:
                found.append(
                    VerdictChange(
                        question=one.key[0],
                        answer_id=one.key[1],
                        key_point=point.id,
                        weight=point.weight,
                        before=point.verdict,
                        after=now,
                    )
                )
    return found


def _table(verdicts: list[VerdictChange]) -> two_raters.Pairs:
    first = [SCALE.index(v.before) for v in verdicts]
    second = [SCALE.index(v.after) for v in verdicts]
    return two_raters.pairs(first, second, range(len(SCALE)))


def _changed(both: list[_Both]) -> dict[str, int]:
    def count(name: str) -> int:
        def of(grade: Grade) -> object:
            judge, digests = grade.judge, grade.digests
            found = {
                "model": (judge.model, judge.ask, judge.endpoint, judge.parameters),
                "replied": judge.replied,
                "rubric": digests.rubric,
                "prompt": digests.prompt,
            }
            return found[name]

        return sum(of(b.before) != of(b.after) for b in both)

    return {name: count(name) for name in ("model", "replied", "rubric", "prompt")}


def _flips(both: list[_Both], values: Floats, mark: float) -> list[Flip]:
    return [
        Flip(question=one.key[0], answer_id=one.key[1], before=float(before), after=float(after))
        for one, (before, after) in zip(both, values, strict=True)
        if np.isfinite(before + after) and (before >= mark) != (after >= mark)
    ]

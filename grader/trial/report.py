"""What the trials of a judge add up to: agreement with the labels, by level, and the differences.

An ungraded key point is never right: it counts against accuracy and recall, and is left out of
kappa, which needs two verdicts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.labelled import Label
from grader.record import Cause, JudgeInfo, PointGrade, Usage, Verdict
from grader.trial.rows import Row, rows, total_usage
from grader.trial.run import Trial

UNGRADED = "ungraded"
LEVELS = tuple(verdict.value for verdict in Verdict)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Part):
    """How many of how many."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.right / self.of if self.of else None


class Estimate(_Part):
    """A statistic with its 95 % interval, resampled by answer; None where not estimable."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Difference(_Part):
    """A verdict that is not the label, with the reasons of both sides."""

    question: str
    answer: str
    key_point: str
    label: Verdict
    why: str
    verdict: Verdict | None
    confidence: float | None
    reason: str
    evidence: tuple[str, ...]
    cause: Cause | None


class Stability(_Part):
    """How often the judge says the same again."""

    repeats: int
    same: Share
    """Key points with the same verdict in every repeat."""
    accuracy: tuple[float, ...]
    """Of each repeat."""


class Report(_Part):
    """A judge on labelled answers. The figures are of the first repeat but for ``stability``."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["rubric-test/1"] = Field(default="rubric-test/1", alias="schema")
    judge: JudgeInfo
    answers: int
    labels: int
    ungraded: int
    accuracy: Estimate
    kappa: Estimate
    """Cohen's kappa over the four verdicts."""
    credit_kappa: Estimate
    """Quadratic weighted kappa over the credit that verdicts earn: 0, 1/2 or 1."""
    passes: Share
    """Labels on which both labelling passes agreed, of those labelled twice."""
    confusion: dict[str, dict[str, int]]
    """By label, then by verdict."""
    recall: dict[str, Share]
    by_question: dict[str, Share]
    by_kind: dict[str, Share]
    by_language: dict[str, Share]
    claims_found: Share
    """Misconceptions that an answer asserts and that were found."""
    claims_right: Share
    """Misconceptions that were found and that the answer does assert."""
    stability: Stability | None
    differences: tuple[Difference, ...]
    usage: Usage

    def to_json(self) -> str:
        """The report as JSON."""
        return self.model_dump_json(by_alias=True, indent=2)


def report(trials: Sequence[Trial]) -> Report:
    """Adds the trials of one judge up.

    Raises:
        ValueError: no trials.
    """
    first = [trial for trial in trials if trial.repeat == 0]
    found = rows(first)
    figures = _estimates(found)
    return Report(
        judge=_judge(first),
        answers=len(first),
        labels=len(found),
        ungraded=sum(row.grade.verdict is None for row in found),
        accuracy=figures["accuracy"],
        kappa=figures["kappa"],
        credit_kappa=figures["credit"],
        passes=_share(r.label.settled is None for r in found if r.label.second is not None),
        confusion=_confusion(found),
        recall={v: _share(r.right for r in found if r.label.verdict == v) for v in LEVELS},
        by_question=_by(found, lambda row: row.case.rubric.id),
        by_kind=_by(found, lambda row: row.case.answer.kind),
        by_language=_by(found, lambda row: row.case.answer.language),
        claims_found=_share(a for t in first for a, held in _claims(t) if held),
        claims_right=_share(held for t in first for a, held in _claims(t) if a),
        stability=_stability(trials),
        differences=tuple(_difference(row) for row in found if not row.right),
        usage=total_usage(trials),
    )


def _judge(trials: Sequence[Trial]) -> JudgeInfo:
    """The judge: that of a trial which code did not decide, where there is one."""
    infos = [trial.grade.judge for trial in trials]
    return next((info for info in infos if info.kind != "code"), infos[0])


def _share(hits: Iterable[bool]) -> Share:
    counts = Counter(bool(hit) for hit in hits)
    return Share(right=counts[True], of=counts.total())


def _by(found: Sequence[Row], name: Callable[[Row], str]) -> dict[str, Share]:
    names = sorted({name(row) for row in found})
    return {n: _share(row.right for row in found if name(row) == n) for n in names}


def _confusion(found: Sequence[Row]) -> dict[str, dict[str, int]]:
    counts = Counter((row.label.verdict.value, row.said) for row in found)
    return {a: {b: counts[a, b] for b in (*LEVELS, UNGRADED)} for a in LEVELS}


def _claims(trial: Trial) -> list[tuple[bool, bool]]:
    """For each misconception whether the judge found it, and whether the answer asserts it."""
    held = set(trial.case.answer.misconceptions)
    return [(bool(m.asserted), m.id in held) for m in trial.grade.misconceptions]


def _difference(row: Row) -> Difference:
    grade: PointGrade = row.grade
    label: Label = row.label
    return Difference(
        question=row.case.rubric.id,
        answer=row.case.answer.id,
        key_point=grade.id,
        label=label.verdict,
        why=label.why,
        verdict=grade.verdict,
        confidence=grade.confidence,
        reason=grade.reason,
        evidence=tuple(span.text for span in grade.evidence),
        cause=grade.cause,
    )


def _stability(trials: Sequence[Trial]) -> Stability | None:
    repeats = 1 + max(trial.repeat for trial in trials)
    if repeats == 1:
        return None
    said: dict[tuple[str, str], set[str]] = {}
    for row in rows(trials):
        said.setdefault((row.case.name, row.grade.id), set()).add(row.said)
    each = [rows(t for t in trials if t.repeat == n) for n in range(repeats)]
    return Stability(
        repeats=repeats,
        same=_share(len(verdicts) == 1 for verdicts in said.values()),
        accuracy=tuple(round(sum(r.right for r in part) / len(part), 4) for part in each),
    )


def _estimates(found: Sequence[Row]) -> dict[str, Estimate]:
    """Accuracy and both kappas; answers are resampled whole, for their key points go together."""
    from grader.agreement.arrays import clusters_of
    from grader.agreement.bootstrap import intervals
    from grader.agreement.categorical import exact_agreement, kappa, pairs

    def codes(some: Sequence[Row]) -> tuple[list[float], list[float]]:
        names = (*LEVELS, UNGRADED)
        label = [float(names.index(row.label.verdict.value)) for row in some]
        return label, [float(names.index(row.said)) for row in some]

    answers = clusters_of([row.case.name for row in found])
    graded = [n for n, row in enumerate(found) if row.grade.verdict is not None]
    used = [found[n] for n in graded]
    some = answers.take(graded)
    credit = [row.credit[0] for row in used], [row.credit[1] for row in used]
    statistics = {
        "accuracy": exact_agreement(pairs(*codes(found), range(len(LEVELS) + 1), answers)),
        "kappa": kappa(pairs(*codes(used), range(len(LEVELS)), some)),
        "credit": kappa(pairs(*credit, [0.0, 0.5, 1.0], some), "quadratic"),
    }
    return {
        name: Estimate(value=_rounded(i.value), low=_rounded(i.low), high=_rounded(i.high))
        for name, i in intervals(statistics).items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)

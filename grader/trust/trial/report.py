"""What the trials of a judge add up to: agreement with the labels, by level, and the differences.

An ungraded key point is never right: it counts against accuracy and recall, and is left out of
kappa, which needs two verdicts. The report for people is plain text, nothing of an answer able to
steer a terminal.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from pydantic import ConfigDict, Field

from grader.judge.stated import STATED, stated_word
from grader.record import Cause, JudgeInfo, PointGrade, Usage, Verdict
from grader.rubric.labelled import Label
from grader.scoring import CREDIT
from grader.text.safe import one_line
from grader.trust.trial.run import LabelledCase, Trial
from grader.util.frozen import Frozen


@dataclass(frozen=True)
class LabelRow:
    """A label and what the judge said."""

    case: LabelledCase
    label: Label
    grade: PointGrade

    @property
    def said(self) -> str:
        """The verdict, or ``ungraded``."""
        return self.grade.verdict.value if self.grade.verdict else "ungraded"

    @property
    def right(self) -> bool:
        """Whether the verdict is the label."""
        return self.grade.verdict == self.label.verdict

    @property
    def credit(self) -> tuple[float, float]:
        """What label and verdict earn, 0 to 1 each."""
        return CREDIT[self.label.verdict], CREDIT[self.grade.verdict or Verdict.MISSED]


def rows(trials: Iterable[Trial]) -> list[LabelRow]:
    """One row for each key point, in the trials' order."""
    return [
        LabelRow(trial.case, trial.case.answer.verdicts[grade.id], grade)
        for trial in trials
        for grade in trial.grade.key_points
    ]


def total_usage(trials: Iterable[Trial]) -> Usage:
    """What all trials used together."""
    used = [trial.grade.usage for trial in trials if trial.grade.usage.calls]
    return reduce(Usage.__add__, used) if used else Usage(from_ledger=True, cost_usd=0.0)


UNGRADED = "ungraded"
LEVELS = tuple(verdict.value for verdict in Verdict)


class CountedShare(Frozen):
    """How many of how many."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.right / self.of if self.of else None


class TrialEstimate(Frozen):
    """A statistic with its 95 % interval, resampled by answer; None where not estimable."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Difference(Frozen):
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


class Stability(Frozen):
    """How often the judge says the same again."""

    repeats: int
    same: CountedShare
    """Key points with the same verdict in every repeat."""
    accuracy: tuple[float, ...]
    """Of each repeat."""


class TrialReport(Frozen):
    """A judge on labelled answers. The figures are of the first repeat but for ``stability``."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["rubric-test/1"] = Field(default="rubric-test/1", alias="schema")
    judge: JudgeInfo
    answers: int
    labels: int
    ungraded: int
    accuracy: TrialEstimate
    kappa: TrialEstimate
    """Cohen's kappa over the four verdicts."""
    credit_kappa: TrialEstimate
    """Quadratic weighted kappa over the credit that verdicts earn: 0, 1/2 or 1."""
    passes: CountedShare
    """Labels on which both labelling passes agreed, of those labelled twice."""
    confusion: dict[str, dict[str, int]]
    """By label, then by verdict."""
    recall: dict[str, CountedShare]
    by_question: dict[str, CountedShare]
    by_kind: dict[str, CountedShare]
    by_language: dict[str, CountedShare]
    by_stated: dict[str, CountedShare] = Field(default_factory=dict)
    """By the word for its confidence that a one-call judge stated, the surest first."""
    claims_found: CountedShare
    """Misconceptions that an answer asserts and that were found."""
    claims_right: CountedShare
    """Misconceptions that were found and that the answer does assert."""
    stability: Stability | None
    differences: tuple[Difference, ...]
    usage: Usage

    def to_json(self) -> str:
        """The report as JSON."""
        return self.model_dump_json(by_alias=True, indent=2)


def report(trials: Sequence[Trial]) -> TrialReport:
    """Adds the trials of one judge up.

    Raises:
        ValueError: no trials.
    """
    first = [trial for trial in trials if trial.repeat == 0]
    found = rows(first)
    figures = _estimates(found)
    return TrialReport(
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
        by_stated=_by_stated(first),
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


def _share(hits: Iterable[bool]) -> CountedShare:
    counts = Counter(bool(hit) for hit in hits)
    return CountedShare(right=counts[True], of=counts.total())


def _by(found: Sequence[LabelRow], name: Callable[[LabelRow], str]) -> dict[str, CountedShare]:
    names = sorted({name(row) for row in found})
    return {n: _share(row.right for row in found if name(row) == n) for n in names}


def _by_stated(trials: Sequence[Trial]) -> dict[str, CountedShare]:
    """Of one judge that states words: several together, or probabilities, are no such words."""
    judges = {trial.case.name: trial.grade.judge for trial in trials}
    stated = [
        (stated_word(row.grade.confidence), row.right)
        for row in rows(trials)
        if judges[row.case.name].ask == "one-call" and not judges[row.case.name].parts
    ]
    shares = {word: _share(right for said, right in stated if said == word) for word in STATED}
    return {word: share for word, share in shares.items() if share.of}


def _confusion(found: Sequence[LabelRow]) -> dict[str, dict[str, int]]:
    counts = Counter((row.label.verdict.value, row.said) for row in found)
    return {a: {b: counts[a, b] for b in (*LEVELS, UNGRADED)} for a in LEVELS}


def _claims(trial: Trial) -> list[tuple[bool, bool]]:
    """For each misconception whether the judge found it, and whether the answer asserts it."""
    held = set(trial.case.answer.misconceptions)
    return [(bool(m.asserted), m.id in held) for m in trial.grade.misconceptions]


def _difference(row: LabelRow) -> Difference:
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


def _estimates(found: Sequence[LabelRow]) -> dict[str, TrialEstimate]:
    """Accuracy and both kappas; answers are resampled whole, for their key points go together."""
    from grader.stats.arrays import clusters_of
    from grader.stats.bootstrap import intervals
    from grader.stats.two_raters import exact_agreement, kappa, pairs

    def codes(some: Sequence[LabelRow]) -> tuple[list[float], list[float]]:
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
        name: TrialEstimate(value=_rounded(i.value), low=_rounded(i.low), high=_rounded(i.high))
        for name, i in intervals(statistics).items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


_LONGEST = 300


def text(found: TrialReport) -> str:
    """The report in plain text, its differences last."""
    return "\n".join(
        [*_head(found), "", *_confusion_lines(found), "", *_groups(found), *_differ(found)]
    )


def _head(found: TrialReport) -> Iterator[str]:
    judge = found.judge
    yield f"judge        {one_line(judge.model)} ({judge.kind}, {judge.ask})"
    yield f"answers      {found.answers}, {found.labels} labels, {found.ungraded} ungraded"
    yield f"accuracy     {_estimate(found.accuracy)}"
    yield f"kappa        {_estimate(found.kappa)}   (Cohen, four verdicts)"
    yield f"by credit    {_estimate(found.credit_kappa)}   (quadratic weighted kappa)"
    if found.passes.of:
        yield f"labelling    both passes agreed on {_share_words(found.passes)} of the labels"
    known, right = _share_words(found.claims_found), _share_words(found.claims_right)
    yield f"wrong claims {known} found, {right} of those told right"
    if found.stability:
        accuracy = ", ".join(f"{a:.3f}" for a in found.stability.accuracy)
        same = _share_words(found.stability.same)
        yield f"stability    {same} the same in {found.stability.repeats} repeats ({accuracy})"
    used = found.usage
    source = "all from the ledger" if used.from_ledger else f"{used.input_tokens} tokens read"
    cost = f", ${used.cost_usd:.4f}" if used.cost_usd else ""
    yield f"calls        {used.calls}, {source}{cost}"


def _confusion_lines(found: TrialReport) -> Iterator[str]:
    columns = (*LEVELS, UNGRADED)
    yield (
        f"{'label / verdict':<16}" + "".join(f"{name:>14}" for name in columns) + f"{'recall':>12}"
    )
    for label in LEVELS:
        counts = "".join(f"{found.confusion[label][name]:>14}" for name in columns)
        yield f"{label:<16}{counts}{_share_words(found.recall[label], bare=True):>12}"


def _groups(found: TrialReport) -> Iterator[str]:
    groups = {
        "question": found.by_question,
        "kind": found.by_kind,
        "language": found.by_language,
        **({"stated confidence": found.by_stated} if found.by_stated else {}),
    }
    for title, shares in groups.items():
        yield f"by {title}"
        for name, share in shares.items():
            yield f"  {name:<36}{_share_words(share, bare=True):>8}  of {share.of}"


def _differ(found: TrialReport) -> Iterator[str]:
    for one in found.differences:
        yield ""
        yield f"{one.question}/{one.answer} {one.key_point}: {_verdicts(one)}"
        yield f"  label: {one_line(one.why, _LONGEST)}"
        if judge := _reason(one):
            yield f"  judge: {judge}"


def _verdicts(one: Difference) -> str:
    said = one.verdict.value if one.verdict else f"ungraded ({one.cause})"
    sure = f" ({one.confidence:.2f})" if one.confidence is not None else ""
    return f"label {one.label.value}, judge {said}{sure}"


def _reason(one: Difference) -> str:
    quotes = [f"“{one_line(quote, _LONGEST)}”" for quote in one.evidence]
    return " ".join(part for part in (one_line(one.reason, _LONGEST), *quotes) if part)


def _estimate(found: TrialEstimate) -> str:
    if found.value is None:
        return "not estimable"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _share_words(found: CountedShare, *, bare: bool = False) -> str:
    if found.share is None:
        return "-"
    percent = f"{100 * found.share:.1f} %"
    return percent if bare else f"{percent} ({found.right}/{found.of})"

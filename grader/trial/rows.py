"""Trials flattened: one row for each key point of each answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from grader.labelled import Label
from grader.record import PointGrade, Usage, Verdict
from grader.scoring import CREDIT
from grader.trial.run import Case, Trial


@dataclass(frozen=True)
class Row:
    """A label and what the judge said."""

    case: Case
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


def rows(trials: Iterable[Trial]) -> list[Row]:
    """One row for each key point, in the trials' order."""
    return [
        Row(trial.case, trial.case.answer.verdicts[grade.id], grade)
        for trial in trials
        for grade in trial.grade.key_points
    ]


def total_usage(trials: Iterable[Trial]) -> Usage:
    """What all trials used together."""
    used = [trial.grade.usage for trial in trials if trial.grade.usage.calls]
    return reduce(Usage.__add__, used) if used else Usage(from_ledger=True, cost_usd=0.0)

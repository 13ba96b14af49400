"""Tries a judge on labelled answers: how far its verdicts can be trusted, and where they fail."""

from grader.trial.report import Report, report
from grader.trial.run import Case, Trial, cases, run

__all__ = ["Case", "Report", "Trial", "cases", "report", "run"]

"""Checks rubrics as a linter checks code: no model, no opinion that has no line."""

from grader.check.finding import Finding, Severity
from grader.check.run import check, check_all, readings

__all__ = ["Finding", "Severity", "check", "check_all", "readings"]

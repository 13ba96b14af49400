"""What a change of a rubric does to grades that were given by its old version."""

from grader.revision.change import Change, changes, to_ask_anew
from grader.revision.effect import Effect, effect, latest
from grader.revision.report import Report, report

__all__ = ["Change", "Effect", "Report", "changes", "effect", "latest", "report", "to_ask_anew"]

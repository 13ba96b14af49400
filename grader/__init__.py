"""Grades free-text answers to technical questions against rubrics of key points.

    import grader

    grade = grader.grade("Shared memory has 32 banks ...", "bank-conflict")
    print(grade.score.percent, [point.id for point in grade.key_points if point.verdict != "met"])

Everything that other code may rely on is named here, and imported when it is first used.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from grader.authoring.check.finding import Finding as Finding
    from grader.authoring.check.run import check_rubric as check_rubric
    from grader.decision import decided as decided
    from grader.errors import BadInput as BadInput
    from grader.errors import GraderError as GraderError
    from grader.errors import ModelFailed as ModelFailed
    from grader.errors import UnknownQuestion as UnknownQuestion
    from grader.judge.curves import TeamLevel as TeamLevel
    from grader.judge.curves import read_level as read_level
    from grader.judge.options import JudgeOptions as JudgeOptions
    from grader.judge.stated import StatedConfidence as StatedConfidence
    from grader.judge.stated import read_confidence as read_confidence
    from grader.record import Grade as Grade
    from grader.record import Verdict as Verdict
    from grader.rubric.files import load_rubric as load_rubric
    from grader.rubric.files import load_rubrics as load_rubrics
    from grader.rubric.files import read_rubric as read_rubric
    from grader.rubric.files import save_rubric as save_rubric
    from grader.rubric.format import Document as Document
    from grader.rubric.format import KeyPoint as KeyPoint
    from grader.rubric.format import Misconception as Misconception
    from grader.rubric.format import Notes as Notes
    from grader.rubric.format import Rubric as Rubric
    from grader.rubric.format import Source as Source
    from grader.rubric.wording import Text as Text
    from grader.session.entry import Entry as Entry
    from grader.session.entry import Problem as Problem
    from grader.session.front import agrade as agrade
    from grader.session.front import agrade_batch as agrade_batch
    from grader.session.front import grade as grade
    from grader.session.front import grade_batch as grade_batch
    from grader.session.front import read_answers as read_answers
    from grader.session.grader import Grader as Grader
    from grader.session.grader import open_grader as open_grader
    from grader.session.result_lines import read_grades as read_grades
    from grader.trust.calibration.finding import Calibration as Calibration
    from grader.trust.calibration.tables import calibrate as calibrate

_MODULES = {
    "authoring.check.finding": ("Finding",),
    "authoring.check.run": ("check_rubric",),
    "decision": ("decided",),
    "errors": ("BadInput", "GraderError", "ModelFailed", "UnknownQuestion"),
    "judge.options": ("JudgeOptions",),
    "judge.curves": ("TeamLevel", "read_level"),
    "judge.stated": ("StatedConfidence", "read_confidence"),
    "record": ("Grade", "Verdict"),
    "rubric.files": ("load_rubric", "load_rubrics", "read_rubric", "save_rubric"),
    "rubric.format": (*("Document", "KeyPoint", "Misconception", "Notes", "Rubric", "Source"),),
    "rubric.wording": ("Text",),
    "session.entry": ("Entry", "Problem"),
    "session.result_lines": ("read_grades",),
    "session.front": ("agrade", "agrade_batch", "grade", "grade_batch", "read_answers"),
    "session.grader": ("Grader", "open_grader"),
    "trust.calibration.finding": ("Calibration",),
    "trust.calibration.tables": ("calibrate",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604 - the table above says them once


if not TYPE_CHECKING:  # else a name that is none would be an object to a type checker

    def __getattr__(name: str) -> object:
        """Imports a public name when it is first used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """The public names, without importing them."""
    return __all__

"""Sessions as JUnit XML, for build servers."""

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from grader.decision import decided
from grader.record import Grade, Verdict
from grader.report.grade_view import GradeView, view
from grader.report.words import number
from grader.scoring import surely_reaches
from grader.text.safe import one_line
from grader.util.files import new_file

_LONGEST = 500


def write_junit(path: Path, grades: Iterable[Grade], pass_mark: float | None = None) -> None:
    """Writes JUnit XML: a suite for each question, a case for each answer.

    An answer with an ungraded key point is an error; one whose score does not surely reach
    *pass_mark* is a failure.

    Args:
        path: the file to make or replace.
        grades: the records; one small element of each is kept until the end, because a suite
            says first how many cases it has.
        pass_mark: per cent, 0 to 100; None fails nothing.

    Raises:
        BadInput: the file cannot be written.
    """
    with new_file(path) as out:
        out.write(junit_text(grades, pass_mark))
        out.write("\n")


def junit_text(grades: Iterable[Grade], pass_mark: float | None = None) -> str:
    """The XML that :func:`write_junit` writes."""
    root = ET.Element("testsuites", name="grade")
    suites: dict[str, ET.Element] = {}
    for grade in grades:
        suite = suites.get(grade.question)
        if suite is None:
            name = one_line(grade.question)
            suite = suites[grade.question] = ET.SubElement(root, "testsuite", name=name)
        suite.append(_case(grade, pass_mark))
    for element in (*suites.values(), root):
        _count(element)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode")


def _count(element: ET.Element) -> None:
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))


def _case(grade: Grade, pass_mark: float | None) -> ET.Element:
    name = " · ".join(filter(None, (grade.candidate, grade.answer_id)))
    case = ET.Element("testcase", classname=_xml(grade.question), name=_xml(name), time="0")
    seen, grade = view(grade, None, "en"), decided(grade)
    if grade.ungraded or grade.score.percent is None:
        causes = dict.fromkeys(p.cause.value for p in grade.ungraded if p.cause)
        _outcome(case, "error", seen.score, ", ".join(causes), seen)
    elif pass_mark is not None and not surely_reaches(grade.score, pass_mark):
        message = f"{seen.score}; the pass mark is {number(pass_mark)} %"
        _outcome(case, "failure", message, "below-pass-mark", seen)
    return case


def _outcome(case: ET.Element, tag: str, message: str, kind: str, seen: GradeView) -> None:
    outcome = ET.SubElement(case, tag, message=_xml(message), type=kind or "ungraded")
    outcome.text = "\n".join(
        _xml(f"{point.word}: {point.id}: {point.decision or point.reason}")
        for point in seen.points
        if point.verdict != Verdict.MET
    )


def _xml(text: str) -> str:
    """One line of characters that XML 1.0 allows."""
    line = one_line(text, _LONGEST)
    return "".join(c for c in line if c not in "\ufffe\uffff")

"""A pass mark means the same wherever it is given: doubt is never a pass."""

from xml.etree import ElementTree as ET

import pytest

from grader.cli.grade import exit_code
from grader.errors import ExitCode
from grader.record import Grade, PointGrade, Score, Verdict
from grader.report.junit import junit_text
from grader.session.outcome import add_up
from tests.support.records import record

UNSURE = Score(percent=93.3, low=86.7, high=100, points=14, out_of=15)


def graded(score: Score) -> Grade:
    made = (PointGrade(id="p", weight=1, verdict=Verdict.MET),)
    return record(key_points=made).model_copy(update={"score": score})


@pytest.mark.parametrize(("mark", "passes"), [(90, False), (86.8, False), (86.7, True), (60, True)])
def test_a_score_passes_by_its_lower_end_everywhere(mark: float, passes: bool) -> None:
    grade = graded(UNSURE)
    assert exit_code(grade, mark) == (ExitCode.DONE if passes else ExitCode.BELOW_MARK)
    assert add_up([grade], mark).below == (0 if passes else 1)
    assert ET.fromstring(junit_text([grade], mark)).get("failures") == ("0" if passes else "1")


def test_a_build_server_is_told_what_the_score_is_sure_of() -> None:
    root = ET.fromstring(junit_text([graded(UNSURE)], 90))
    [failure] = root.iter("failure")
    message = "93.3 % — 14 of 15 points; sure of 86.7 to 100 %; the pass mark is 90 %"
    assert failure.get("message") == message


def test_without_a_pass_mark_nothing_is_below() -> None:
    grade = graded(UNSURE)
    assert exit_code(grade, None) == ExitCode.DONE
    assert add_up([grade], None).below == 0

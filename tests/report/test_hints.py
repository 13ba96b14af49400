"""With hints, a report says nothing of what the answer left out, whatever kind of report it is."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.record import Grade, MisconceptionGrade, PointGrade, Verdict
from grader.report import terminal
from grader.report.html.page import write_page
from grader.report.markdown import grade_markdown, session_markdown
from grader.rubric.format import Rubric
from grader.rubric.wording import Text
from tests.support.records import RUBRIC, evidence, record, summarize

ANSWER = "padding, and global memory has banks too"
HINT = Text(en="How many parts are there", zh="一共几份")
HINTED = RUBRIC.model_copy(
    update={
        "key_points": (
            RUBRIC.key_points[0].model_copy(update={"hint": HINT}),
            *RUBRIC.key_points[1:],
        )
    }
)
GRADE = record(
    ANSWER,
    key_points=(
        PointGrade(id="banks", weight=3, verdict=Verdict.PARTIAL, reason="thirty-two is not said"),
        PointGrade(id="broadcast", weight=2, verdict=Verdict.MISSED, reason="not a word of it"),
        PointGrade(id="padding", weight=1, verdict=Verdict.MET, reason="said"),
    ),
    misconceptions=(
        MisconceptionGrade(
            id="global-banks",
            asserted=True,
            evidence=evidence(ANSWER, "global memory has banks"),
            correction=RUBRIC.misconceptions[0].correction.text("en"),
            reason="they are elsewhere",
        ),
    ),
    feedback="You left out the thirty-two parts.",
)

Report = Callable[[Grade, Rubric, Path, bool], str]


def as_table(grade: Grade, rubric: Rubric, _: Path, hints: bool) -> str:
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=400, highlight=False, emoji=False, markup=False)
    terminal.grade(grade, rubric, "en", console, hints=hints)
    return out.getvalue()


def as_markdown(grade: Grade, rubric: Rubric, _: Path, hints: bool) -> str:
    return grade_markdown(grade, rubric, "en", hints=hints)


def as_session(grade: Grade, rubric: Rubric, _: Path, hints: bool) -> str:
    rubrics = {rubric.id: rubric}
    return "".join(session_markdown(summarize([grade]), [grade], rubrics, "en", hints=hints))


def as_page(grade: Grade, rubric: Rubric, folder: Path, hints: bool) -> str:
    path = folder / "page.html"
    write_page(path, [grade], {rubric.id: rubric}, lambda _: ANSWER, "en", hints=hints)
    return path.read_text(encoding="utf-8")


every_report = pytest.mark.parametrize("report", [as_table, as_markdown, as_session, as_page])


@every_report
def test_a_hint_stands_in_place_of_a_point_that_is_not_met(report: Report, tmp_path: Path) -> None:
    page = report(GRADE, HINTED, tmp_path, True)
    assert HINT.text("en") in page
    assert "there is no hint for this" in page
    for untold in ("32 banks", "for all lanes", "thirty-two", "not a word", "of shared memory"):
        assert untold not in page
    assert "elsewhere" not in page


@every_report
def test_what_was_met_wrong_and_can_be_read_is_still_told(report: Report, tmp_path: Path) -> None:
    page = report(GRADE, HINTED, tmp_path, True)
    assert "partial" in page
    assert "global memory has banks" in page
    assert "https://example.org/guide" in page
    if report is not as_session:
        assert "Padding avoids it" in page


@every_report
def test_without_being_asked_no_report_hints(report: Report, tmp_path: Path) -> None:
    page = report(GRADE, HINTED, tmp_path, False)
    assert HINT.text("en") not in page
    assert "Shared memory has 32 banks" in page
    assert "thirty-two" in page


def test_a_hint_is_in_the_language_of_the_report() -> None:
    assert HINT.text("zh") in grade_markdown(GRADE, HINTED, "zh", hints=True)


def test_a_point_that_its_rubric_no_longer_has_gets_no_hint_and_not_its_name() -> None:
    shown = grade_markdown(GRADE, None, "en", hints=True)
    assert "broadcast" not in shown
    assert "there is no hint for this" in shown

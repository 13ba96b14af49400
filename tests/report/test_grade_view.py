"""Every report of a grade says the same: all of them dress one view."""

import io
from collections.abc import Callable

import pytest

from grader.record import Grade, MisconceptionGrade, Opinion, PointGrade, Verdict
from grader.report import terminal
from grader.report.grade_view import view
from grader.report.html.page import answer_page
from grader.report.markdown import grade_markdown
from tests.support.records import RUBRIC, evidence, record

Report = Callable[[Grade, str], str]

TEXT = "global memory has 16 banks"
HELD = MisconceptionGrade(
    id="global-banks",
    asserted=True,
    evidence=evidence(TEXT, "global memory"),
    correction=RUBRIC.misconceptions[0].correction.text("en"),
)
GRADE = record(
    TEXT,
    key_points=(
        PointGrade(
            id="banks",
            weight=3,
            verdict=Verdict.CONTRADICTED,
            reason="it says sixteen",
            evidence=evidence(TEXT, "16 banks"),
        ),
        PointGrade(
            id="broadcast", weight=2, verdict=Verdict.MET, alternative=Verdict.PARTIAL, reason="yes"
        ),
    ),
    misconceptions=(HELD,),
    feedback="Read on.",
)


def as_terminal(grade: Grade, language: str) -> str:
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=400, highlight=False, emoji=False, markup=False)
    terminal.grade(grade, RUBRIC, language, console)
    return out.getvalue()


def as_markdown(grade: Grade, language: str) -> str:
    return grade_markdown(grade, RUBRIC, language)


def as_page(grade: Grade, language: str) -> str:
    return "".join(answer_page(grade, RUBRIC, TEXT, language, 1))


every_report = pytest.mark.parametrize("report", [as_terminal, as_markdown, as_page])


@every_report
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_report_says_what_the_view_says(report: Report, language: str) -> None:
    seen, said = view(GRADE, RUBRIC, language), report(GRADE, language)
    wanted = [seen.question, seen.score.split(" — ")[0], seen.feedback.rstrip(".")]
    for point in seen.points:
        wanted += [point.sign, point.word, point.claim, point.note, point.shortfall]
        wanted += [piece.text for piece in point.evidence]
    for claim in seen.claims:
        wanted += [claim.claim, claim.correction, *(piece.text for piece in claim.evidence)]
    wanted += [passage.citation for passage in seen.read_next]
    assert [words for words in wanted if words not in said] == []


@every_report
def test_a_correction_is_in_the_language_of_the_report_whatever_the_answer_is_in(
    report: Report,
) -> None:
    assert "只在共享内存" in report(GRADE, "zh")
    assert "They are of shared memory" in report(GRADE, "en")


@every_report
def test_a_correction_that_the_rubric_no_longer_has_is_shown_as_it_was_recorded(
    report: Report,
) -> None:
    older = GRADE.model_copy(
        update={"misconceptions": (HELD.model_copy(update={"correction": "As it was"}),)}
    )
    assert "As it was" in report(older, "zh")


@every_report
def test_a_missed_point_leads_to_its_own_passages_right_under_it(report: Report) -> None:
    missed = GRADE.key_points[1].model_copy(update={"verdict": Verdict.MISSED, "alternative": None})
    said = report(GRADE.model_copy(update={"key_points": (GRADE.key_points[0], missed)}), "en")
    under_first, _, rest = said.rpartition("Shared memory has 32 banks")[2].partition(
        "One word for all lanes is broadcast"
    )
    own = rest.split("Misconceptions")[0]
    assert ("CUDA Guide, §2.2" in under_first, "CUDA Guide, §2.3" in under_first) == (True, False)
    assert ("CUDA Guide, §2.3" in own, "Question bank, Q7" in own) == (True, True)


def test_a_point_that_is_met_sends_nobody_to_read() -> None:
    for short_report in (as_terminal, as_markdown):
        assert "§2.3" not in short_report(GRADE, "en"), "broadcast was met"


def test_only_what_is_short_of_met_gives_its_reason_on_the_terminal() -> None:
    said = as_terminal(GRADE, "en")
    assert "it says sixteen" in said
    assert "\n  yes" not in said


def judged_by_two(verdict: Verdict) -> Grade:
    given = (Opinion(judge="small", verdict=verdict), Opinion(judge="large", verdict=Verdict.MET))
    point = PointGrade(id="banks", weight=3, verdict=Verdict.MET, by="large", opinions=given)
    return GRADE.model_copy(update={"key_points": (point,)})


@pytest.mark.parametrize("report", [as_terminal, as_markdown, as_page])
def test_where_judges_differ_every_report_says_who_gave_what_and_whose_verdict_stands(
    report: Report,
) -> None:
    shown = report(judged_by_two(Verdict.MISSED), "en").replace("\\*", "*")
    assert "Each judge: small missed, large* met." in shown
    assert "各评判者:" in report(judged_by_two(Verdict.MISSED), "zh")


def test_judges_that_agree_are_named_on_the_page_alone() -> None:
    alike = judged_by_two(Verdict.MET)
    assert "Each judge: small met, large* met." in as_page(alike, "en")
    assert "Each judge" not in as_terminal(alike, "en") + as_markdown(alike, "en")
    assert "Each judge" not in as_page(GRADE, "en")

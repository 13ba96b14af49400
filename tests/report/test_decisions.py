"""A person's verdict is what every report counts, with the judge's readable beside it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.cli.grade import exit_code
from grader.decision import with_decisions
from grader.errors import ExitCode
from grader.ledger.ledger import Ledger
from grader.record import (
    Cause,
    ClaimOverride,
    Grade,
    MisconceptionGrade,
    Override,
    PointGrade,
    Verdict,
)
from grader.report import terminal
from grader.report.csv import csv_text
from grader.report.grade_view import view
from grader.report.hints import view_of
from grader.report.html.page import answer_page
from grader.report.junit import junit_text
from grader.report.markdown import grade_markdown
from grader.session import practice
from grader.session.exports.back import marks_of
from grader.session.outcome import add_up
from tests.support.records import RUBRIC, record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHY = "names the broadcast in its own words"
SAID = f"was missed by m; met by Ana on 2026-11-23: {WHY}"
SAID_ZH = f"m 原判:没说到;Ana 于 2026-11-23 改判:说到了,理由:{WHY}"


def decide(grade: Grade, point: str = "broadcast", verdict: Verdict = Verdict.MET) -> Grade:
    """By hand: the score that stands in the record is the judge's."""
    override = Override(key_point=point, verdict=verdict, by="Ana", reason=WHY, at=NOON)
    return grade.model_copy(update={"overrides": (*grade.overrides, override)})


GRADE = decide(record())


def on_terminal(grade: Grade, language: str) -> str:
    out = terminal.console()
    out.width = 200
    with out.capture() as shown:
        terminal.grade(grade, RUBRIC, language, out)
    return shown.get()


def on_page(grade: Grade, language: str) -> str:
    return "".join(answer_page(grade, RUBRIC, "32 banks", language, 1))


def as_markdown(grade: Grade, language: str) -> str:
    return grade_markdown(grade, RUBRIC, language)


@pytest.mark.parametrize("show", [on_terminal, on_page, as_markdown])
@pytest.mark.parametrize(("language", "said"), [("en", SAID), ("zh", SAID_ZH)])
def test_the_score_follows_and_who_why_and_when_stand_beside_it(
    show: Callable[[Grade, str], str], language: str, said: str
) -> None:
    shown = show(GRADE, language)
    assert "91.7 %" in shown
    assert "58.3" not in shown
    assert said in shown


def test_the_csv_counts_it_and_keeps_what_the_judge_gave_in_its_last_columns() -> None:
    out = io.StringIO()
    csv_text(out, [GRADE, record()])
    decided, plain = csv.DictReader(io.StringIO(out.getvalue()))
    assert (decided["percent"], decided["judge_percent"], decided["met"]) == ("91.7", "58.3", "2")
    assert decided["decisions"] == f"broadcast: {SAID}"
    assert (decided["overrides"], plain["overrides"], plain["decisions"]) == ("1", "0", "")
    assert [*decided][-2:] == ["judge_percent", "decisions"]


def test_junit_and_exit_code_pass_by_it() -> None:
    def failures(grade: Grade) -> str | None:
        return ET.fromstring(junit_text([grade], 80)).get("failures")

    assert (failures(GRADE), failures(record())) == ("0", "1")
    assert exit_code(GRADE, 80) is ExitCode.DONE
    worse = decide(record(), "banks", Verdict.MISSED)
    assert failures(worse) == "1"
    assert f"was met by m; missed by Ana on 2026-11-23: {WHY}" in junit_text([worse], 80)


def test_what_the_judge_left_open_and_a_person_decided_is_graded() -> None:
    points = (PointGrade(id="banks", weight=3, verdict=None, cause=Cause.REFUSED),)
    grade = decide(record(key_points=points), "banks")
    assert "<error" not in junit_text([grade])
    assert exit_code(grade, None) is ExitCode.DONE
    outcome = add_up([grade], 100)
    assert (outcome.ungraded, outcome.below) == (0, 0)


def test_a_session_adds_up_decided_verdicts() -> None:
    summary = add_up([GRADE], 80).summary()
    assert summary.scores.mean == 91.7
    weakest = {point.id for point in summary.weakest()}
    assert weakest == {"padding"}


def test_the_gradebook_gets_the_decided_points() -> None:
    (mark,) = marks_of([GRADE]).values()
    assert mark.share == pytest.approx(5.5 / 6)


def test_practice_knows_it_also_when_the_same_text_is_graded_again() -> None:
    for grades in ([GRADE], [GRADE, record()]):
        (question,) = practice.histories(grades)
        assert question.attempts[-1].score.percent == 91.7
        assert {p.id: p.in_a_row for p in question.points}["broadcast"] == 1


def test_history_lists_it_with_who_decided_and_its_json_has_both_scores(ledger: Ledger) -> None:
    ledger.keep_grade(GRADE)
    listed = CliRunner().invoke(app, ["history"], env={"COLUMNS": "120"}).stdout
    assert "91.7" in listed
    assert "m + Ana" in listed
    printed = json.loads(CliRunner().invoke(app, ["history", "--json"]).stdout)
    assert (printed["decided"]["percent"], printed["score"]["percent"]) == (91.7, 58.3)
    assert printed["key_points"][1]["verdict"] == "missed"


@pytest.mark.parametrize("show", [on_terminal, on_page, as_markdown])
def test_a_misconception_that_a_person_denies_costs_nothing_and_stays_readable(
    show: Callable[[Grade, str], str],
) -> None:
    held = MisconceptionGrade(id="global-banks", asserted=True, penalty=2)
    override = ClaimOverride(
        misconception="global-banks", asserted=False, by="Ana", reason="it is quoted", at=NOON
    )
    shown = show(with_decisions(record(misconceptions=(held,)), override), "en")
    assert "58.3 %" in shown
    assert "was asserted by m; not asserted by Ana on 2026-11-23: it is quoted" in shown
    assert "Decided not to be a misconception" in shown


def test_several_decisions_are_told_in_order_and_the_last_one_counts() -> None:
    grade = decide(decide(record()), "broadcast", Verdict.PARTIAL)
    point = view(grade, None, "en").points[1]
    assert point.verdict == "partial"
    assert point.decision == f"{SAID}; partial by Ana on 2026-11-23: {WHY}"


def test_a_reason_for_another_verdict_is_not_given_for_the_decided_one() -> None:
    point = view(decide(record(), "broadcast", Verdict.PARTIAL), None, "en").points[1]
    assert point.reason == "not said"
    assert point.shortfall == ""


def test_hints_do_not_tell_what_a_person_wrote_on_a_point_not_met() -> None:
    grade = decide(record(), "banks", Verdict.MISSED)
    seen = view_of(grade, RUBRIC, "en", hints=True)
    assert seen.points[0].decision == ""


def test_a_record_without_decisions_says_nothing_of_them() -> None:
    assert "was " not in as_markdown(record(), "en")
    assert "was missed by" not in on_page(record(), "en")

"""Who answered gets reasons for each key point and a way to contest them, and not the rubric."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.decision import with_decisions
from grader.record import Cause, Grade, Opinion, Override, PointGrade, Verdict
from grader.report import terminal
from grader.report.html.candidate_page import write_candidate_page
from grader.report.markdown import grade_markdown
from grader.rubric.format import Notes, Rubric
from grader.rubric.wording import Text
from grader.text.flags import Flag
from tests.support.markup import Parsed
from tests.support.places import EXAMPLES
from tests.support.records import HOSTILE, RUBRIC, record
from tests.support.stub import running

ANSWER = "padding helps"
NOTE = "names both the number of banks and their width"
HINT = Text(en="How many parts are there", zh="一共几份")
HINTED = RUBRIC.model_copy(
    update={
        "key_points": (
            RUBRIC.key_points[0].model_copy(
                update={"hint": HINT, "notes": Notes(met=NOTE, missed="none of it")}
            ),
            *RUBRIC.key_points[1:],
        )
    }
)
GRADE = record(
    ANSWER,
    answer_id="a.txt",
    key_points=(
        PointGrade(
            id="banks",
            weight=3,
            verdict=Verdict.PARTIAL,
            alternative=Verdict.MET,
            reason="No number is given.",
            opinions=(Opinion(judge="other-model", verdict=Verdict.MET),),
        ),
        PointGrade(id="broadcast", weight=2, verdict=Verdict.MISSED, reason="Not a word of it."),
        PointGrade(id="padding", weight=1, verdict=None, cause=Cause.REFUSED, detail="policy 7"),
    ),
    flags=(Flag(kind="instruction", start=0, end=7, text="padding"),),
)

Report = Callable[[Grade, Rubric, Path, str, str], str]


def as_table(grade: Grade, rubric: Rubric, _: Path, language: str, contact: str) -> str:
    from rich.console import Console

    out = io.StringIO()
    console = Console(file=out, width=400, highlight=False, emoji=False, markup=False)
    terminal.grade(grade, rubric, language, console, contact=contact)
    return out.getvalue()


def as_markdown(grade: Grade, rubric: Rubric, _: Path, language: str, contact: str) -> str:
    return grade_markdown(grade, rubric, language, contact=contact)


def as_page(grade: Grade, rubric: Rubric, folder: Path, language: str, contact: str) -> str:
    path = folder / "page.html"
    write_candidate_page(path, grade, rubric, ANSWER, language, contact=contact)
    return path.read_text(encoding="utf-8")


REPORTS = pytest.mark.parametrize("report", [as_table, as_markdown, as_page])


def plainly(text: str) -> str:
    return text.replace("\\", "").replace("&#39;", "'")


@REPORTS
def test_a_hint_stands_for_what_was_not_met_and_a_claim_where_there_is_none(
    report: Report, tmp_path: Path
) -> None:
    shown = plainly(report(GRADE, HINTED, tmp_path, "en", ""))
    assert HINT.text("en") in shown
    assert HINTED.key_points[0].text("en") not in shown
    assert HINTED.key_points[1].text("en") in shown


@REPORTS
def test_reasons_are_given_but_none_that_repeats_a_note(report: Report, tmp_path: Path) -> None:
    shown = plainly(report(GRADE, HINTED, tmp_path, "en", ""))
    assert "No number is given." in shown
    assert "Not a word of it." in shown
    point = GRADE.key_points[1].model_copy(update={"reason": f"A good one {NOTE.upper()}."})
    leaky = GRADE.model_copy(
        update={
            "key_points": (GRADE.key_points[0], point, GRADE.key_points[2]),
            "feedback": f"Say: {HINTED.key_points[0].text('en')}",
        }
    )
    shown = plainly(report(leaky, HINTED, tmp_path, "en", "")).casefold()
    assert NOTE.casefold() not in shown
    assert HINTED.key_points[0].text("en").casefold() not in shown


@REPORTS
def test_what_is_the_judges_and_the_teams_own_stays_with_them(
    report: Report, tmp_path: Path
) -> None:
    override = Override(
        key_point="broadcast",
        verdict=Verdict.PARTIAL,
        by="Chen from the panel",
        reason="the second sentence says half",
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    shown = plainly(report(with_decisions(GRADE, override), HINTED, tmp_path, "en", ""))
    assert "Decided by a person on 2026-11-23. the second sentence says half" in shown
    kept = ("Chen", "api.example", "other-model", "may as well", "policy 7", "tokens", "sha256:0")
    assert not [word for word in kept if word in shown]
    assert "a person must look at it" in shown
    assert "Look at these places" not in shown


@REPORTS
@pytest.mark.parametrize(
    ("language", "contact", "said"),
    [
        ("en", "", "second look by a person: whoever gave you this result. Name the point"),
        ("en", "team@example.org", "second look by a person:"),
        ("zh", "", "可以请人复核:给你这份结果的人。"),
    ],
)
def test_how_to_ask_for_a_second_look_is_said(
    report: Report, tmp_path: Path, language: str, contact: str, said: str
) -> None:
    shown = plainly(report(GRADE, HINTED, tmp_path, language, contact))
    assert said in shown
    assert contact.partition("@")[0] in shown


@pytest.mark.parametrize("contact", HOSTILE)
def test_the_page_adds_no_element_for_a_contact(tmp_path: Path, contact: str) -> None:
    seen = Parsed(as_page(GRADE, HINTED, tmp_path, "en", contact))
    assert seen.tags == Parsed(as_page(GRADE, HINTED, tmp_path, "en", "a")).tags
    assert "script" not in seen.tags


def run(*words: str) -> Result:
    with running() as (_, url):
        judge = ("--model", "stub", "--base-url", url)
        answer = str(EXAMPLES / "answer.txt")
        given = [answer, "--q", "bank-conflict", *judge, *words]
        return CliRunner().invoke(app, given, env={"OPENAI_API_KEY": "x", "COLUMNS": "80"})


def test_the_command_line_prints_it_and_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run("--for-candidate", "--contact", "team@example.org", "--html", str(page))
    assert done.exit_code == 0, done.stderr
    printed = " ".join(done.stdout.split())
    assert "second look by a person: team@example.org" in printed
    assert "stub" not in printed
    text = page.read_text(encoding="utf-8")
    assert "<details open>" in text
    assert "stub" not in text
    assert "second look by a person: team@example.org" in text


def test_a_page_for_the_team_names_the_judge(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run("--html", str(page)).exit_code == 0
    assert "stub" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("--contact", "x"), ("--for-candidate", "--json")])
def test_words_that_do_not_go_together_are_one_line_and_exit_code_2(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)

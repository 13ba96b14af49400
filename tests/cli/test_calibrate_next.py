"""``grade calibrate next`` as a team types it, on the example team, and what comes of its plan."""

import csv
import json
from pathlib import Path

import pytest
from markupsafe import escape
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.util.files import data_folder

TEAM = data_folder("rubrics").parent / "examples" / "team"
RATINGS, RESULTS = str(TEAM / "ratings.csv"), str(TEAM / "results.jsonl")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["calibrate", *words], env={"COLUMNS": "80"})


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.csv"
    assert run("next", RESULTS, "--count", "22", "--out", str(path)).exit_code == 0
    return path


def drawn(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["answer_id"] for row in csv.DictReader(file) if row["drawn"]]


def test_the_answers_to_rate_are_printed_and_the_plan_is_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    done = run("next", RESULTS, "--count", "8", "--out", str(path))
    assert done.exit_code == 0
    printed = [line.split()[1] for line in done.stdout.splitlines()]
    assert printed == drawn(path)
    assert len(printed) == 8
    assert f"Drawn: 8 of 24 answers. Written: {path}" in done.stderr


def test_ratings_so_far_are_not_drawn_again(tmp_path: Path) -> None:
    sheet = tmp_path / "ratings.csv"
    sheet.write_text("answer_id,rater,score\nc01-bank-conflict,ana,50\n", encoding="utf-8")
    path = tmp_path / "plan.csv"
    done = run("next", RESULTS, str(sheet), "--count", "23", "--out", str(path))
    assert "c01-bank-conflict" not in done.stdout
    assert len(done.stdout.splitlines()) == 23


def test_a_plan_is_not_lost_by_drawing_anew(plan: Path) -> None:
    before = plan.read_text(encoding="utf-8")
    done = run("next", RESULTS, "--count", "2", "--out", str(plan))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"grade: {plan}: is already there")
    assert done.stderr.count("\n") == 1
    assert plan.read_text(encoding="utf-8") == before


def test_a_plan_goes_on_from_itself(plan: Path) -> None:
    first = set(drawn(plan))
    done = run("next", RESULTS, "--count", "2", "--drawn", str(plan), "--out", str(plan))
    assert done.exit_code == 0
    assert len(set(drawn(plan)) - first) == 2


def test_another_judge_stands_beside(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    text = Path(RESULTS).read_text(encoding="utf-8")
    other.write_text(text.replace("example-model", "other-model"), encoding="utf-8")
    path = tmp_path / "plan.csv"
    done = run("next", RESULTS, "--beside", str(other), "--count", "3", "--out", str(path))
    assert done.exit_code == 0
    assert len(drawn(path)) == 3


def test_the_report_weighs_by_the_plan(plan: Path) -> None:
    done = run(RATINGS, RESULTS, "--drawn", str(plan), "--json", "--samples", "200")
    team = json.loads(done.stdout)["team"]
    assert team["drawn"].startswith("sha256:")
    assert team["unplanned"] == 2
    assert {figure["alone"]["n"] for figure in team["figures"]} == {22}


def test_the_report_and_the_page_tell_the_team(plan: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = (RATINGS, RESULTS, "--drawn", str(plan), "--html", str(page), "--samples", "200")
    told = run(*words).stdout
    title = "The team's mean score and pass rate, as if people rated all answers"
    assert title in told
    assert max(map(len, told.splitlines())) <= 80
    shown = page.read_text(encoding="utf-8")
    assert f'<h2 id="team">{escape(title)}</h2>' in shown
    assert "Alternative annotator test" in shown
    assert "团队的平均分与及格率" in run(*words, "--lang", "zh").stdout


def test_the_sheet_asks_only_for_what_was_drawn_last(plan: Path) -> None:
    run("next", RESULTS, "--count", "1", "--drawn", str(plan), "--out", str(plan))
    done = run("template", RESULTS, "--drawn", str(plan), "--scores", "--rater", "ana")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["answer_id"] for row in rows] == drawn(plan)[:1]


def test_a_file_that_is_no_plan_is_one_line_with_exit_code_2() -> None:
    done = run(RATINGS, RESULTS, "--drawn", RATINGS)
    assert done.exit_code == 2
    assert done.stderr == (
        f"grade: {RATINGS}:1: no column question; grade calibrate next makes a plan\n"
    )


def test_help_names_it() -> None:
    assert "next" in run("--help").stdout
    assert "--count" in run("next", "--help").stdout

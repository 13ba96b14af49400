"""``grade calibrate`` as a team types it, on the example team."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.judge.curves import TeamLevel, read_level
from grader.trust.calibration.results import MOST
from tests.support.places import EXAMPLES
from tests.trust.calibration.conftest import WriteResults
from tests.trust.calibration.leanings import JUDGE, Leaning, leaning, write
from tests.trust.calibration.teams import Team, records

TEAM = EXAMPLES / "team"
RATINGS, RESULTS, ANSWERS = (
    str(TEAM / name) for name in ("ratings.csv", "results.jsonl", "answers.jsonl")
)
QUICK = ("--samples", "200")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["calibrate", *words], env={"COLUMNS": "80"})


@pytest.fixture(scope="module")
def example() -> Result:
    return run(RATINGS, RESULTS, *QUICK)


def test_the_verdict_comes_first_in_words(example: Result) -> None:
    assert example.exit_code == 0
    lines = [line for line in example.stdout.splitlines() if line.strip()]
    assert lines[0] == "May these grades be trusted?"
    words = ("not enough data", "practice only", "second reader", "may grade alone")
    assert any(word in lines[2] for word in words)


def test_the_terminal_report_fits_eighty_columns(example: Result) -> None:
    assert max(map(len, example.stdout.splitlines())) <= 80


def test_lenient_and_severe_people_are_told(example: Result) -> None:
    told = {line.split()[0]: line for line in example.stdout.splitlines() if line.strip()}
    assert "lenient" in told["ben"]
    assert "severe" in told["chen"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rasch_model_says_a_line_a_rater_on_terminal_and_page(
    tmp_path: Path, language: str
) -> None:
    page = tmp_path / "page.html"
    done = run(RATINGS, RESULTS, "--rasch", "--html", str(page), "--lang", language, *QUICK)
    title, severe = {"en": ("many-facet Rasch", "severe"), "zh": ("多面 Rasch", "偏严")}[language]
    printed = done.stdout.split(title)[1]
    lines = {line.split()[0]: line for line in printed.splitlines()[1:] if line.strip()}
    assert {"ana", "ben", "chen", "example-model"} <= lines.keys()
    assert "0.05" in lines["chen"]
    assert max(map(len, done.stdout.splitlines())) <= 80
    written = page.read_text(encoding="utf-8").split(title)[1]
    assert all(f">{rater}</th>" in written for rater in ("ana", "ben", "chen", "example-model"))
    assert severe in Path(page).read_text(encoding="utf-8")


def test_without_rasch_no_report_speaks_of_it(example: Result) -> None:
    assert "Rasch" not in example.stdout


def test_json_is_the_whole_report() -> None:
    found = json.loads(run(RATINGS, RESULTS, "--json", *QUICK).stdout)
    assert found["schema"] == "calibration/1"
    assert found["raters"]["ana"] == 24
    assert found["provenance"]["samples"] == 200


def test_the_page_is_written_with_the_answers_in_it(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run(RATINGS, RESULTS, "--html", str(page), "--answers", ANSWERS, *QUICK)
    assert done.exit_code == 0
    assert "<mark" in page.read_text(encoding="utf-8")


def test_a_team_may_draw_its_own_lines(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text("least_answers = 100\n", encoding="utf-8")
    done = run(RATINGS, RESULTS, "--thresholds", str(ours), *QUICK)
    assert "not enough data" in done.stdout.splitlines()[3]


def test_groups_are_joined_by_candidate(tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    rows = "".join(f"c{i:02d},{'xy'[i % 2]}\n" for i in range(1, 25))
    groups.write_text(f"candidate,half\n{rows}", encoding="utf-8")
    done = run(RATINGS, RESULTS, "--groups", str(groups), "--pass-mark", "60", *QUICK)
    assert "half" in done.stdout
    assert "too few" in done.stdout


def test_a_fault_ends_in_its_line_and_exit_code_2(tmp_path: Path) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("answer_id,rater,score\nnobody,ana,50\n", encoding="utf-8")
    done = run(str(ratings), RESULTS)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"grade: {ratings}:2: no answer 'nobody' in the results")


def test_the_template_of_the_results_is_a_sheet_to_fill() -> None:
    done = run("template", RESULTS, "--rater", "ana", "--rater", "ben")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == 2 * 24 * 6
    assert all(row["claim"] for row in rows)


def test_no_drift_between_a_file_and_itself() -> None:
    done = run("drift", RESULTS, RESULTS)
    assert done.exit_code == 0
    assert "No drift" in done.stdout


def test_drift_fails_a_build(write_results: WriteResults) -> None:
    old, new = (
        write_results(records(Team(answers=80, bias=bias), 1)[0].grades) for bias in (0.0, 0.6)
    )
    done = run("drift", str(old), str(new), "--json")
    assert done.exit_code == 4
    assert json.loads(done.stdout)["moved"] == "moved"


def test_a_plan_needs_no_files() -> None:
    done = run("plan", "--people", "3", "--width", "0.1")
    assert done.exit_code == 0
    assert "An interval of width 0.1 takes about" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_report_reads_in_chinese() -> None:
    done = run(RATINGS, RESULTS, "--lang", "zh", *QUICK)
    assert "这些评分可信吗?" in done.stdout


def test_help_names_the_commands_beside_it() -> None:
    done = run("--help")
    for word in ("RATINGS", "template", "drift", "plan", "--thresholds"):
        assert word in done.stdout


def rated(path: Path, change: Callable[[dict[str, str]], str | None]) -> str:
    """The example's sheet with another verdict in each row; without the row where it is None."""
    with Path(RATINGS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, list(rows[0]))
        sheet.writeheader()
        for row in rows:
            if verdict := change(row):
                sheet.writerow(row | {"verdict": verdict})
    return str(path)


def test_a_rater_who_always_says_the_same_is_named(tmp_path: Path) -> None:
    path = rated(tmp_path / "r.csv", lambda r: "met" if r["rater"] == "ben" else r["verdict"])
    page = tmp_path / "page.html"
    told = run(path, RESULTS, "--html", str(page), *QUICK).stdout
    assert "ben gave all 24 answers the same score" in told
    assert "ana gave" not in told
    assert "ben gave all 24 answers the same score" in page.read_text(encoding="utf-8")


def test_answers_with_a_key_point_left_out_are_counted(tmp_path: Path) -> None:
    path = rated(
        tmp_path / "r.csv",
        lambda r: None if (r["rater"], r["key_point"]) == ("ben", "broadcast") else r["verdict"],
    )
    found = json.loads(run(path, RESULTS, "--json", *QUICK).stdout)
    whole = json.loads(run(RATINGS, RESULTS, "--json", *QUICK).stdout)
    assert found["provenance"]["excluded"]["incomplete"] == 12
    assert whole["provenance"]["excluded"]["incomplete"] == 0
    assert "left a key point out (12;" in " ".join(run(path, RESULTS, *QUICK).stdout.split())


def test_of_several_models_each_question_names_its_own(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    text = Path(RESULTS).read_text(encoding="utf-8")
    other.write_text(text.replace("example-model", "other-model"), encoding="utf-8")
    told = run(RATINGS, RESULTS, str(other), *QUICK).stdout
    rows = [line.split() for line in told.splitlines() if line.startswith("bank-conflict  ")]
    assert [row[1] for row in rows] == ["example-model", "other-model"]


def test_one_answer_is_not_told_as_several(tmp_path: Path) -> None:
    path = rated(
        tmp_path / "r.csv",
        lambda r: (
            r["verdict"] if (r["answer_id"], r["rater"]) == ("c09-bank-conflict", "ana") else ""
        ),
    )
    told = run(path, RESULTS, *QUICK).stdout
    assert "both rated only one answer of one candidate." in " ".join(told.split())


def test_every_fault_stands_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = rated(tmp_path / "r.csv", lambda r: "good" if r["rater"] == "ben" else r["verdict"])
    done = run(path, RESULTS)
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert len(lines) == MOST + 1
    assert all(line.startswith(f"grade: {path}:") for line in lines)
    assert lines[-1].endswith(" more")


def fit(
    write_results: WriteResults, tmp_path: Path, team: Leaning, *words: str
) -> tuple[Result, Path]:
    """Fits the team's level into a file."""
    results, ratings = leaning(team)
    sheet, out = write(tmp_path / "ratings.csv", ratings), tmp_path / "level.toml"
    found = write_results(results.grades)
    return run("fit", sheet, str(found), "--out", str(out), *words), out


def test_a_teams_level_is_told_with_its_gain_and_written(
    write_results: WriteResults, tmp_path: Path
) -> None:
    done, out = fit(write_results, tmp_path, Leaning(40, leniency=2.0))
    assert done.exit_code == 0
    level = read_level(out)
    assert level.leniency > 0
    assert f"40 answers, 1 rater: leniency {level.leniency:+.2f}" in done.stdout
    assert "On answers left out: QWK" in done.stdout
    assert f"--calibration {out}" in done.stdout


def test_a_teams_level_as_json_is_what_was_written(
    write_results: WriteResults, tmp_path: Path
) -> None:
    team = Leaning(20, leniency=2.0, raters=2, by_score=False)
    done, out = fit(write_results, tmp_path, team, "--json")
    found = json.loads(done.stdout)
    assert TeamLevel.model_validate(found["level"]) == read_level(out)
    assert (found["answers"], found["raters"], found["judge"]) == (20, 2, "m")
    assert found["error"]["after"] < found["error"]["before"]


def test_too_few_answers_for_a_level_are_one_line_with_their_number(
    write_results: WriteResults, tmp_path: Path
) -> None:
    done, out = fit(write_results, tmp_path, Leaning(19))
    assert done.exit_code == 2
    assert done.stderr.startswith("grade: 19 answers were graded by people")
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_records_without_probabilities_make_no_level(tmp_path: Path) -> None:
    done = run("fit", RATINGS, RESULTS, "--out", str(tmp_path / "level.toml"))
    assert done.exit_code == 2
    assert done.stderr.startswith("grade: the records hold no probabilities: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"level": TeamLevel().model_dump()}, "--calibration"),
        ({"model": "n"}, "several judges (m, n)"),
    ],
)
def test_records_at_a_level_or_of_several_judges_make_no_level(
    change: dict[str, object], why: str, write_results: WriteResults, tmp_path: Path
) -> None:
    results, ratings = leaning(Leaning(30))
    odd = results.grades[0].model_copy(update={"judge": JUDGE.model_copy(update=change)})
    path = write_results((odd, *results.grades[1:]))
    sheet, out = write(tmp_path / "ratings.csv", ratings), tmp_path / "level.toml"
    done = run("fit", sheet, str(path), "--out", str(out))
    assert done.exit_code == 2
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_a_level_that_cannot_be_written_is_one_line(
    write_results: WriteResults, tmp_path: Path
) -> None:
    out = tmp_path / "none" / "level.toml"
    done, _ = fit(write_results, tmp_path, Leaning(20), "--out", str(out))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"grade: {out}: cannot be written")

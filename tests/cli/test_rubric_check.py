"""``grade rubric check`` as people and CI call it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from tests.support.rubric_files import GOOD, LABELLED, labelled, write

VAGUE = GOOD.replace('met = "Vary with its effect on the key"', 'met = "Vary with a good example"')


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["rubric", "check", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_a_good_file_ends_with_0_and_says_so(tmp_path: Path) -> None:
    assert run(write(tmp_path, GOOD)) == (0, "", "1 rubric checked, 0 findings\n")


def test_a_finding_ends_with_1_and_is_one_line_on_stdout(tmp_path: Path) -> None:
    code, out, err = run(write(tmp_path, VAGUE))
    assert code == 1
    assert out.count("\n") == 1
    assert "warning: vary.notes.met: " in out
    assert "1 finding" in err


def test_json_holds_the_same_findings(tmp_path: Path) -> None:
    code, out, _ = run(write(tmp_path, VAGUE), "--json")
    (found,) = json.loads(out)
    assert code == 1
    assert (found["severity"], found["rule"], found["key"]) == (
        "warning",
        "vague",
        "vary.notes.met",
    )


def test_without_files_every_rubric_is_checked_own_ones_first(tmp_path: Path) -> None:
    write(tmp_path, VAGUE)
    code, out, err = run("--rubrics", tmp_path)
    assert code == 1
    assert "http-caching.toml" in out
    assert "19 rubrics" in err


def test_a_folder_or_an_id_may_be_named(tmp_path: Path) -> None:
    write(tmp_path, VAGUE)
    assert run(tmp_path)[0] == 1
    assert run("bank-conflict")[2] == "1 rubric checked, 0 findings\n"


@pytest.mark.parametrize("name", ["nowhere.toml", "no/where", "bank-conflic"])
def test_a_name_of_nothing_is_a_wrong_call(name: str) -> None:
    code, out, err = run(name)
    assert (code, out) == (2, "")
    assert err.startswith("grade: ")
    assert err.count("\n") == 1


def test_an_empty_folder_is_a_wrong_call(tmp_path: Path) -> None:
    assert run(tmp_path)[0] == 2


def test_quotations_are_looked_for_in_a_text_at_hand(tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Caching\n\n浏览器带上 ETag 去问服务器,\n没变就回 304。", encoding="utf-8")
    path = write(tmp_path, GOOD)
    assert run(path, "--source", f"notes={notes}")[0] == 0
    notes.write_text("# Caching\n\n浏览器问服务器。", encoding="utf-8")
    code, out, _ = run(path, "--source", f"notes={notes}")
    assert code == 1
    assert "validators.sources[0].quote: does not stand in" in out
    assert run(path, "--source", "notes")[0] == 2


def test_labelled_answers_that_no_longer_fit_are_told(tmp_path: Path) -> None:
    assert run(labelled(tmp_path))[0] == 0
    code, out, _ = run(labelled(tmp_path, LABELLED.replace("vary = ", "very = ")))
    assert code == 1
    assert "labelled/http-caching.toml:1: error: answer strong-en" in out

"""``grade rubric diff`` needs no call for what is arithmetic, and few for the rest."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from grader.answer import from_text
from grader.cli.app import app
from grader.ledger.ledger import Ledger, default_path
from grader.record import Digests, Grade, PointGrade, Verdict
from grader.rubric.files import read_rubric
from grader.scoring import total
from tests.support.fakes import completion, judgement
from tests.support.records import record
from tests.support.rubric_files import GOOD, write

TEXT = "Vary adds the listed header fields to the key."
VERDICTS = {"vary": Verdict.MET}
LIGHTER = GOOD.replace("weight = 1", "weight = 2")
REWORDED = GOOD.replace("Vary makes the values", "The Vary header makes the values")


@pytest.fixture
def grade(tmp_path: Path) -> Grade:
    """An answer by the old version, in the ledger: only ``vary`` was met."""
    old = read_rubric(write(tmp_path, GOOD))
    points = tuple(
        PointGrade(id=p.id, weight=p.weight, verdict=VERDICTS.get(p.id, Verdict.MISSED))
        for p in old.key_points
    )
    digests = Digests(answer=from_text(TEXT, "a").digest, rubric=old.digest, prompt="sha256:0")
    given = record(
        question=old.id, answer_id="ann", key_points=points, score=total(points), digests=digests
    )
    with Ledger(default_path()) as ledger:
        ledger.keep_grade(given)
    return given


def run(folder: Path, new: str, *words: str) -> tuple[int, str, str]:
    old = folder / "before.toml"
    old.write_text(GOOD, encoding="utf-8")
    done = CliRunner().invoke(app, ["rubric", "diff", str(old), str(write(folder, new)), *words])
    return done.exit_code, done.stdout, done.stderr


def test_grades_in_the_ledger_are_added_up_anew(grade: Grade, tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, LIGHTER)
    assert (code, grade.answer_id) == (0, "ann")
    assert "vary: weight: 1 -> 2" in out
    assert "ann: 11.1 -> 20 % (+8.9)" in out
    assert "vary: met, +8.9 %" in out


def test_records_in_a_file_serve_as_well(grade: Grade, tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text(grade.to_json() + "\n\n", encoding="utf-8")
    Path(default_path()).unlink()
    found = json.loads(run(tmp_path, LIGHTER, str(file), "--json")[1])
    assert found["schema"] == "rubric-diff/1"
    assert found["effects"][0]["after"]["percent"] == 20


@pytest.mark.usefixtures("grade")
def test_what_was_reworded_is_open_without_a_call(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, REWORDED)
    assert code == 0
    assert "ann: 11.1 -> 0 to 11.1 %" in out


@pytest.mark.usefixtures("grade")
def test_regrading_asks_about_what_was_reworded_alone(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    reply = judgement(read_rubric(write(tmp_path, REWORDED)))
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        completion(json.dumps(reply)), content_type="application/json"
    )
    texts = tmp_path / "answers"
    texts.mkdir()
    (texts / "ann.txt").write_text(TEXT, encoding="utf-8")
    (texts / "other.bin").write_bytes(b"\0")
    call = ["--regrade", "--answers", str(texts), "--model", "m"]
    code, out, _ = run(tmp_path, REWORDED, *call, "--base-url", httpserver.url_for("/v1"))
    assert code == 0
    assert "ann: 11.1 -> 0 % (-11.1)" in out
    assert "vary: met -> missed, -11.1 %" in out
    (request, _), *others = httpserver.log
    assert not others
    assert "## vary" in request.get_data(as_text=True)
    assert "## validators" not in request.get_data(as_text=True)


@pytest.mark.usefixtures("grade")
def test_an_answer_whose_text_is_nowhere_is_told(tmp_path: Path) -> None:
    out = run(tmp_path, REWORDED, "--regrade")[1]
    assert "text is not at hand: 1" in out


@pytest.mark.parametrize(
    ("new", "words", "said"),
    [
        (GOOD.replace('id = "http-caching"', 'id = "other"'), [], "two versions of one"),
        ("x = ", [], "not TOML"),
        (GOOD, ["nowhere.jsonl"], "cannot be read"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    tmp_path: Path, new: str, words: list[str], said: str
) -> None:
    code, out, err = run(tmp_path, new, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text('\n{"schema": "grade/1"}\n', encoding="utf-8")
    code, _, err = run(tmp_path, LIGHTER, str(file))
    assert code == 2
    assert f"{file}:2: not a record" in err

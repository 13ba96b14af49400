"""``grade rubric test --fit-confidence`` and what ``--confidence`` makes of its file."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from grader.cli.app import app
from grader.judge.stated import read_confidence
from grader.trust.trial.run import cases
from grader.util.files import data_folder
from tests.support.stating import StatingModel

QUESTIONS = ("bank-conflict", "paged-attention", "tensor-core")
FILES = tuple(data_folder("rubrics") / f"{name}.toml" for name in QUESTIONS)


class Desk:
    """A folder with an endpoint that knows the labels."""

    def __init__(self, server: HTTPServer, folder: Path, model: StatingModel) -> None:
        self.url = server.url_for("/v1")
        self.folder, self.model = folder, model
        self.file = folder / "confidence.toml"
        self.env = {"OPENAI_API_KEY": "x", "GRADER_LEDGER": str(folder / "ledger")}

        def reply(request: Request) -> Response:
            body = json.loads(request.get_data())
            return Response(model.reply(body), content_type="application/json")

        server.expect_request("/v1/chat/completions").respond_with_handler(reply)

    def run(self, *words: str) -> Result:
        where = ("--base-url", self.url)
        return CliRunner().invoke(app, [*words, *where], env=self.env)

    def fit(self, *words: str, model: str = "m") -> Result:
        files = map(str, FILES)
        given = ("--fit-confidence", str(self.file), "--model", model)
        return self.run("rubric", "test", *files, *given, *words)

    def batch(self, out: str, *words: str) -> Result:
        """Grades the labelled answers to one question with up to three votes."""
        session = self.folder / "session.jsonl"
        rows = [
            {"question": QUESTIONS[0], "answer": c.answer.text, "id": c.answer.id}
            for c in cases(FILES[0])
        ]
        session.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        self.model.asked.clear()
        call = ("batch", str(session), "--votes", "3", "--out", str(self.folder / out))
        return self.run(*call, *words)


@pytest.fixture
def desk(httpserver: HTTPServer, tmp_path: Path) -> Desk:
    given = [case for file in FILES for case in cases(file)]
    return Desk(httpserver, tmp_path, StatingModel(given))


def test_a_fit_is_printed_and_written_and_then_only_what_pays_is_asked_again(desk: Desk) -> None:
    desk.model.right = {"certain": 0.99, "likely": 0.65}
    done = desk.fit("--repeats", "3")
    assert done.exit_code == 0, done.output
    assert "calibration error (ECE)" in done.stdout
    assert "further sample" in done.stdout
    fitted = read_confidence(desk.file)
    assert fitted.chances["likely"] < fitted.unsure_below
    graded = desk.batch("r.jsonl", "--model", "m", "--confidence", str(desk.file))
    assert graded.exit_code in (0, 3), graded.output
    lines = (desk.folder / "r.jsonl").read_text("utf-8").splitlines()
    records = [r for r in map(json.loads, lines) if r["judge"]["kind"] != "code"]
    assert all(r["judge"]["confidence"] == fitted.chances for r in records)
    voted = {(r["answer_id"], p["id"]) for r in records for p in r["key_points"] if p["votes"]}
    by_id = {case.answer.id: case.answer for case in cases(FILES[0])}
    unsure = {
        (r["answer_id"], p["id"])
        for r in records
        for p in r["key_points"]
        if desk.model.word(by_id[r["answer_id"]], p["id"]) == "likely"
    }
    assert voted == unsure
    assert unsure
    further = desk.model.asked
    assert max(map(len, further)) < len(cases(FILES[0])[0].answer.verdicts)
    assert len(further) <= 2 * len(records)


def test_what_is_as_right_as_the_rest_is_not_asked_again_and_calls_are_spared(desk: Desk) -> None:
    desk.model.right = {"certain": 1.0, "likely": 1.0}
    assert desk.fit("--repeats", "2").exit_code == 0
    desk.batch("plain.jsonl", "--model", "m")
    plain = len(desk.model.asked)
    desk.batch("fitted.jsonl", "--model", "m", "--confidence", str(desk.file))
    assert plain > 0
    assert len(desk.model.asked) == 0  # first samples are in the ledger, and no second one pays


def test_the_settings_file_may_name_it(desk: Desk) -> None:
    assert desk.fit("--repeats", "2").exit_code == 0
    config = desk.folder / "grade.toml"
    config.write_text('model = "m"\nconfidence = "confidence.toml"\n', "utf-8")
    done = desk.run("--config", str(config), "batch", str(desk.folder / "none.jsonl"))
    assert "none.jsonl" in done.stderr
    (desk.folder / "answer.txt").write_text(cases(FILES[0])[0].answer.text, "utf-8")
    text = str(desk.folder / "answer.txt")
    done = desk.run("--config", str(config), text, "--q", QUESTIONS[0], "--json")
    assert json.loads(done.stdout)["judge"]["confidence"] == read_confidence(desk.file).chances


def test_another_model_is_judged_without_it_and_that_is_said(desk: Desk) -> None:
    assert desk.fit().exit_code == 0
    done = desk.batch("r.jsonl", "--model", "other", "--confidence", str(desk.file))
    assert "the confidence fitted to m is not used for other" in done.stderr
    line = (desk.folder / "r.jsonl").read_text("utf-8").splitlines()[0]
    assert "confidence" not in json.loads(line)["judge"]


def test_too_few_labels_and_several_judges_are_refused_before_anything_is_asked(desk: Desk) -> None:
    few = ("--fit-confidence", str(desk.file), "--model", "m")
    done = desk.run("rubric", "test", str(FILES[0]), *few)
    assert done.exit_code == 2
    assert "of 1 questions; it takes at least 100 of at least 3" in done.stderr
    done = desk.fit("--model", "other")
    assert done.exit_code == 2
    assert "fit each model on its own" in done.stderr
    done = desk.fit("--ask", "per-point")
    assert done.exit_code == 2
    assert "asked in one call" in done.stderr
    assert not desk.model.asked
    assert not desk.file.exists()


def test_json_holds_the_fit_beside_the_report(desk: Desk) -> None:
    done = desk.fit("--json")
    found = json.loads(done.stdout)
    assert found["schema"] == "rubric-test/1"
    fit = found["confidence_fit"]
    assert fit["confidence"]["model"] == "m"
    assert {word["word"] for word in fit["words"]} >= {"certain", "likely"}

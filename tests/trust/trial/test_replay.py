"""A cascade's thresholds are compared on labelled answers, from replies that are there already."""

import asyncio
import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Request, Response

from grader.cli.app import app
from grader.judge.cascade import Cascade
from grader.record import Verdict
from grader.rubric.files import read_rubric
from grader.trust.trial.replay import Replay, replay
from grader.trust.trial.run import cases, run
from tests.support.fakes import completion, judgement
from tests.support.judges import ToldJudge
from tests.support.rubric_files import labelled


def judges(folder: Path) -> tuple[ToldJudge, ToldJudge]:
    """A first judge that misses everything, ever surer, and a second one that meets everything."""
    names = [point.id for point in read_rubric(labelled(folder)).key_points]
    first = {name: (Verdict.MISSED, 0.5 + number / 10) for number, name in enumerate(names)}
    return ToldJudge("small", first), ToldJudge("large")


def table(folder: Path) -> Replay:
    given = cases(labelled(folder))
    return replay(asyncio.run(run(given, judges(folder))))


def test_a_higher_threshold_sends_more_on_until_the_second_judge_alone_is_left(
    tmp_path: Path,
) -> None:
    found = table(tmp_path)
    sent = [row.points_sent.right for row in found.rows]
    assert sent == sorted(sent)
    assert (sent[0], sent[-1]) == (0, found.rows[-1].points_sent.of)
    assert found.rows[0].right == found.first_alone.right
    assert found.rows[-1].right == found.second_alone.right
    assert (found.first, found.second) == ("small", "large")


def test_the_table_says_what_the_cascade_itself_would_have_got_right(tmp_path: Path) -> None:
    given = cases(labelled(tmp_path))
    first, second = judges(tmp_path)
    for row in table(tmp_path).rows:
        trials = asyncio.run(run(given, [Cascade(first, second, row.unsure_below)]))
        hits = [
            point.verdict == trial.case.answer.verdicts[point.id].verdict
            for trial in trials
            for point in trial.grade.key_points
        ]
        assert (row.right.right, row.right.of) == (sum(hits), len(hits))


@pytest.fixture
def endpoint(httpserver: HTTPServer, tmp_path: Path) -> HTTPServer:
    """Says of everything that it was missed: the model ``small`` unsure, any other certain."""
    rubric = read_rubric(labelled(tmp_path))

    def handler(request: Request) -> Response:
        word = "unsure" if request.get_json()["model"] == "small" else "certain"
        said = judgement(rubric)
        for point in said["key_points"].values():
            point["confidence"] = word
        return Response(completion(json.dumps(said)), content_type="application/json")

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(handler)
    return httpserver


def grade(endpoint: HTTPServer, folder: Path, *words: str) -> tuple[int, str, str]:
    url = endpoint.url_for("/v1")
    call = ["rubric", "test", str(folder / "http-caching.toml"), "--base-url", url, *words]
    done = CliRunner().invoke(app, call)
    return done.exit_code, done.stdout, done.stderr


def test_it_is_replayed_from_the_ledger_alone(endpoint: HTTPServer, tmp_path: Path) -> None:
    cascade = ("--model", "small", "--then", "large", "--replay-cascade")
    code, _, err = grade(endpoint, tmp_path, *cascade)
    assert (code, len(endpoint.log)) == (2, 0)
    assert "the ledger lacks 2 replies of small: grade rubric test --model small first" in err
    grade(endpoint, tmp_path, "--model", "small")
    grade(endpoint, tmp_path, "--model", "large")
    asked = len(endpoint.log)
    code, out, _ = grade(endpoint, tmp_path, *cascade)
    assert (code, len(endpoint.log)) == (0, asked)
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "0.0 %" in rows["0.4"]
    assert "100.0 %" in rows["0.5"]
    code, out, _ = grade(endpoint, tmp_path, *cascade, "--json")
    assert Replay.model_validate_json(out).second == "large"


def test_without_a_second_judge_there_is_nothing_to_replay(
    endpoint: HTTPServer, tmp_path: Path
) -> None:
    code, _, err = grade(endpoint, tmp_path, "--model", "small", "--replay-cascade")
    assert code == 2
    assert "--then NAME" in err


def test_a_cascade_is_tested_on_labelled_answers_as_any_judge(
    endpoint: HTTPServer, tmp_path: Path
) -> None:
    code, out, _ = grade(endpoint, tmp_path, "--model", "small", "--then", "large", "--json")
    found = json.loads(out)
    assert (code, found["judge"]["model"]) == (0, "small then large below 0.75")
    assert found["usage"]["calls"] == 4

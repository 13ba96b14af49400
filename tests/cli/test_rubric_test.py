"""``grade rubric test`` as people and CI call it."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Request, Response

from grader.cli.app import app
from grader.rubric.files import read_rubric
from tests.support.fakes import completion, judgement
from tests.support.rubric_files import GOOD, labelled, write


@pytest.fixture
def endpoint(httpserver: HTTPServer, tmp_path: Path) -> HTTPServer:
    """Says of everything that it was missed."""
    reply = completion(json.dumps(judgement(read_rubric(labelled(tmp_path)))))

    def handler(_: Request) -> Response:
        return Response(reply, content_type="application/json")

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(handler)
    return httpserver


def run(endpoint: HTTPServer, folder: Path, *words: str) -> tuple[int, str, str]:
    url = endpoint.url_for("/v1")
    call = ["rubric", "test", str(folder / "http-caching.toml"), "--base-url", url]
    done = CliRunner().invoke(app, [*call, "--model", "m", *words])
    return done.exit_code, done.stdout, done.stderr


def test_it_prints_agreement_and_differences(endpoint: HTTPServer, tmp_path: Path) -> None:
    code, out, err = run(endpoint, tmp_path)
    assert code == 0
    assert "accuracy     0.500" in out
    assert "label met, judge missed" in out
    assert "2/2" in err


def test_nothing_is_asked_again_while_nothing_changed(endpoint: HTTPServer, tmp_path: Path) -> None:
    run(endpoint, tmp_path)
    asked = len(endpoint.log)
    assert asked == 2
    code, out, _ = run(endpoint, tmp_path, "--json")
    assert (code, len(endpoint.log)) == (0, asked)
    assert json.loads(out)["usage"]["from_ledger"] is True


def test_every_repeat_is_a_sample_of_its_own(endpoint: HTTPServer, tmp_path: Path) -> None:
    code, out, _ = run(endpoint, tmp_path, "--repeats", "3", "--json")
    assert (code, len(endpoint.log)) == (0, 6)
    assert json.loads(out)["stability"]["same"] == {"right": 8, "of": 8}


@pytest.mark.parametrize(
    ("threshold", "code"),
    [
        (["--min-accuracy", "0.5"], 0),
        (["--min-accuracy", "0.51"], 4),
        (["--min-kappa", "0"], 0),
        (["--min-kappa", "0.1"], 4),
    ],
)
def test_below_a_threshold_it_ends_with_4(
    endpoint: HTTPServer, tmp_path: Path, threshold: list[str], code: int
) -> None:
    assert run(endpoint, tmp_path, *threshold)[0] == code


def test_a_judge_that_grades_nothing_ends_with_1(httpserver: HTTPServer, tmp_path: Path) -> None:
    labelled(tmp_path)
    refused = completion(None, refusal="no")
    httpserver.expect_request("/v1/chat/completions").respond_with_data(refused)
    assert run(httpserver, tmp_path, "--min-accuracy", "0.1")[0] == 1


def test_without_labelled_answers_the_call_is_wrong(tmp_path: Path, httpserver: HTTPServer) -> None:
    write(tmp_path, GOOD)
    code, out, err = run(httpserver, tmp_path)
    assert (code, out) == (2, "")
    assert "labelled" in err

"""``grade rubric draft`` writes a file for a person, and never over one unasked."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from grader.cli.app import app
from grader.rubric.files import read_rubric
from tests.support.drafts import GOOD, TCP, changed, point
from tests.support.fakes import completion


@pytest.fixture
def endpoint(httpserver: HTTPServer) -> HTTPServer:
    reply = completion(json.dumps(GOOD))
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        reply, content_type="application/json"
    )
    return httpserver


def run(endpoint: HTTPServer, folder: Path, *words: str) -> tuple[int, str, str]:
    call = ["rubric", "draft", str(TCP), "--q", "tcp-handshake", "--rubrics", str(folder)]
    call += ["--base-url", endpoint.url_for("/v1"), "--model", "m", *words]
    done = CliRunner().invoke(app, call)
    return done.exit_code, done.stdout, done.stderr


def test_it_writes_a_checked_file_that_says_where_it_comes_from(
    endpoint: HTTPServer, tmp_path: Path
) -> None:
    code, out, err = run(endpoint, tmp_path)
    assert (code, out) == (0, "")
    assert "3 key points" in err
    path = tmp_path / "tcp-handshake.toml"
    assert len(read_rubric(path).key_points) == 3
    head = path.read_text(encoding="utf-8").splitlines()[0]
    assert head.startswith("# Drafted by m from tcp-handshake.md (sha256:")


def test_a_file_that_exists_is_compared_and_left_as_it_is(
    endpoint: HTTPServer, tmp_path: Path
) -> None:
    path = tmp_path / "tcp-handshake.toml"
    path.write_text("mine = 1\n", encoding="utf-8")
    code, out, err = run(endpoint, tmp_path)
    assert code == 1
    assert "-mine = 1" in out
    assert '+id = "own-fin"' in out
    assert "--force" in err
    assert path.read_text(encoding="utf-8") == "mine = 1\n"
    assert run(endpoint, tmp_path, "--force")[0] == 0
    assert read_rubric(path).id == "tcp-handshake"


def test_the_question_stays_as_it_was_given(endpoint: HTTPServer, tmp_path: Path) -> None:
    run(endpoint, tmp_path, "--question", "连接是怎么建立的?")
    question = read_rubric(tmp_path / "tcp-handshake.toml").question
    assert question.zh == "连接是怎么建立的?"
    assert question.en == GOOD["question_en"]


def test_a_dash_prints_the_draft(endpoint: HTTPServer, tmp_path: Path) -> None:
    code, out, _ = run(endpoint, tmp_path, "--out", "-")
    assert code == 0
    assert 'id = "own-fin"' in out
    assert not list(tmp_path.glob("*.toml"))


def test_nothing_is_paid_twice(endpoint: HTTPServer, tmp_path: Path) -> None:
    run(endpoint, tmp_path)
    run(endpoint, tmp_path)
    assert len(endpoint.log) == 1


def test_a_model_that_invents_everything_writes_nothing(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    invented = changed(key_points=[point("TCP needs no handshake at all.", "none")])
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        completion(json.dumps(invented)), content_type="application/json"
    )
    code, out, err = run(httpserver, tmp_path)
    assert (code, out) == (1, "")
    assert "no key point is backed" in err
    assert not list(tmp_path.glob("*.toml"))


def test_a_model_that_refuses_is_told_in_one_line(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_data(
        completion(None, refusal="I cannot"), content_type="application/json"
    )
    code, _, err = run(httpserver, tmp_path)
    assert code == 1
    assert err == "grade: m gave no usable draft (refused: I cannot)\n"


@pytest.mark.parametrize(
    "words", [["--q", "No Slug"], ["--out", "other.toml"], ["--out", "tcp-handshake.yaml"]]
)
def test_a_wrong_name_is_told_before_anything_is_paid(
    endpoint: HTTPServer, tmp_path: Path, words: list[str]
) -> None:
    assert run(endpoint, tmp_path, *words)[0] == 2
    assert len(endpoint.log) == 0

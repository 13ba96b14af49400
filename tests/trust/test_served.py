"""Doctor knows the trained judge behind a server from any other, and says how to start it."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner
from werkzeug import Request, Response

from grader.cli.app import app
from grader.judge.prompts import WORDS
from grader.llm.embedded import weights_file
from grader.llm.embedded.engine import escape
from grader.llm.embedded.export import BASE
from grader.trust.served import Likeness, chances_of, fixed_decisions

FIXED = fixed_decisions()
KNOWN = {decision.prompt: decision.chances for decision in FIXED.decisions}
EVEN = (0.25,) * 4


def completed(chances: Sequence[float]) -> str:
    """As vLLM sends it."""
    top = {w: math.log(max(c, 1e-9)) for w, c in zip(WORDS.values(), chances, strict=True)}
    word = max(top, key=lambda w: top[w])
    logprobs = {"tokens": [word], "token_logprobs": [top[word]], "top_logprobs": [top]}
    return json.dumps({"model": "judge", "choices": [{"text": word, "logprobs": logprobs}]})


class Server:
    """Replies to completions by a rule."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.says: Callable[[str], Sequence[float]] = lambda prompt: KNOWN.get(prompt, EVEN)
        self.asked: list[dict[str, Any]] = []

    def reply(self, request: Request) -> Response:
        body = json.loads(request.data)
        if "messages" in body:
            message = {"role": "assistant", "content": "ready"}
            return Response(json.dumps({"choices": [{"message": message}]}))
        self.asked.append(body)
        return Response(completed(self.says(body["prompt"])))


@pytest.fixture
def server(httpserver: HTTPServer) -> Server:
    here = Server(httpserver.url_for("/v1"))
    for path in ("/v1/completions", "/v1/chat/completions"):
        httpserver.expect_request(path).respond_with_handler(here.reply)
    return here


def doctor(url: str, folder: Path, *more: str) -> Any:
    words = ["doctor", "--ask", "trained", "--base-url", url, "--model", "judge", "--quick", *more]
    return CliRunner().invoke(app, words, env={"GRADER_LEDGER": str(folder / "ledger")})


def test_a_dozen_decisions_of_the_shipped_adapter_come_with_the_package() -> None:
    assert FIXED.adapter == weights_file.adapter().sha256
    assert len(FIXED.decisions) == 12
    likeliest = {max(range(4), key=lambda n: d.chances[n]) for d in FIXED.decisions}
    assert likeliest == {0, 1, 2, 3}
    for decision in FIXED.decisions:
        assert sum(decision.chances) == pytest.approx(1, abs=1e-3)
        assert escape(decision.prompt) == decision.prompt


def test_a_server_that_decides_alike_is_the_trained_judge(server: Server, tmp_path: Path) -> None:
    done = doctor(server.url, tmp_path)
    assert done.exit_code == 0, done.output
    assert "12 of 12 fixed decisions" in done.stdout
    assert "vllm serve" not in done.stdout
    assert {body["repetition_penalty"] for body in server.asked} == {1}


def test_small_differences_of_number_formats_are_passed_over(
    server: Server, tmp_path: Path
) -> None:
    server.says = lambda prompt: [c * 0.97 + 0.0075 for c in KNOWN[prompt]]
    assert doctor(server.url, tmp_path).exit_code == 0


@pytest.mark.parametrize("chances", [EVEN, (0.97, 0.01, 0.01, 0.01)])
def test_another_model_is_told_with_the_commands_that_start_the_right_one(
    chances: tuple[float, ...], server: Server, tmp_path: Path
) -> None:
    server.says = lambda _: chances
    done = doctor(server.url, tmp_path)
    assert done.exit_code == 1
    assert "without the adapter" in " ".join(done.stdout.split())
    port = server.url.split(":")[2].partition("/")[0]
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "grade model export judge-adapter" in lines
    (vllm,) = (line for line in lines if line.startswith("vllm serve"))
    for part in (BASE, "--enable-lora", "--lora-modules judge=judge-adapter", f"--port {port}"):
        assert part in vllm
    assert any("sglang.launch_server" in line for line in lines)
    assert any(line.startswith("llama-server") and "adapter.gguf" in line for line in lines)


def test_later_grades_are_warned_of_it_until_it_is_right(server: Server, tmp_path: Path) -> None:
    server.says = lambda _: EVEN
    doctor(server.url, tmp_path)
    assert "careful with this judge" in doctor(server.url, tmp_path).stderr
    server.says = lambda prompt: KNOWN[prompt]
    assert doctor(server.url, tmp_path).exit_code == 0  # it is asked anew, not from the ledger
    assert "careful" not in doctor(server.url, tmp_path).stderr


def test_a_server_without_log_probabilities_is_told(
    server: Server, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.clear_all_handlers()
    text = json.dumps({"choices": [{"text": "Yes", "message": {"content": "ready"}}]})
    for path in ("/v1/completions", "/v1/chat/completions"):
        httpserver.expect_request(path).respond_with_data(text)
    done = doctor(server.url, tmp_path)
    assert done.exit_code == 1
    assert "log-probabilities" in done.stdout
    assert "vllm serve" in done.stdout


def test_a_server_that_completes_no_prompts_is_told(
    server: Server, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.clear_all_handlers()
    text = json.dumps({"choices": [{"message": {"content": "ready"}}]})
    httpserver.expect_request("/v1/chat/completions").respond_with_data(text)
    httpserver.expect_request("/v1/completions").respond_with_json({"error": "no"}, 404)
    done = doctor(server.url, tmp_path)
    assert done.exit_code == 1
    assert "HTTP 404" in done.stdout
    assert "vllm serve" in done.stdout


def test_where_nothing_listens_the_commands_are_said_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.llm.endpoint._backoff", lambda _: 0.0)
    done = doctor("http://127.0.0.1:9/v1", tmp_path)
    assert done.exit_code == 1
    assert "--port 9" in done.stdout


def test_what_is_compared_are_the_words_among_each_other() -> None:
    assert chances_of([-1.0, -1.0, -1.0, -1.0]) == pytest.approx(EVEN)
    assert chances_of([-9999.0, -0.5, -20.0, -20.0])[1] == pytest.approx(1, abs=1e-6)
    found = Likeness([(1.0, 0.0, 0.0, 0.0)], [(0.0, 1.0, 0.0, 0.0)])
    assert (found.different, found.apart) == (1, 0.5)

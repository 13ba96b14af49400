"""`grade web` as a command: one address, this machine alone, and a clean end."""

import io
import signal
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli import web as command
from grader.cli.app import app
from grader.web.door import Door
from grader.web.serve import more_addresses
from tests.support.places import EXAMPLES
from tests.support.web import PORT, Browser
from tests.web.conftest import Start

SESSION = str(EXAMPLES / "team" / "answers.jsonl")
cli = CliRunner()


def test_it_prints_an_address_serves_it_and_ends_cleanly_at_ctrl_c(start: Start) -> None:
    web = start(["--rate", SESSION, "--rater", "ana"])
    assert web.address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(web.address) as reply:
        assert reply.status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(web.address)
    assert web.end(signal.SIGINT) == 0


def test_a_port_that_is_taken_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = cli.invoke(app, ["web", "--no-open", "--port", port])
    assert done.exit_code == 2
    assert f"--port {port}:" in done.stderr
    assert "leave --port out" in done.stderr


def test_enter_in_the_terminal_prints_a_new_address(monkeypatch: pytest.MonkeyPatch) -> None:
    door, told = Door(PORT), list[str]()
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    more_addresses(door, told.append)
    assert len(set(told)) == 2
    for address in told:
        assert Browser(door).get(address).status_code == 200


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda _: None)
    done = cli.invoke(app, ["web"])
    assert done.exit_code == 1
    assert (
        done.stderr == "grade: grade web needs the extra `web`: pip install 'answer-grader[web]'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--rate", "no-such.md"], "no-such.md: no such file"),
        (["--rate", SESSION, "--ratings", "r.csv"], "must end in .jsonl"),
        (["--rate", SESSION, "--rater", " "], "--rater: Type a name"),
        (["--rate", SESSION, "--drawn", "no-plan.csv"], "no-plan.csv: cannot be read"),
        (["--lang", "français"], "--lang français: not the tag of a language"),
    ],
)
def test_what_is_wrong_is_a_line_before_anything_is_served(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # So that a call that is right after all ends
    monkeypatch.setattr("grader.web.serve.serve", lambda *_, **__: None)
    done = cli.invoke(app, ["web", "--no-open", *arguments])
    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_first_grade_loads_nothing_of_it() -> None:
    import subprocess

    code = (
        "import sys, grader.cli.app, grader.cli.grade, grader.grading, grader.report.terminal\n"
        "print([m for m in sys.modules if m.startswith(('grader.web', 'starlette', 'uvicorn'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"

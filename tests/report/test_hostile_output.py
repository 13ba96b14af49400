"""Nothing that a candidate, a model or a file name says steers a terminal, and no secret shows."""

import json
import os
import socket
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.record import Grade
from grader.rubric.files import load_rubric
from grader.util.files import data_folder
from tests.support.fakes import completion, judgement
from tests.support.processes import GradeProcess
from tests.support.records import HARM, RAW, record
from tests.support.stub import Behaviour, Stub, running

KEY = "sk-secret-0123456789"
TEXT = "Banks: " + " then ".join(HARM) + " =cmd|'/c calc'!A0"


class HostileStub(Stub):
    """A model whose every word is hostile too, and whose headers say so."""

    def reply(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        asked = json.loads(body)
        self.stats.requests += 1
        rubric = load_rubric("bank-conflict", (data_folder("rubrics"),))
        first = rubric.key_points[0].id.replace("-", "_")
        missed = {"quotes": [], "reason": "".join(HARM), "verdict": "missed"}
        met = {"quotes": ["Banks"], "reason": "".join(HARM), "verdict": "met"}
        points = {p.id.replace("-", "_"): missed for p in rubric.key_points} | {first: met}
        found = judgement(rubric, **points) | {"feedback": "".join(HARM)}
        reply = json.loads(completion(json.dumps(found)))
        reply["model"] = f"{asked['model']}{''.join(HARM)}"
        return 200, json.dumps(reply).encode(), {}


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("tests.support.stub.Stub", HostileStub)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with running(Behaviour()) as (_, address):
        yield address


def call(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"]])
def test_one_grade_prints_no_control_characters(form: list[str], url: str, tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    file.write_text(TEXT)
    base = ["--q", "bank-conflict", "--model", "m", "--base-url", url]
    said = call(str(file), *base, *form)
    assert "×" in said or "key_points" in said or "|" in said
    assert not RAW.search(said), RAW.findall(said)
    assert KEY not in said


def test_a_session_and_its_reports_hold_no_control_characters(url: str, tmp_path: Path) -> None:
    session = tmp_path / "session.jsonl"
    row = {"question": "bank-conflict", "answer": TEXT, "id": TEXT, "candidate": TEXT}
    session.write_text(json.dumps(row) + "\n" + json.dumps({**row, "question": TEXT}) + "\n")
    reports = {name: tmp_path / f"r.{name}" for name in ("html", "csv", "junit", "markdown")}
    options = [part for name, path in reports.items() for part in (f"--{name}", str(path))]
    out = tmp_path / "results.jsonl"
    said = call(
        "batch", str(session), "--out", str(out), "--model", "m", "--base-url", url, *options
    )
    said += call("history")
    said += call("audit", "--model", "m", "--base-url", url, "--attacks", "2", "--questions", "1")
    assert not RAW.search(said), RAW.findall(said)
    for path in (out, *reports.values()):
        written = path.read_text(encoding="utf-8")
        assert KEY not in written
        if path.suffix != ".html":  # a page shows them as text; see test_page
            assert "\x1b" not in written, path
            assert "\x9b" not in written, path
    assert "=cmd" not in [c[:4] for c in reports["csv"].read_text().split(",")]
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["\x1b[31mred.txt", "\u202etxt.exe", "new\nline"])
def test_error_lines_show_a_hostile_name_on_one_line(name: str, tmp_path: Path) -> None:
    for arguments in (
        [str(tmp_path / name), "--q", "bank-conflict"],
        ["batch", str(tmp_path / name)],
        ["show", name],
        ["audit", "--suite", str(tmp_path / name)],
        ["audit", "--q", name],
        ["rubric", "check", str(tmp_path / name)],
    ):
        said = CliRunner().invoke(app, arguments).output
        assert not RAW.search(said), (arguments, said)


def test_the_record_as_json_is_the_same_record() -> None:
    one = record(feedback=TEXT)
    assert not RAW.search(one.to_json())
    assert Grade.model_validate_json(one.to_json()) == one
    assert Grade.model_validate_json(one.to_json(indent=2)) == one


def test_no_key_is_in_the_ledger(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = tmp_path / "kept.sqlite"
    monkeypatch.setenv("GRADER_LEDGER", str(ledger))
    file = tmp_path / "answer.txt"
    file.write_text(TEXT)
    call(str(file), "--q", "bank-conflict", "--model", "m", "--base-url", url)
    db = sqlite3.connect(ledger)
    for request, body in db.execute("SELECT request, body FROM call"):
        assert KEY.encode() not in zlib.decompress(request) + zlib.decompress(body)
    db.close()
    for part in tmp_path.glob("kept.sqlite*"):
        assert KEY.encode() not in part.read_bytes()
        assert part.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("status", ["401", "403", "404", "quota", "400"])
def test_no_key_is_in_an_error(
    status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    file = tmp_path / "answer.txt"
    file.write_text(f"Banks. stub:{status}")
    with running() as (_, address):
        said = call(str(file), "--q", "bank-conflict", "--model", "m", "--base-url", address)
    assert KEY not in said
    assert KEY[-6:] not in said


def test_nothing_but_the_chosen_endpoint_is_contacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: set[Any] = set()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def watched(self: socket.socket, address: Any) -> None:
        reached.add(address)
        connect(self, address)

    def looked_up(host: Any, *rest: Any, **more: Any) -> Any:
        reached.add(host)
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    session = tmp_path / "session.jsonl"
    session.write_text(json.dumps({"question": "bank-conflict", "answer": "32 banks."}) + "\n")
    with running() as (stub, address):
        port = int(address.rsplit(":", 1)[1].split("/")[0])
        choice = ["--model", "m", "--base-url", address]
        html = ["--html", str(tmp_path / "r.html"), "--out", str(tmp_path / "r.jsonl")]
        call("batch", str(session), *choice, *html)
        call("audit", *choice, "--attacks", "2", "--questions", "1")
        call("doctor", "--quick", *choice)
        assert stub.stats.requests > 3
    assert {a if isinstance(a, str) else a[:2] for a in reached} <= {
        "127.0.0.1",
        b"127.0.0.1",
        ("127.0.0.1", port),
    }


BOMBS: dict[str, Callable[[], bytes]] = {
    "dots.toml": lambda: b"a" + b".a" * 500_000 + b" = 1\n",
    "brackets.toml": lambda: b"a = " + b"[" * 900_000,
    "tables.toml": lambda: b"".join(b"[a.b%d]\n" % n for n in range(60_000)),
    "long.jsonl": lambda: b'{"question": "bank-conflict", "answer": "' + b"a" * 100_000_000,
    "deep.jsonl": lambda: b'{"question":' + b"[" * 3_000_000 + b"\n",
    "long.csv": lambda: b"question,answer\nbank-conflict," + b"a" * 100_000_000,
    "quote.csv": lambda: b'question,answer\nbank-conflict,"' + b"a\n" * 600_000,
    "long.txt": lambda: b"a" * 100_000_000,
}


def little_memory() -> None:
    """A gigabyte of memory and a minute of time for this process."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    arguments = {
        ".toml": ["rubric", "check", str(path)],
        ".txt": [str(path), "--q", "bank-conflict"],
    }.get(path.suffix, ["batch", str(path), "--model", "m", "--base-url", "http://127.0.0.1:9/v1"])
    done = GradeProcess(arguments, os.environ, tmp_path, little_memory)
    out, err = done.communicate()
    assert done.returncode in {1, 2, 3}, err[-500:]
    assert "Traceback" not in err
    assert len(out + err) < 20_000

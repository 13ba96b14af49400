"""Grading on a Ray cluster gives the same records, and a lost node loses nothing."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT
from tests.support.stub import running

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="the extra 'ray' is not installed"
)


def grade(place: Path, url: str, out: str, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "GRADER_LEDGER": str(place / f"{out}.sqlite"), "OPENAI_API_KEY": "x"}
    more = ["--model", "stub", "--base-url", url, "--out", str(place / out), *words]
    code = "from grader.cli.app import main; main()"
    command = [sys.executable, "-c", code, "batch", *more]
    return subprocess.run(  # noqa: PLW1510 - the exit code is looked at
        command, env=env, cwd=place, capture_output=True, text=True, timeout=240
    )


def records(path: Path) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len({record["answer_id"] for record in found}) == len(found)
    return {r["answer_id"]: {k: v for k, v in r.items() if k != "graded_at"} for r in found}


def test_live_and_ray_give_the_same_records(tmp_path: Path) -> None:
    faults = ["Padding. stub:no-quote", "x stub:not-json", "银行 stub:refuse"]
    texts = ["Threads hit one bank.", "...", *faults]
    rows: list[dict[str, Any]] = [
        {
            "question": "bank-conflict",
            "answer": text,
            "id": n,
            "attempted_at": "2026-11-20T10:00:00",
        }
        for n, text in enumerate(texts)
    ]
    rows.append({"question": "no-such-question", "answer": "x", "id": "n"})
    session = tmp_path / "session.jsonl"
    session.write_text("\n".join(map(json.dumps, rows)))
    with running() as (stub, url):
        live = grade(tmp_path, url, "live.jsonl", str(session))
        asked = stub.stats.requests
        on_ray = grade(tmp_path, url, "ray.jsonl", str(session), "--via", "ray", "--actors", "1")
        assert stub.stats.requests == 2 * asked
        again = grade(tmp_path, url, "ray.jsonl", str(session), "--via", "ray", "--actors", "1")
        assert stub.stats.requests == 2 * asked
    assert live.returncode == on_ray.returncode == again.returncode == 3, on_ray.stderr
    wanted = records(tmp_path / "live.jsonl")
    assert len(wanted) == len(texts)
    got = records(tmp_path / "ray.jsonl")
    for record in got.values():  # the second run took everything from the ledger
        record["usage"]["from_ledger"] = wanted[record["answer_id"]]["usage"]["from_ledger"]
    assert json.dumps(got, sort_keys=True) == json.dumps(wanted, sort_keys=True)


def test_columns_and_prices_of_the_users_own_reach_every_actor(tmp_path: Path) -> None:
    (tmp_path / "grade.toml").write_text("[prices.stub]\ninput = 1.0\noutput = 2.0\n")
    session = tmp_path / "session.jsonl"
    session.write_text(json.dumps({"F1": "Padding.", "F2": "Both wait.", "Nr": "007"}))
    named = "F1=bank-conflict,F2=warp-divergence,id=Nr"
    with running() as (_, url):
        words = (str(session), "--via", "ray", "--actors", "1", "--columns", named)
        done = grade(tmp_path, url, "o.jsonl", *words)
    assert done.returncode == 0, done.stderr
    graded = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text("utf-8").splitlines()]
    assert {(r["question"], r["answer_id"]) for r in graded} == {
        ("bank-conflict", "007"), ("warp-divergence", "007"),
    }  # fmt: skip
    for record in graded:
        used = record["usage"]
        paid = (used["input_tokens"] + 2 * used["output_tokens"]) / 1_000_000
        assert record["usage"]["cost_usd"] == pytest.approx(paid)


def test_the_trained_judge_of_a_server_gives_the_same_records_on_ray(tmp_path: Path) -> None:
    rows = [
        {"question": "bank-conflict", "answer": text, "id": n, "attempted_at": "2026-11-20T10:00"}
        for n, text in enumerate(["Threads of a warp hit one bank.", "Padding helps.", "..."])
    ]
    session = tmp_path / "session.jsonl"
    session.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    trained = (str(session), "--ask", "trained")
    with running() as (_, url):
        grade(tmp_path, url, "live.jsonl", *trained)
        grade(tmp_path, url, "ray.jsonl", *trained, "--via", "ray", "--actors", "1")
    wanted = records(tmp_path / "live.jsonl")
    assert len(wanted) == len(rows)
    assert records(tmp_path / "ray.jsonl") == wanted


def test_more_actors_than_cores_leave_room_for_the_rows_to_be_read(tmp_path: Path) -> None:
    session = tmp_path / "session.jsonl"
    session.write_text(json.dumps({"question": "bank-conflict", "answer": "Padding.", "id": "a"}))
    many = str(2 * (os.cpu_count() or 1))
    with running() as (_, url):
        done = grade(tmp_path, url, "o.jsonl", str(session), "--via", "ray", "--actors", many)
    assert done.returncode == 0, done.stderr
    assert list(records(tmp_path / "o.jsonl")) == ["a"]


def test_a_node_lost_in_the_middle_loses_no_answer_and_pays_for_little_twice() -> None:
    script = ROOT / "tests" / "bench" / "lost_node.py"
    done = subprocess.run(  # noqa: PLW1510 - what it prints is looked at
        [sys.executable, str(script), "--answers", "5000"], capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["killed_while_running"]
    assert found["graders_killed"] > 0
    assert found["in_flight_at_the_kill"] > 0
    assert found["lost_in_flight"] > 0
    assert found["exit"] == 0
    assert found["answers"] == 5000
    assert found["most_of_one"] == 1
    assert found["ungraded"] == 0
    assert found["requests_by_answers"] <= 1.05

"""Ledgers can be merged in any order, taken out whole, and cleared of what is old."""

import json
import tempfile
import time
import zlib
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from grader.cli.app import app
from grader.errors import BadInput
from grader.ledger import merge
from grader.ledger.ledger import Ledger
from grader.ledger.writer import Database
from grader.llm.request import Reply, Request
from grader.record import Cause
from tests.support.fakes import completion
from tests.support.records import record

Entry = tuple[int, str, str, int]
"""Which request, its state, the reply's body, and when."""

ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from(["sent", "failed", "done"]),
        st.sampled_from(["one", "two"]),
        st.integers(1, 3),
    ),
    max_size=8,
)


def request(number: int) -> Request:
    return Request("http://e/v1", "m", {"messages": [{"role": "user", "content": str(number)}]})


def fill(path: Path, entries: list[Entry]) -> Ledger:
    ledger = Ledger(path)
    ledger.write(lambda db: _insert(db, entries))
    return ledger


def _insert(db: Database, entries: list[Entry]) -> None:
    for entry in entries:
        _insert_one(db, entry)


def _insert_one(db: Database, entry: Entry) -> None:
    number, state, text, when = entry
    asked, at = request(number), datetime(2026, 1, when, tzinfo=UTC)
    reply = completion(text) if state == "done" else ""
    call = [asked.key, asked.content, 0, state, asked.endpoint, asked.model]
    packed = [zlib.compress(asked.payload), zlib.compress(reply.encode()) if reply else None]
    ended = [None, Cause.TIMEOUT.value if state == "failed" else None, when, when]
    db.execute(
        f"INSERT OR IGNORE INTO call VALUES ({', '.join('?' * 12)}, NULL)",
        (*call, *packed, *ended),
    )
    grade = record(answer_id=str(number), graded_at=at)
    names = "question, answer_id, graded_at, record, identity"
    db.execute(
        f"INSERT OR IGNORE INTO grade ({names}) VALUES (?, ?, ?, ?, ?)",
        (grade.question, grade.answer_id, at.isoformat(), grade.to_json(), str(number)),
    )


def _date(db: Database, key: str, when: int) -> None:
    db.execute("UPDATE call SET started = ?1, finished = ?1 WHERE key = ?2", (when, key))


def content(ledger: Ledger) -> list[dict[str, Any]]:
    return [*merge.rows(ledger, "calls"), *merge.rows(ledger, "grades")]


@settings(max_examples=15)
@given(st.lists(ENTRIES, min_size=2, max_size=3))
def test_ledgers_merge_to_the_same_in_any_order_and_any_number_of_times(
    parts: list[list[Entry]],
) -> None:
    # In memory where the system has such a folder: dozens of files are put on the disk here.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        names = (Path(name, f"{n}.sqlite") for n in count())
        files = [next(names) for _ in parts]
        for file, part in zip(files, parts, strict=True):
            fill(file, part).close()
        found = []
        for order in (files, files[::-1], [*files, *files]):
            with Ledger(next(names)) as into:
                for file in order:
                    merge.merge(into, file)
                found.append(content(into))
        assert found[0] == found[1] == found[2]


def test_a_reply_outranks_a_failure_and_a_request_without_reply(tmp_path: Path) -> None:
    fill(tmp_path / "a", [(1, "failed", "", 1), (2, "sent", "", 1)]).close()
    fill(tmp_path / "b", [(1, "done", "x", 2), (2, "done", "y", 2)]).close()
    with Ledger(tmp_path / "a") as into:
        assert merge.merge(into, tmp_path / "b").replies == 2
        found = into.find(request(1))
        assert found is not None
        assert "x" in found.body


def test_a_ledger_is_not_merged_into_itself_nor_with_nothing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "a") as into:
        with pytest.raises(BadInput, match="no such ledger"):
            merge.merge(into, tmp_path / "b")
        with pytest.raises(BadInput, match="is the ledger"):
            merge.merge(into, tmp_path / "a")
    assert not (tmp_path / "b").exists()


def test_a_damaged_ledger_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("no database at all")
    fill(tmp_path / "a", [(1, "done", "x", 1)]).close()
    done = CliRunner().invoke(
        app, ["ledger", "merge", str(tmp_path / "b"), "--ledger", str(tmp_path / "a")]
    )
    assert done.exit_code == 1
    assert "not a database" in done.stderr
    with Ledger(tmp_path / "a") as left:
        assert merge.sizes(left).replies == 1


def test_export_writes_each_call_with_its_request_and_reply(tmp_path: Path) -> None:
    fill(tmp_path / "a", [(1, "done", "x", 1), (2, "sent", "", 1)]).close()
    out = tmp_path / "calls.jsonl"
    words = ["ledger", "export", str(out), "--part", "calls", "--ledger", str(tmp_path / "a")]
    done = CliRunner().invoke(app, words)
    assert done.stdout.startswith("2 calls written")
    rows = {row["state"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert json.loads(rows["done"]["body"])["choices"][0]["message"]["content"] == "x"
    assert json.loads(rows["done"]["request"])["messages"][0]["content"] == "1"
    assert rows["sent"]["body"] is None


def test_export_to_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    with fill(tmp_path / "a", [(1, "sent", "", 1), (2, "done", "x", 1)]) as ledger:
        merge.export(ledger, "calls", tmp_path / "calls.parquet")
        rows = parquet.read_table(tmp_path / "calls.parquet").to_pylist()
        assert rows == list(merge.rows(ledger, "calls"))
        merge.export(ledger, "grades", tmp_path / "grades.parquet")
        grades = parquet.read_table(tmp_path / "grades.parquet").to_pylist()
        assert [json.loads(row["score"])["percent"] for row in grades] == [
            row["score"]["percent"] for row in merge.rows(ledger, "grades")
        ]


def test_prune_removes_what_is_old_and_a_dry_run_removes_nothing(tmp_path: Path) -> None:
    now = time.time()
    with Ledger(tmp_path / "a") as ledger:
        for number, age in ((1, 100), (2, 10)):
            ledger.answered(request(number), Reply(body=completion("secret words")))
            day = now - age * 86400
            ledger.write(lambda db, n=number, d=day: _date(db, request(n).key, d))  # type: ignore[misc]
            at = datetime.now(UTC) - timedelta(days=age)
            ledger.keep_grade(record(answer_id=str(number), graded_at=at))
        before = now - 90 * 86400
        counted = merge.prune(ledger, before, dry_run=True)
        assert merge.sizes(ledger).calls == 2
        assert merge.prune(ledger, before) == counted == merge.Sizes(1, 1, 1)
        assert merge.sizes(ledger) == merge.Sizes(1, 1, 1)
        assert ledger.find(request(2)) is not None


def test_prune_says_in_words_what_it_would_remove(tmp_path: Path) -> None:
    words = ["ledger", "prune", "--older-than", "90d", "--dry-run", "--ledger", str(tmp_path / "a")]
    done = CliRunner().invoke(app, words)
    assert done.stdout == "Would remove 0 requests with 0 replies, 0 grades.\n"
    wrong = CliRunner().invoke(app, ["ledger", "prune", "--older-than", "soon"])
    assert wrong.exit_code == 2

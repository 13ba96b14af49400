"""`grade doctor --repair` saves what was paid for, says what it found, and throws nothing away."""

import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.errors import LedgerFailed
from grader.ledger.database import MIGRATIONS
from grader.ledger.ledger import Ledger
from grader.ledger.repair import Repair, problem, repair
from grader.llm.request import Reply, Request
from grader.session.results_repair import mend
from tests.support.records import record

REPLIES = 200


def request(number: int) -> Request:
    noise = random.Random(number).randbytes(400).hex()
    return Request("http://e/v1", "m", {"messages": [{"role": "user", "content": noise}]})


def reply(number: int) -> str:
    noise = random.Random(-number).randbytes(300).hex()
    return f'{{"choices": [{{"message": {{"content": "{number} {noise}"}}}}]}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of many replies and a grade, closed."""
    where = tmp_path / "ledger.sqlite"
    with Ledger(where) as ledger:
        for number in range(REPLIES):
            ledger.answered(request(number), Reply(body=reply(number)))
        ledger.keep_grade(record())
    return where


def kept(path: Path) -> int:
    """How many replies the ledger still gives; each is what was paid for."""
    count = 0
    with Ledger(path) as ledger:
        for number in range(REPLIES):
            found = ledger.find(request(number))
            assert found is None or found.body == reply(number)
            count += found is not None
    return count


def test_a_sound_ledger_is_left_alone(path: Path) -> None:
    before = path.read_bytes()
    assert repair(path) == Repair(None)
    assert path.read_bytes() == before


def test_no_ledger_is_nothing_to_repair(tmp_path: Path) -> None:
    assert repair(tmp_path / "none.sqlite") == Repair(None)


def test_a_cut_off_ledger_keeps_the_replies_that_can_be_read(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    found = repair(path)
    assert found.problem
    assert found.aside
    assert found.aside.read_bytes() == whole[: len(whole) * 2 // 3]
    assert kept(path) == found.replies
    assert found.replies > REPLIES // 3
    assert problem(path) is None


def test_the_repair_ends_also_where_what_is_left_gives_rows_in_no_order(tmp_path: Path) -> None:
    where = tmp_path / "ledger.sqlite"
    with Ledger(where) as ledger:
        for number in range(60):
            ledger.answered(request(number), Reply(body=reply(number) * 3))
            if number % 3 == 0:
                ledger.keep_grade(record())
    whole = where.read_bytes()
    where.write_bytes(whole[: len(whole) // 2 + 100])  # in the middle of a page
    command = [sys.executable, "-m", "grader", "doctor", "--repair"]
    given = {**os.environ, "GRADER_LEDGER": str(where)}
    subprocess.run(command, env=given, timeout=30, check=True, capture_output=True)
    assert problem(where) is None


def test_a_ledger_with_overwritten_pages_never_gives_a_reply_that_was_not_paid_for(
    path: Path,
) -> None:
    sound = path.read_bytes()
    for seed in range(12):
        dice = random.Random(seed)
        data = bytearray(sound)
        for _ in range(3):
            start = dice.randrange(4096, len(data) - 600)
            data[start : start + 600] = dice.randbytes(600)
        path.write_bytes(data)
        found = repair(path)
        assert kept(path) >= found.replies > 0
        assert problem(path) is None


def test_a_ledger_whose_names_are_garbled_is_told_and_repaired(path: Path) -> None:
    data = path.read_bytes()
    for name in (b"call_content", b"grade_question"):
        path.write_bytes(data.replace(name, b"\xff\xfe\xe2(" + name[4:]))
        with pytest.raises(LedgerFailed, match="grade doctor --repair"):
            Ledger(path)
        assert repair(path).replies == REPLIES
        assert kept(path) == REPLIES


def test_an_entry_with_garbled_words_is_left_behind_and_counted(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("UPDATE grade SET answer_id = CAST(x'61ff62' AS TEXT)")
    db.execute("UPDATE call SET key = content WHERE rowid = 6")
    db.commit()
    db.close()
    found = repair(path)
    assert (found.replies, found.grades, found.dropped) == (REPLIES - 1, 0, 2)


def test_a_file_that_is_no_ledger_is_kept_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"a shopping list" * 500)
    with pytest.raises(LedgerFailed, match="grade doctor --repair"):
        Ledger(path)
    found = repair(path)
    assert (found.replies, found.grades) == (0, 0)
    assert found.aside
    assert found.aside.read_bytes().startswith(b"a shopping list")
    with Ledger(path):
        pass


def test_what_was_put_aside_is_never_overwritten(path: Path) -> None:
    asides = set()
    for _ in range(3):
        path.write_bytes(b"garbage" * 999)
        asides.add(repair(path).aside)
    assert len(asides) == 3


def test_a_changed_reply_is_left_behind(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("UPDATE call SET request = zeroblob(9) WHERE rowid = 5")
    db.execute("UPDATE call SET key = content WHERE rowid = 6")
    db.commit()
    db.close()
    found = repair(path)
    assert (found.replies, found.grades, found.dropped) == (REPLIES - 2, 1, 2)


def test_the_repaired_ledger_is_readable_by_its_owner_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50_000])
    repair(path)
    assert path.stat().st_mode & 0o077 == 0


def test_a_results_file_loses_lines_that_are_no_records_into_a_file_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "results.jsonl"
    line = record().to_json()
    path.write_text(f"{line}\n{line[:80]}\n{line}\n{line[:50]}")
    found = mend(path)
    assert (found.kept, found.broken) == (2, (2, 4))
    assert path.read_text() == f"{line}\n{line}\n"
    assert found.aside
    assert found.aside.read_text() == f"{line[:80]}\n{line[:50]}\n"
    assert mend(path).broken == ()


def test_the_command_says_what_it_found_and_where_the_rest_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setenv("GRADER_LEDGER", str(path))
    results = tmp_path / "results.jsonl"
    results.write_text(record().to_json() + '\n{"schema":')
    sound = CliRunner().invoke(app, ["doctor", "--repair"])
    assert sound.exit_code == 0
    assert "nothing to repair" in " ".join(sound.stdout.split())
    path.write_bytes(path.read_bytes()[:60_000])
    done = CliRunner().invoke(app, ["doctor", "--repair", "--results", str(results)])
    said = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "was damaged" in said
    assert "ledger.sqlite.damaged" in said.replace(" ", "")
    assert "results.jsonl.damaged" in said.replace(" ", "")


def older(path: Path, version: int) -> Path:
    """The same ledger as an earlier version of the tables has it."""
    old = path.with_name(f"version-{version}.sqlite")
    db = sqlite3.connect(old)
    db.executescript(";".join(MIGRATIONS[:version]) + f";PRAGMA user_version = {version}")
    db.execute("ATTACH ? AS now", (str(path),))
    for table in ("call", "grade"):
        names = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
        db.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM now.{table}")
    db.commit()
    db.close()
    return old


VERSIONS = range(1, len(MIGRATIONS) + 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sound_ledger_of_an_earlier_version_is_left_alone(path: Path, version: int) -> None:
    assert repair(older(path, version)) == Repair(None)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_damaged_ledger_of_an_earlier_version_keeps_all_else(path: Path, version: int) -> None:
    old = older(path, version)
    db = sqlite3.connect(old)
    db.execute("UPDATE call SET request = zeroblob(9) WHERE rowid = 5")
    db.commit()
    db.close()
    found = repair(old)
    assert (found.replies, found.grades, found.dropped) == (REPLIES - 1, 1, 1)
    assert kept(old) == REPLIES - 1


def test_a_submitted_batch_is_known_after_a_repair(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("INSERT INTO shard VALUES (7, 't', 'p', 'e', 'm', 'submitted', 1, 'f', 'b', '', 0)")
    db.execute("UPDATE call SET shard = 7 WHERE rowid = 3")
    db.execute("UPDATE call SET request = zeroblob(9) WHERE rowid = 5")
    db.commit()
    db.close()
    assert repair(path).replies == REPLIES - 1
    db = sqlite3.connect(path)
    known = db.execute(
        "SELECT shard.token FROM shard JOIN call ON call.shard = shard.id"
    ).fetchall()
    db.close()
    assert known == [("t",)]

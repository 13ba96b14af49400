"""Writes share commits, and nobody waits for another's patience."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.ledger.writer import Database, Job, WriterThread

PATIENT_S = 30.0


class Connections:
    """Makes connections to one file, each of which notes its commits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits = 0

    def __call__(self) -> Database:
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)")
        db.set_trace_callback(self._note)
        return db

    def _note(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    def rows(self) -> list[int]:
        db = sqlite3.connect(self.path)
        found = [n for (n,) in db.execute("SELECT n FROM t ORDER BY n")]
        db.close()
        return found


@pytest.fixture
def connections(tmp_path: Path) -> Connections:
    return Connections(tmp_path / "db")


@pytest.fixture
def writer(connections: Connections) -> Iterator[WriterThread]:
    made = WriterThread(connections)
    yield made
    made.close()


def insert(number: int) -> Job:
    return lambda db: db.execute("INSERT INTO t VALUES (?)", (number,))


def test_what_comes_together_shares_a_commit(
    writer: WriterThread, connections: Connections
) -> None:
    async def write() -> None:
        await asyncio.gather(*(writer.write(insert(n), 0.05) for n in range(20)))

    asyncio.run(write())
    assert connections.rows() == list(range(20))
    assert connections.commits < 5


def test_who_waits_is_not_held_up_by_the_patient_and_takes_them_along(
    writer: WriterThread, connections: Connections
) -> None:
    patient = writer.submit(insert(1), PATIENT_S)
    time.sleep(0.05)
    assert not patient.done()
    writer.submit(insert(2)).result(timeout=5)
    patient.result(timeout=5)
    assert connections.rows() == [1, 2]


def test_closing_writes_what_is_waiting(connections: Connections) -> None:
    writer = WriterThread(connections)
    patient = writer.submit(insert(1), PATIENT_S)
    writer.close()
    assert patient.done()
    assert connections.rows() == [1]


def test_one_bad_value_does_not_take_the_others_with_it(
    writer: WriterThread, connections: Connections
) -> None:
    async def write() -> list[object]:
        jobs = [insert(1), insert(1), insert(2)]
        return await asyncio.gather(
            *(writer.write(job, 0.05) for job in jobs), return_exceptions=True
        )

    found = asyncio.run(write())
    assert [type(each) for each in found] == [type(None), sqlite3.IntegrityError, type(None)]
    assert connections.rows() == [1, 2]


def test_who_gave_up_waiting_is_not_missed(writer: WriterThread, connections: Connections) -> None:
    async def write() -> None:
        given_up = asyncio.ensure_future(writer.write(insert(1), 0.05))
        await asyncio.sleep(0)
        given_up.cancel()
        await writer.write(insert(2), 0.1)

    asyncio.run(write())
    assert connections.rows() == [1, 2]


def test_a_loop_that_has_ended_holds_up_nobody(
    writer: WriterThread, connections: Connections
) -> None:
    async def leave() -> None:
        task = asyncio.ensure_future(writer.write(insert(1), 0.05))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    time.sleep(0.1)
    writer.submit(insert(2)).result(timeout=5)
    assert connections.rows() == [1, 2]

"""Writes to the ledger in a thread of its own, all that wait in one transaction.

A commit that is on the disk takes milliseconds, however much is in it: many requests that end at
about the same time share one, and the event loop never waits for the disk.
"""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue

Database = sqlite3.Connection
Job = Callable[[Database], object]
"""Statements to run inside the transaction."""

_MOST_AT_ONCE = 500


class Writer:
    """The thread. It starts with the first job."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._queue: SimpleQueue[tuple[Job, Future[None]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> "Future[None]":
        """Queues *job*; jobs run in order. The future is done when it is on the disk, and has
        the sqlite3.Error if it could not be written."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
            self._thread.start()
        future: Future[None] = Future()
        self._queue.put((job, future))
        return future

    def close(self) -> None:
        """Waits until everything queued is written."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        db: sqlite3.Connection | None = None
        while batch := self._next():
            try:
                db = db or self._connect()
                _write(db, batch)
            except sqlite3.Error as error:
                for _, future in batch:
                    future.set_exception(error)
        if db is not None:
            db.close()

    def _next(self) -> list[tuple[Job, "Future[None]"]]:
        """All that waits, at least one; nothing when it is time to end."""
        first = self._queue.get()
        batch = []
        while first is not None:
            batch.append(first)
            try:
                first = self._queue.get_nowait() if len(batch) < _MOST_AT_ONCE else None
            except Empty:
                return batch
            if first is None and len(batch) < _MOST_AT_ONCE:
                self._queue.put(None)  # end next time
        return batch


def _write(db: sqlite3.Connection, batch: list[tuple[Job, "Future[None]"]]) -> None:
    try:
        _transact(db, [job for job, _ in batch])
    except sqlite3.Error:
        if len(batch) == 1:
            raise
        # One bad value must not take the others with it.
        for one in batch:
            try:
                _write(db, [one])
            except sqlite3.Error as error:
                one[1].set_exception(error)
        return
    for _, future in batch:
        future.set_result(None)


def _transact(db: sqlite3.Connection, jobs: list[Job]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            job(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise

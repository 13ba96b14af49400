"""Writes to the ledger in a thread of its own, all that wait in one transaction.

A commit that is on the disk takes milliseconds, however much is in it: many requests that end at
about the same time share one, and the event loop never waits for the disk.
"""

import asyncio
import math
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

Database = sqlite3.Connection
Job = Callable[[Database], object]
"""Statements to run inside the transaction."""

_MOST_AT_ONCE = 500

_Loop = asyncio.AbstractEventLoop


@dataclass(frozen=True, slots=True)
class _Queued:
    """A job, when it is due, and who wants to know of its end: a thread, or a task of *loop*."""

    job: Job
    due: float
    future: "Future[None] | asyncio.Future[None]"
    loop: _Loop | None = None


class WriterThread:
    """The thread. It starts with the first job."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._queue: list[_Queued] = []
        self._due = math.inf
        """When the first of the queue is due; whoever is due earlier wakes the thread."""
        self._ending = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, job: Job, patience_s: float = 0.0) -> "Future[None]":
        """Queues *job*; jobs run in order. The future is done when it is on the disk, and has
        the sqlite3.Error if it could not be written.

        Args:
            patience_s: how long it may lie, in seconds, until another takes it along.
        """
        future: Future[None] = Future()
        self._put(_Queued(job, time.monotonic() + patience_s, future))
        return future

    async def write(self, job: Job, patience_s: float = 0.0) -> None:
        """Like :meth:`submit`, and waits until it is on the disk, without holding up the loop.

        Raises:
            sqlite3.Error: it could not be written.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._put(_Queued(job, time.monotonic() + patience_s, future, loop))
        await future

    def _put(self, queued: _Queued) -> None:
        if self._thread is None:
            self._ending = False
            self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
            self._thread.start()
        with self._changed:
            self._queue.append(queued)
            if queued.due < self._due:
                self._due = queued.due
                self._changed.notify()

    def close(self) -> None:
        """Waits until everything queued is written."""
        if self._thread is not None:
            with self._changed:
                self._ending = True
                self._changed.notify()
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        db: sqlite3.Connection | None = None
        while batch := self._next():
            try:
                # Here, for a connection may be used only in the thread that made it
                db = db or self._connect()
                _write(db, batch)
            except sqlite3.Error as error:
                _end(batch, error)
        if db is not None:
            db.close()

    def _next(self) -> list[_Queued]:
        """All that waits, once the first of it is due; nothing when it is time to end."""
        with self._changed:
            while not self._ending and (wait_s := self._due - time.monotonic()) > 0:
                # Without a job the wait is infinite, which would overflow
                self._changed.wait(min(wait_s, threading.TIMEOUT_MAX))
            batch, self._queue = self._queue[:_MOST_AT_ONCE], self._queue[_MOST_AT_ONCE:]
            self._due = min((one.due for one in self._queue), default=math.inf)
            return batch


def _write(db: sqlite3.Connection, batch: list[_Queued]) -> None:
    try:
        _transact(db, [one.job for one in batch])
    except sqlite3.Error:
        if len(batch) == 1:
            raise
        # One bad value must not take the others with it.
        for one in batch:
            try:
                _write(db, [one])
            except sqlite3.Error as error:
                _end([one], error)
        return
    _end(batch, None)


def _transact(db: sqlite3.Connection, jobs: list[Job]) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            job(db)
        db.execute("COMMIT")
    except BaseException:
        # SQLite has ended it by itself where the disk is full
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _end(batch: Iterable[_Queued], error: sqlite3.Error | None) -> None:
    """Tells everybody; those of one loop together, for each call wakes it with a system call."""
    awaited: dict[_Loop, list[_Queued]] = defaultdict(list)
    for one in batch:
        if one.loop is None:
            _settle([one], error)
        else:
            awaited[one.loop].append(one)
    for loop, those in awaited.items():
        with suppress(RuntimeError):  # it is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, those, error)


def _settle(batch: Iterable[_Queued], error: sqlite3.Error | None) -> None:
    for one in batch:
        if one.future.done():  # given up
            continue
        if error is None:
            one.future.set_result(None)
        else:
            one.future.set_exception(error)

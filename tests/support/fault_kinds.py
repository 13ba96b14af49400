"""What goes wrong in a trial: during the first run, or to its files afterwards."""

import contextlib
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from functools import partial

from tests.support.fault_check import replies
from tests.support.fault_process import (
    IN_FLIGHT,
    MINUTE,
    Trial,
    batch,
    ended,
    set_clock_back,
    start,
)
from tests.support.processes import GradeProcess, limit_files
from tests.support.stub import Stub

UNDER_WAY = 2 * IN_FLIGHT + 4
"""Replies that may have come and not yet be on the disk when a process is killed."""


# During the first run.


def plain(done: Trial, _: Stub, url: str, __: random.Random) -> None:
    ended(done, start(done, *batch(done, url)), 0, 3)


def _cut(done: Trial, stub: Stub, url: str, _: random.Random) -> None:
    ended(done, start(done, *batch(done, url)), 0, 3)
    done.may_pay_again += stub.stats.cut


def _kill(done: Trial, stub: Stub, url: str, dice: random.Random) -> None:
    process = start(done, *batch(done, url))
    _wait(process, stub, dice)
    process.send_signal(signal.SIGKILL)
    ended(done, process, 0, 3, -9)
    done.may_pay_again += UNDER_WAY


def _interrupt(done: Trial, stub: Stub, url: str, dice: random.Random) -> None:
    process = start(done, *batch(done, url))
    _wait(process, stub, dice)
    process.send_signal(signal.SIGTERM)
    # Before the batch listens, the signal ends the process as it would any other.
    ended(done, process, 0, 3, 130, -15)


def _wait(process: GradeProcess, stub: Stub, dice: random.Random) -> None:
    replies, moment = dice.randint(0, 12), dice.random() * 0.01
    deadline = time.monotonic() + MINUTE
    while stub.stats.replied < replies and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(moment)


def _full_disk(done: Trial, _: Stub, url: str, dice: random.Random) -> None:
    limit = dice.randint(30, 400) * 1024
    ended(done, start(done, *batch(done, url), first=partial(limit_files, limit)), 0, 1, 3)
    done.may_pay_again += UNDER_WAY


def _clock(done: Trial, _: Stub, url: str, dice: random.Random) -> None:
    back = dice.uniform(1, 1e5)
    ended(done, start(done, *batch(done, url), first=partial(set_clock_back, back)), 0, 3)


FIRST: dict[str, Callable[[Trial, Stub, str, random.Random], None]] = {
    "kill": _kill,
    "interrupt": _interrupt,
    "full-disk": _full_disk,
    "cut-connection": _cut,
    "torn-line": _kill,
    "clock-back": _clock,
}


# Afterwards.


def _torn_line(done: Trial, dice: random.Random) -> None:
    if not done.results.exists():  # killed before it had begun
        return
    data = done.results.read_bytes()
    if dice.random() < 0.5:
        done.results.write_bytes(data[: dice.randint(0, len(data))])
        return
    lines = data.splitlines(keepends=True)
    lines.insert(dice.randint(0, len(lines)), dice.choice([b'{"schema":"grade/1","q\n', b"\0\n"]))
    done.results.write_bytes(b"".join(lines))


def _damage(spoil: Callable[[bytearray, random.Random], None]) -> Callable[..., None]:
    def damaged(done: Trial, dice: random.Random) -> None:
        before = replies(done.ledger)
        with contextlib.closing(sqlite3.connect(done.ledger)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray(done.ledger.read_bytes())
        spoil(data, dice)
        done.ledger.write_bytes(data)
        done.results.unlink(missing_ok=True)  # so that every reply is needed again
        done.may_pay_again += before  # less what is saved: see _repair

    return damaged


def _cut_file(data: bytearray, dice: random.Random) -> None:
    del data[dice.randint(0, len(data)) :]


def _overwrite(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.randint(1, 4)):
        start, size = dice.randrange(len(data)), dice.randint(1, 5000)
        data[start : start + size] = dice.randbytes(len(data[start : start + size]))


AFTER: dict[str, Callable[[Trial, random.Random], None]] = {
    "torn-line": _torn_line,
    "cut-ledger": _damage(_cut_file),
    "overwritten-ledger": _damage(_overwrite),
}

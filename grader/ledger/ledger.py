"""The ledger: every model reply that was paid for, and every grade, in one SQLite file.

A reply is written, raw, before anything is made of it, in a transaction that is on the disk
before the reply is handed on. The same request is never paid twice; a request that was sent but
not answered when the process died is marked as such and asked again.
"""

import hashlib
import os
import sqlite3
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.decision import decided
from grader.errors import LedgerFailed
from grader.ledger.database import connect, is_damaged, prepare
from grader.ledger.writer import Job, WriterThread
from grader.llm.request import Reply, Request, is_worth_asking_again, key_digest
from grader.record import Grade, JudgeInfo
from grader.util.json_text import canonical

_TOGETHER_S = 0.005
"""How long a reply may wait for others that share its commit."""
_PATIENT_S = 0.05
"""How long a note or a grade may wait for a commit that is made anyway."""
_REPAIR = "save what can be saved with: grade doctor --repair"


def default_path() -> Path:
    """Returns where the ledger lies: ``GRADER_LEDGER``, or the user's data folder."""
    if given := os.environ.get("GRADER_LEDGER"):
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "answer-grader" / "ledger.sqlite"


class Ledger:
    """An open ledger. Safe for several processes at once; one thread a ledger.

    Writes happen in a thread of the ledger's own, those that come together in one transaction.
    """

    def __init__(self, path: Path) -> None:
        """Opens or makes the ledger, readable by its owner alone.

        Raises:
            LedgerFailed: the file cannot be opened, or is not a ledger of this version.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # SQLite would make it readable for others; its log and index take the mode over
            path.touch(mode=0o600)
            self._db = connect(path)
            prepare(self._db)
        except (OSError, sqlite3.Error) as error:
            raise LedgerFailed(f"ledger {path}: {error}; {_way_out(error)}") from error
        self._writer = WriterThread(lambda: connect(path))

    def close(self) -> None:
        """Writes what is waiting and closes the file."""
        self._writer.close()
        self._db.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find(self, request: Request) -> Reply | None:
        """Returns the reply that was paid for this request, or None.

        A reply that holds nothing that was judged is put aside, so that it is asked again.
        """
        row = self._run(
            "SELECT body, request_id FROM call WHERE key = ? AND state = 'done'", request.key
        ).fetchone()
        if row is None:
            return None
        try:
            body = _unpacked(row[0])
        # TypeError: there is no body at all
        except (zlib.error, TypeError) as error:
            raise LedgerFailed(f"ledger {self.path}: a reply is damaged; {_REPAIR}") from error
        reply = Reply(body=body, request_id=row[1], from_ledger=True)
        if is_worth_asking_again(reply):
            self._submit(_PutAside(request, row[0]), _PATIENT_S)
            return None
        return reply

    def samples(self, request: Request) -> int:
        """Returns the number of the next sample of this content.

        It is above that of every one asked for, also those that came to nothing, so that a new
        one never meets an old reply.
        """
        row = self._run(
            # Below 0 are bodies that came to nothing, see _PutAside
            "SELECT COALESCE(MAX(sample), -1) + 1 FROM call WHERE content = ? AND sample >= 0",
            request.content,
        ).fetchone()
        return int(row[0])

    def sent(self, request: Request) -> None:
        """Notes that the request goes out now: from here on it may cost money.

        The note is queued: it is not worth waiting for, and a reply is kept with or without it.
        """
        self._submit(_Sent(request, time.time()), _PATIENT_S)

    def answered(self, request: Request, reply: Reply) -> None:
        """Keeps what came back: a paid body as ``done``, anything else as ``failed``.

        Raises:
            LedgerFailed: it could not be written.
        """
        self._wait(self._submit(_Answered(request, reply, time.time())))

    async def keep(self, request: Request, reply: Reply) -> None:
        """Like :meth:`answered`, without holding up the event loop."""
        await self._written(_Answered(request, reply, time.time()), _TOGETHER_S)

    def keep_grade(self, grade: Grade) -> None:
        """Appends a grade to the history, unless the very same one is there already.

        Raises:
            LedgerFailed: it could not be written.
        """
        self._wait(self._submit(_Graded(grade)))

    async def add_grade(self, grade: Grade) -> None:
        """Like :meth:`keep_grade`, without holding up the event loop: the next reply's commit
        takes it along, a few hundredths of a second later at most."""
        await self._written(_Graded(grade), _PATIENT_S)

    def grades(self, question: str | None = None) -> Iterator[Grade]:
        """Yields the history, oldest first, of one question or of all.

        Raises:
            LedgerFailed: it cannot be read.
        """
        rows = self._run(
            "SELECT record FROM grade WHERE ?1 IS NULL OR question = ?1 ORDER BY id", question
        )
        try:
            for (record,) in rows:
                yield Grade.model_validate_json(record)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        except ValueError as error:
            raise LedgerFailed(f"ledger {self.path}: a grade is damaged; {_REPAIR}") from error

    def models(self, latest: int = 2000) -> list[str]:
        """Returns the models of endpoints that the *latest* requests went to, the last one first.

        Raises:
            LedgerFailed: it cannot be read.
        """
        rows = self._run("SELECT model, endpoint FROM call ORDER BY rowid DESC LIMIT ?", latest)
        named = (model for model, endpoint in rows if not endpoint.startswith("local:"))
        return list(dict.fromkeys(named))

    def remember_judge(self, judge: JudgeInfo, warning: str | None) -> None:
        """Keeps what an examination of *judge* found wrong, or that nothing was.

        Raises:
            LedgerFailed: it could not be written.
        """
        row = (judge.endpoint, judge.model, judge.ask, warning)
        statement = "INSERT OR REPLACE INTO judge_check VALUES (?, ?, ?, ?)"
        self._wait(self._submit(lambda db: db.execute(statement, row)))

    def warning(self, judge: JudgeInfo) -> str | None:
        """Returns what the last examination of *judge* found wrong; None if nothing, or never."""
        row = self._run(
            "SELECT found FROM judge_check WHERE endpoint = ? AND model = ? AND ask = ?",
            judge.endpoint,
            judge.model,
            judge.ask,
        ).fetchone()
        return row[0] if row else None

    def query(self, statement: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Returns the rows that a reading *statement* gives.

        Raises:
            LedgerFailed: the file cannot be read.
        """
        return self._run(statement, *values)

    def write(self, job: Job) -> None:
        """Runs *job* in a transaction, after all that was queued before it.

        Raises:
            LedgerFailed: it could not be written.
        """
        self._wait(self._submit(job))

    def _submit(self, job: Job, patience_s: float = 0.0) -> "Future[None]":
        return self._writer.submit(job, patience_s)

    def _wait(self, written: "Future[None]") -> None:
        try:
            written.result()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    async def _written(self, job: Job, patience_s: float) -> None:
        try:
            await self._writer.write(job, patience_s)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> LedgerFailed:
        safe = "" if is_damaged(error) else "replies kept so far are safe, free the disk or "
        return LedgerFailed(f"ledger {self.path}: {error}; {safe}{_way_out(error)}")


def _way_out(error: Exception) -> str:
    other = "name another with GRADER_LEDGER=FILE"
    return f"{_REPAIR}, or {other}" if is_damaged(error) else other


@dataclass(frozen=True)
class _Sent:
    request: Request
    time: float

    def __call__(self, db: sqlite3.Connection) -> None:
        request = self.request
        db.execute(
            "INSERT INTO call (key, content, sample, state, endpoint, model, request, started)"
            " VALUES (?, ?, ?, 'sent', ?, ?, ?, ?)"
            # What is paid stays; anything else is asked here now and waits for no shard
            " ON CONFLICT (key) DO UPDATE"
            " SET state = 'sent', started = excluded.started, shard = NULL"
            " WHERE state != 'done'",
            (
                request.key,
                request.content,
                request.sample,
                request.endpoint,
                request.model,
                zlib.compress(request.payload, 1),
                self.time,
            ),
        )


@dataclass(frozen=True)
class _PutAside:
    """Keeps a body that came to nothing under a sample number below zero."""

    request: Request
    body: bytes

    def __call__(self, db: sqlite3.Connection) -> None:
        key, content = self.request.key, self.request.content
        failed = "UPDATE call SET state = 'failed' WHERE key = ? AND state = 'done' AND body = ?"
        if not db.execute(failed, (key, self.body)).rowcount:
            return  # another process has done it, or has a better reply
        (lowest,) = db.execute(
            "SELECT MIN(0, MIN(sample)) FROM call WHERE content = ?", (content,)
        ).fetchone()
        db.execute(
            "INSERT OR IGNORE INTO call (key, content, sample, state, endpoint, model, request,"
            " body, request_id, cause, started, finished)"
            " SELECT ?, content, ?, state, endpoint, model, request, body, request_id, cause,"
            " started, finished FROM call WHERE key = ?",
            (key_digest(content, lowest - 1), lowest - 1, key),
        )


@dataclass(frozen=True)
class _Answered:
    request: Request
    reply: Reply
    time: float

    def __call__(self, db: sqlite3.Connection) -> None:
        reply, key = self.reply, self.request.key
        if not db.execute("SELECT 1 FROM call WHERE key = ?", (key,)).fetchone():
            _Sent(self.request, self.time)(db)  # its own note could not be written
        db.execute(
            "UPDATE call SET state = ?, body = ?, request_id = ?, cause = ?, finished = ?"
            " WHERE key = ? AND state != 'done'",
            (
                "done" if reply.cause is None else "failed",
                _packed(reply.body),
                reply.request_id,
                reply.cause and reply.cause.value,
                self.time,
                key,
            ),
        )


@dataclass(frozen=True)
class _Graded:
    grade: Grade

    def __call__(self, db: sqlite3.Connection) -> None:
        grade = self.grade
        db.execute(
            "INSERT OR IGNORE INTO grade"
            " (question, answer_id, candidate, percent, graded_at, record, identity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                grade.question,
                grade.answer_id,
                grade.candidate,
                decided(grade).score.percent,
                grade.graded_at.isoformat(),
                grade.to_json(),
                _identity(grade),
            ),
        )


def _identity(grade: Grade) -> str:
    """Digest of what was graded, by whom, and with which verdicts."""
    # Neither time nor usage: graded once more from kept replies it is no new attempt
    judge = grade.judge
    parts = [
        [grade.question, grade.answer_id, grade.candidate, str(grade.attempted_at)],
        [grade.digests.answer, grade.digests.rubric, grade.digests.prompt],
        [judge.kind, judge.ask, judge.model, judge.endpoint, judge.parameters],
        [point.verdict for point in grade.key_points],
        [claim.asserted for claim in grade.misconceptions],
    ]
    return hashlib.sha256(canonical(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _packed(text: str) -> bytes:
    # Replies may hold half a surrogate pair, which strict UTF-8 refuses
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def _unpacked(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8", "surrogatepass")

"""Shards: files of requests that are answered elsewhere, and what became of them.

Where a shard is and which requests wait for it stands in the ledger, so that any later run, after
whatever crash, knows what is under way. A shard goes through its states in this order:

    writing     being written; one that is found so has been given up by a crash
    written     on the disk, ready to be answered
    sending     a batch for it is being created: there may be one
    submitted   there is a batch for it, ``batch_id``
    collected   every request has its reply or the cause why there is none
    used        the replies have gone into grades
"""

import json
import secrets
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from grader.ledger.ledger import Ledger
from grader.ledger.writer import Database
from grader.llm.completion import reason
from grader.llm.request import Reply, Request
from grader.record import Cause

State = Literal["writing", "written", "sending", "submitted", "collected", "used"]
OPEN: tuple[State, ...] = ("written", "sending", "submitted")
_NAMES = "id, token, path, endpoint, model, state, lines, file_id, batch_id, detail, made"
# 160 bits tell all requests apart and leave the name below what providers allow
_ID_DIGITS = 40


@dataclass(frozen=True)
class Shard:
    """One file of requests.

    Attributes:
        token: names the shard at the provider, in the batch's metadata.
        lines: how many requests it holds.
        file_id: the uploaded file, at the provider.
        detail: what the provider last said of it.
        made: when, in seconds since 1970.
    """

    id: int
    token: str
    path: Path
    endpoint: str
    model: str
    state: State
    lines: int
    file_id: str | None = None
    batch_id: str | None = None
    detail: str | None = None
    made: float = 0.0


@dataclass(frozen=True)
class KnownReply:
    """What the ledger knows of a request.

    Attributes:
        reply: the paid reply, or the cause why there is none; None where there is neither.
        shard: the shard that it came from or waits for.
        open: it waits for that shard.
        new: the reply came from a shard and went into no grade yet.
    """

    reply: Reply | None = None
    shard: int | None = None
    open: bool = False
    new: bool = False


def custom_id(request: Request) -> str:
    """Returns a request's name in a batch file: at most 64 characters, as providers ask for."""
    return f"g-{request.key[:_ID_DIGITS]}"


def line(request: Request) -> bytes:
    """Returns the request as a line of a batch file."""
    head = f'{{"custom_id":"{custom_id(request)}","method":"POST","url":"/v1{request.path}"'
    # Put together by hand: the body is the very bytes that the key is the digest of
    return head.encode() + b',"body":' + request.payload + b"}\n"


class Shards:
    """The shards that a ledger knows of."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find(self, request: Request) -> KnownReply:
        """Returns what there is for *request*."""
        rows = self._ledger.query(
            "SELECT call.state, cause, shard, shard.state, body FROM call"
            " LEFT JOIN shard ON shard.id = call.shard WHERE key = ?",
            request.key,
        )
        row = next(iter(rows), None)
        if row is None:
            return KnownReply()
        state, cause, shard, shard_state, body = row
        new = shard is not None and shard_state != "used"
        if state == "done":
            kept = self._ledger.find(request)
            return KnownReply(kept and replace(kept, from_ledger=not new), shard, new=new)
        if state == "failed" and shard is not None and cause is not None:
            return KnownReply(Reply(cause=Cause(cause), detail=_told(body)), shard, new=new)
        return KnownReply(None, shard, open=shard_state in OPEN)

    def list(self, *states: State, folder: Path | None = None) -> list[Shard]:
        """Returns those in one of *states*, oldest first; of *folder* alone if one is given."""
        marks = ", ".join("?" * len(states))
        rows = self._ledger.query(
            f"SELECT {_NAMES} FROM shard WHERE state IN ({marks}) ORDER BY id",  # noqa: S608
            *states,
        )
        found = [Shard(row[0], row[1], Path(row[2]), *row[3:]) for row in rows]
        return [one for one in found if folder is None or one.path.parent == folder]

    def make(self, folder: Path, endpoint: str, model: str) -> Shard:
        """Returns a new shard in the state ``writing``."""
        token = secrets.token_hex(8)
        path = folder / f"requests-{token}.jsonl"
        made = time.time()
        values = (token, str(path), endpoint, model, made)
        self._ledger.write(
            lambda db: db.execute(
                "INSERT INTO shard (token, path, endpoint, model, state, lines, made)"
                " VALUES (?, ?, ?, ?, 'writing', 0, ?)",
                values,
            )
        )
        # Its number was given in the thread that writes, which hands nothing back
        ((number,),) = self._ledger.query("SELECT id FROM shard WHERE token = ?", token)
        return Shard(number, token, path, endpoint, model, "writing", 0, made=made)

    def hold(self, shard: Shard, requests: Iterable[Request]) -> None:
        """Notes that *requests* wait for *shard*."""
        now = time.time()
        rows = [
            (
                *(r.key, r.content, r.sample, r.endpoint, r.model),
                *(zlib.compress(r.payload, 1), now, shard.id),
            )
            for r in requests
        ]
        statement = (
            "INSERT INTO call (key, content, sample, state, endpoint, model, request, started,"
            " shard) VALUES (?, ?, ?, 'sent', ?, ?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET state = 'sent', started = excluded.started,"
            " cause = NULL, finished = NULL, shard = excluded.shard WHERE state != 'done'"
        )
        self._ledger.write(lambda db: db.executemany(statement, rows))

    def update(
        self,
        shard: Shard,
        state: State | None = None,
        *,
        lines: int | None = None,
        file_id: str | None = None,
        batch_id: str | None = None,
        detail: str | None = None,
    ) -> Shard:
        """Keeps what changed; gives the shard as it is now."""
        new = replace(
            shard,
            state=state or shard.state,
            lines=shard.lines if lines is None else lines,
            file_id=file_id or shard.file_id,
            batch_id=batch_id or shard.batch_id,
            detail=detail or shard.detail,
        )
        values = (new.state, new.lines, new.file_id, new.batch_id, new.detail, new.id)
        self._ledger.write(
            lambda db: db.execute(
                "UPDATE shard SET state = ?, lines = ?, file_id = ?, batch_id = ?, detail = ?"
                " WHERE id = ?",
                values,
            )
        )
        return new

    def drop(self, shard: Shard) -> None:
        """Forgets a shard that nobody answers, and what waits for it."""

        def forget(db: Database) -> None:
            db.execute("DELETE FROM call WHERE shard = ? AND state = 'sent'", (shard.id,))
            # What was answered stays, whatever becomes of its shard
            db.execute("UPDATE call SET shard = NULL WHERE shard = ?", (shard.id,))
            db.execute("DELETE FROM shard WHERE id = ?", (shard.id,))

        self._ledger.write(forget)

    def waiting(self, shard: Shard) -> int:
        """Returns how many of its requests have neither a reply nor a cause."""
        ((number,),) = self._ledger.query(
            "SELECT count(*) FROM call WHERE shard = ? AND state = 'sent'", shard.id
        )
        return int(number)

    def give_up(self, shard: Shard, cause: Cause, detail: str = "") -> int:
        """Gives what still waits for *shard* a *cause* in place of a reply; returns how many.

        Args:
            detail: what the provider said of it, on one line.
        """
        left = self.waiting(shard)
        values = (cause.value, _kept_words(detail), time.time(), shard.id)
        self._ledger.write(
            lambda db: db.execute(
                "UPDATE call SET state = 'failed', cause = ?, body = ?, finished = ?"
                " WHERE shard = ? AND state = 'sent'",
                values,
            )
        )
        return left

    def keep(self, replies: Sequence[tuple[str, Reply]], written: float) -> tuple[int, int]:
        """Keeps what came back for requests by their custom ids.

        A paid reply never gives way to another. A failure counts only where it was *written*
        (seconds since 1970) after the shard that the request waits for was made.

        Gives how many were new, and how many there was no request for.
        """
        counted = [0, 0]
        now = time.time()

        def write(db: Database) -> None:
            # A job runs twice where another one in its transaction failed
            counted[:] = 0, 0
            for name, reply in replies:
                kept = _keep(db, name.removeprefix("g-"), reply, written, now)
                counted[0] += kept is True
                counted[1] += kept is None

        self._ledger.write(write)
        return counted[0], counted[1]


def _keep(db: Database, start: str, reply: Reply, written: float, now: float) -> bool | None:
    span = (start, start + "g")  # every key that begins so: "g" comes after every digit
    if reply.cause is None:
        body = zlib.compress(reply.body.encode("utf-8", "surrogatepass"), 1)
        changed = db.execute(
            "UPDATE call SET state = 'done', body = ?, request_id = ?, cause = NULL, finished = ?"
            " WHERE key >= ? AND key < ? AND state != 'done'",
            (body, reply.request_id, now, *span),
        ).rowcount
    else:
        changed = db.execute(
            "UPDATE call SET state = 'failed', cause = ?, body = ?, finished = ?"
            " WHERE key >= ? AND key < ? AND state = 'sent'"
            " AND shard IN (SELECT id FROM shard WHERE made <= ?)",
            (reply.cause.value, _kept_words(reply.detail), now, *span, written),
        ).rowcount
    if changed:
        return True
    known = db.execute("SELECT 1 FROM call WHERE key >= ? AND key < ?", span).fetchone()
    return False if known else None


def _kept_words(detail: str) -> bytes | None:
    """The words on a failure as the ledger keeps them: as the body of an error, packed."""
    if not detail:
        return None
    body = json.dumps({"error": {"message": detail}}, ensure_ascii=False)
    return zlib.compress(body.encode("utf-8", "surrogatepass"), 1)


def _told(body: bytes | None) -> str:
    """The words that :func:`_kept_words` packed; empty where there are none."""
    try:
        kept = json.loads(zlib.decompress(body or b""))
    except (zlib.error, ValueError):
        return ""
    return reason(kept) if isinstance(kept, dict) else ""

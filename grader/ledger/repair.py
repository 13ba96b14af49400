"""Saves what can be saved of a damaged ledger, into a new file; the old one is kept aside."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from grader.errors import LedgerFailed
from grader.ledger.database import LedgerConnection
from grader.ledger.ledger import Ledger
from grader.llm.request import content_digest, key_digest
from grader.record import Grade
from grader.util.files import owner_only

_SIDES = ("", "-wal", "-shm")
# Where the search ends if not even the highest row can be read
_MOST_ROWS = 100_000_000
_PATIENCE = 200
# 64 GiB: a damaged head may state any size
_LARGEST = 2**36
_TABLES = {"call": 1, "grade": 1, "judge_check": 3, "shard": 4}
"""Each table and the version of the ledger from which on it is there."""


@dataclass(frozen=True)
class Repair:
    """What became of a ledger.

    Attributes:
        problem: what was wrong with it; None if nothing was, and nothing was done.
        replies: paid replies that were saved.
        grades: grades of the history that were saved.
        dropped: entries that could be read but are not what they were.
        aside: where the damaged file lies now.
    """

    problem: str | None
    replies: int = 0
    grades: int = 0
    dropped: int = 0
    aside: Path | None = None


def problem(path: Path) -> str | None:
    """Returns what is wrong with the file, in SQLite's words; None if nothing is."""
    try:
        with closing(_opened(path)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(3)")]
            version = max(1, int(db.execute("PRAGMA user_version").fetchone()[0]))
            for table in (name for name, since in _TABLES.items() if since <= version):
                # A sound database of another program has no such table
                db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608 - our own names
            odd = sum(not _is_whole(row) for row in db.execute(_CALLS))
    except sqlite3.Error as error:
        return str(error)
    if found != ["ok"]:
        return found[0].splitlines()[-1]
    return f"{odd} replies are not what was written" if odd else None


def repair(path: Path) -> Repair:
    """Repairs the ledger at *path*, if it needs it. No other process may have it open.

    Every reply that can still be read and whose digests are right is kept, so that it is not paid
    for again; nothing is guessed.

    Raises:
        LedgerFailed: the new file cannot be written, or the old one not put aside.
    """
    if not path.exists() or (found := problem(path)) is None:
        return Repair(None)
    fresh = path.with_name(f".{path.name}.repaired")
    try:
        # A repair that was killed may have left its file
        _remove(fresh)
        with Ledger(fresh):  # makes the tables, readable by its owner alone
            pass
        copy = _readable_copy(path)
        counts = _saved(copy, fresh)
        # Only now, when all that can be saved lies on the disk elsewhere
        aside = _put_aside(path)
        fresh.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise LedgerFailed(f"ledger {path}: could not be repaired: {error}") from error
    finally:
        _remove(_copy_name(path))
    return Repair(found, *counts, aside)


def _remove(path: Path) -> None:
    for side in _SIDES:
        Path(f"{path}{side}").unlink(missing_ok=True)


def _copy_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.reading")


def _readable_copy(path: Path) -> Path:
    """A copy that SQLite opens: one that was cut off is filled up to the length that it states."""
    copy = _copy_name(path)
    for side in ("", "-wal"):
        if (part := Path(f"{path}{side}")).exists():
            with open(f"{copy}{side}", "wb", opener=owner_only) as file:
                file.write(part.read_bytes())
    with copy.open("r+b") as file:
        head = file.read(32)
        # SQLite's head: a page's size at byte 16, the number of pages at byte 28
        size = int.from_bytes(head[16:18]) * int.from_bytes(head[28:32])
        if head.startswith(b"SQLite format 3") and copy.stat().st_size < size <= _LARGEST:
            file.truncate(size)
    return copy


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5, factory=LedgerConnection)
    # Damaged text must not end the reading: digests tell it afterwards
    db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return db


def _saved(damaged: Path, fresh: Path) -> tuple[int, int, int]:
    """Replies and grades copied, and entries left behind because they are not whole."""
    counts = dict.fromkeys(_TABLES, 0)
    dropped = 0
    with closing(sqlite3.connect(fresh)) as db, closing(_opened(damaged)) as old, db:
        # A schema of which something cannot be read is taken as far as it can be
        old.execute("PRAGMA writable_schema = ON")
        for table in _TABLES:
            columns = _columns(db, old, table)
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
            for row in _rows(old, table, names):
                if not _VALID[table](row):
                    dropped += 1
                    continue
                try:
                    counts[table] += db.execute(insert, row).rowcount
                except (sqlite3.IntegrityError, sqlite3.InterfaceError):
                    continue
                except UnicodeEncodeError:
                    dropped += 1
        (replies,) = db.execute("SELECT COUNT(*) FROM call WHERE state = 'done'").fetchone()
    return replies, counts["grade"], dropped


def _columns(db: sqlite3.Connection, old: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table that both ledgers have: one of an older version lacks some."""
    wanted = [str(row[1]) for row in db.execute(f"PRAGMA table_info({table})")]
    try:
        known = {str(row[1]) for row in old.execute(f"PRAGMA table_info({table})")}
    except sqlite3.Error:
        return wanted  # its head is damaged: what can be read is tried all the same
    return [name for name in wanted if name in known] or wanted


def _rows(db: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[object, ...]]:
    """The rows that can be read, those on damaged pages passed over one by one."""
    query = f"SELECT rowid, {names} FROM {table} WHERE rowid >= ? ORDER BY rowid"  # noqa: S608
    place, highest, misses = 0, _highest(db, table), 0
    while place <= highest:
        try:
            for number, *row in db.execute(query, (place,)):
                # A damaged page may give rows in no order: never go back
                place, misses = max(place, number + 1), 0
                yield tuple(row)
        except sqlite3.Error:
            misses += 1
            # Beyond a whole page's worth of unreadable rows, in ever longer steps.
            place += 2 ** max(misses - _PATIENCE, 0)
        else:
            return


def _highest(db: sqlite3.Connection, table: str) -> int:
    try:
        found = db.execute(f"SELECT MAX(rowid) FROM {table}").fetchone()  # noqa: S608
    except sqlite3.Error:
        return _MOST_ROWS
    return int(found[0] or 0)


_CALLS = (
    "SELECT key, content, sample, state, endpoint, model, request, body, request_id, cause,"
    " started, finished FROM call"
)


def _is_whole(row: tuple[object, ...]) -> bool:
    """Whether a call's digests are those of its request, and its reply is as it was packed."""
    key, content, sample, state, endpoint, _, request, body, *_ = row
    try:
        payload = zlib.decompress(request)  # type: ignore[arg-type]  # else it is damaged
        if state == "done":
            zlib.decompress(body)  # type: ignore[arg-type]
        right = content_digest(str(endpoint), payload) == content
        return right and key_digest(str(content), int(str(sample))) == key
    except (zlib.error, TypeError, ValueError):
        return False


def _is_grade(row: tuple[object, ...]) -> bool:
    try:
        Grade.model_validate_json(str(row[6]))
    except ValueError:
        return False
    return True


_VALID: dict[str, Callable[[tuple[object, ...]], bool]] = {
    "call": _is_whole,
    "grade": _is_grade,
    "judge_check": lambda _: True,
    "shard": lambda _: True,
}


def _put_aside(path: Path) -> Path:
    """Renames the file and what belongs to it to ``NAME.damaged``, ``NAME.damaged-2``, ..."""
    number, aside = 1, path.with_name(f"{path.name}.damaged")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{number}")
    for side in _SIDES:
        if (part := Path(f"{path}{side}")).exists():
            part.replace(f"{aside}{side}")
    return aside

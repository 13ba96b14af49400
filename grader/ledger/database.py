"""The ledger's file: its tables, how it is opened, and what brings one of an older version up."""

import random
import sqlite3
import time
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    key TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    sample INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sent', 'done', 'failed')),
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    request BLOB NOT NULL,
    body BLOB,
    request_id TEXT,
    cause TEXT,
    started REAL NOT NULL,
    finished REAL
) STRICT;
CREATE INDEX IF NOT EXISTS call_content ON call (content);
CREATE TABLE IF NOT EXISTS grade (
    id INTEGER PRIMARY KEY,
    question TEXT NOT NULL,
    answer_id TEXT NOT NULL,
    candidate TEXT,
    percent REAL,
    graded_at TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS grade_question ON grade (question, graded_at);
"""
MIGRATIONS = (
    _SCHEMA,
    # The same answer graded once more from kept replies is not another attempt.
    "ALTER TABLE grade ADD COLUMN identity TEXT;"
    "CREATE UNIQUE INDEX grade_identity ON grade (identity);",
    # What `grade doctor` found, so that a judge that failed is warned of when it is used.
    "CREATE TABLE judge_check (endpoint TEXT NOT NULL, model TEXT NOT NULL, ask TEXT NOT NULL,"
    " found TEXT, PRIMARY KEY (endpoint, model, ask)) STRICT",
    # Files of requests that are answered elsewhere; a call knows the one that it waits for.
    "CREATE TABLE shard (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE,"
    " path TEXT NOT NULL, endpoint TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL,"
    " lines INTEGER NOT NULL, file_id TEXT, batch_id TEXT, detail TEXT, made REAL NOT NULL) STRICT;"
    "ALTER TABLE call ADD COLUMN shard INTEGER;"
    "CREATE INDEX call_shard ON call (shard) WHERE shard IS NOT NULL",
)
"""What brings a ledger from each schema version to the next."""
_SCHEMA_VERSION = len(MIGRATIONS)

_BUSY_S = 60.0
"""How long another process may hold the ledger before this one gives up."""


class LedgerConnection(sqlite3.Connection):
    """A connection whose every failure is SQLite's own error, also over a damaged file.

    Its messages may quote names out of the file, which need not be UTF-8 any more: Python then
    raises a UnicodeDecodeError instead of what went wrong.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - sqlite3's
        try:
            return super().execute(sql, parameters)
        except UnicodeDecodeError as error:
            said = bytes(error.object).decode("utf-8", "backslashreplace")
            damaged = sqlite3.DatabaseError(said)
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged from error


def connect(path: Path) -> sqlite3.Connection:
    """Returns a connection to the file whose commits are on the disk when they are done.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    # isolation_level: the module begins no transaction by itself, the writer does
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, factory=LedgerConnection)
    # With a write-ahead log NORMAL may lose the last commits when the power fails
    db.execute("PRAGMA synchronous = FULL")
    return db


def prepare(db: sqlite3.Connection) -> None:
    """Makes the tables of a new file and brings an older one up to this version.

    Raises:
        sqlite3.Error: it cannot be written, is no database, or a newer grade made it.
    """
    _log_ahead(db)
    db.execute("BEGIN IMMEDIATE" if _version(db) < _SCHEMA_VERSION else "BEGIN")
    # Read again inside: another process may have brought the file up meanwhile
    version = _version(db)
    if version > _SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"made by a newer version of grade (schema {version})")
    for script in MIGRATIONS[version:]:
        # executescript would commit first, and a crash could leave half of a migration
        for statement in script.split(";"):
            db.execute(statement)
    if version < _SCHEMA_VERSION:
        db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
    db.execute("COMMIT")


def is_damaged(error: Exception) -> bool:
    """Returns whether SQLite says that the file is not what it wrote."""
    return _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _log_ahead(db: sqlite3.Connection) -> None:
    """Switches a new file to a write-ahead log; a file that has one stays as it is."""
    # For this switch SQLite never waits, whatever the timeout: it holds a read lock already,
    # and two processes that make the same ledger would wait for each other.
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311 - so that they part
        else:
            return


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _code(error: Exception) -> int:
    """SQLite's code of the error, without its details."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF

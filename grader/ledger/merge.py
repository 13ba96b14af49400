"""Ledgers as a whole: merged, exported, pruned by age.

Merging is a join in the sense of lattices: of two entries for the same thing one always wins,
whichever ledger it came from. Merging is therefore idempotent and commutative, and ledgers that
were filled on many machines may be put together in any order, any number of times.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from grader.decision import decided, is_decided, united
from grader.errors import BadInput
from grader.ledger.ledger import Ledger
from grader.ledger.writer import Database
from grader.record import Grade
from grader.util.files import new_file

Part = Literal["calls", "grades"]

_RANK = "CASE {0}.state WHEN 'done' THEN 2 WHEN 'failed' THEN 1 ELSE 0 END"
# A reply outranks none. Of two replies, or two failures, the earlier one stays; what else could
# differ decides the rest, so that no pair is equal unless it is the same.
_ORDER = "coalesce({0}.finished, {0}.started), {0}.body, {0}.cause, {0}.request_id, {0}.started"
_CALL = (
    "key, content, sample, state, endpoint, model, request, body, request_id, cause, started,"
    " finished"
)
# WHERE true: else SQLite takes ON CONFLICT for the ON of a join. An entry that got a reply or a
# failure elsewhere waits for no shard here.
_MERGE_CALLS = f"""
INSERT INTO call ({_CALL}) SELECT {_CALL} FROM other.call WHERE true
ON CONFLICT (key) DO UPDATE SET
    state = excluded.state, request = excluded.request, body = excluded.body,
    request_id = excluded.request_id, cause = excluded.cause, started = excluded.started,
    finished = excluded.finished,
    shard = CASE WHEN excluded.state = 'sent' THEN call.shard END
WHERE {_RANK.format("excluded")} > {_RANK.format("call")}
   OR ({_RANK.format("excluded")} = {_RANK.format("call")}
       AND ({_ORDER.format("excluded")}) < ({_ORDER.format("call")}))
"""  # noqa: S608 - put together from the constants above
_GRADE = "question, answer_id, candidate, percent, graded_at, record, identity"
_MERGE_GRADES = f"""
INSERT INTO grade ({_GRADE}) SELECT {_GRADE} FROM other.grade WHERE identity IS NOT NULL
ON CONFLICT (identity) DO UPDATE SET
    graded_at = min(excluded.graded_at, grade.graded_at),
    record = joined(excluded.graded_at, excluded.record, grade.graded_at, grade.record),
    percent = coalesce(decided_percent(
        joined(excluded.graded_at, excluded.record, grade.graded_at, grade.record)), grade.percent)
WHERE excluded.record != grade.record
"""  # noqa: S608
# Grades of before there were identities are the same where their whole records are
_MERGE_OLD_GRADES = f"""
INSERT INTO grade ({_GRADE}) SELECT {_GRADE} FROM other.grade
WHERE identity IS NULL AND record NOT IN (SELECT record FROM grade WHERE identity IS NULL)
"""  # noqa: S608
# A warning outranks none, whichever came later
_MERGE_CHECKS = """
INSERT INTO judge_check SELECT * FROM other.judge_check WHERE true
ON CONFLICT (endpoint, model, ask) DO UPDATE SET found = excluded.found
WHERE coalesce(excluded.found, '') > coalesce(found, '')
"""


@dataclass(frozen=True)
class Sizes:
    """How much a ledger holds: *calls* of any state, the *replies* among them, and grades."""

    calls: int
    replies: int
    grades: int


def sizes(ledger: Ledger) -> Sizes:
    """Returns what *ledger* holds."""
    row = next(
        ledger.query(
            "SELECT count(*), count(*) FILTER (WHERE state = 'done'),"
            " (SELECT count(*) FROM grade) FROM call"
        )
    )
    return Sizes(*row)


def merge(into: Ledger, other: Path) -> Sizes:
    """Adds what the ledger in file *other* holds; gives what *into* holds then.

    Raises:
        BadInput: there is no such file, or it is the same one.
        LedgerFailed: one of them cannot be read or written.
    """
    if not other.is_file():
        raise BadInput(f"{other}: no such ledger")
    if into.path.exists() and other.samefile(into.path):
        raise BadInput(f"{other}: is the ledger that it would be merged into")
    Ledger(other).close()  # brings it to this version, or says why not
    into.write(lambda db: _merge(db, other))
    return sizes(into)


def _merge(db: Database, other: Path) -> None:
    # A database is attached outside of a transaction only; the empty one is begun anew for the
    # writer, which ends it.
    db.execute("ROLLBACK")
    db.create_function("joined", 4, _joined, deterministic=True)
    db.create_function("decided_percent", 1, _decided_percent, deterministic=True)
    db.execute("ATTACH ? AS other", (str(other),))
    try:
        db.execute("BEGIN IMMEDIATE")
        for statement in (_MERGE_CALLS, _MERGE_GRADES, _MERGE_OLD_GRADES, _MERGE_CHECKS):
            db.execute(statement)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("DETACH other")
        db.execute("BEGIN IMMEDIATE")


def _joined(at: str, record: str, other_at: str, other: str) -> str:
    """The earlier of two records of the same grade, with what people decided on either."""
    first, second = sorted([(at, record), (other_at, other)])
    try:
        one, two = (Grade.model_validate_json(text) for _, text in (first, second))
    except ValueError:  # a damaged one is no reason to lose the other
        return first[1]
    if not (is_decided(one) or is_decided(two)):
        return first[1]
    bare = {"overrides": (), "claim_overrides": (), "decided": None}
    each = sorted((one, two), key=lambda g: (g.graded_at, g.model_copy(update=bare).to_json()))
    return united(*each).to_json()


def _decided_percent(record: str) -> float | None:
    try:
        return decided(Grade.model_validate_json(record)).score.percent
    except ValueError:
        return None


def rows(ledger: Ledger, part: Part) -> Iterator[dict[str, Any]]:
    """Yields every entry of a ledger, in an order that its content alone decides.

    Calls have the request and the reply as the JSON text that went over the wire; times are
    seconds since 1970, UTC.
    """
    if part == "grades":
        for (record,) in ledger.query("SELECT record FROM grade ORDER BY graded_at, record"):
            yield json.loads(record)
        return
    names = tuple(_CALL.split(", "))
    for row in ledger.query(f"SELECT {_CALL} FROM call ORDER BY key"):  # noqa: S608
        values = dict(zip(names, row, strict=True))
        yield {**values, "request": _text(values["request"]), "body": _text(values["body"])}


def _text(packed: bytes | None) -> str | None:
    return None if packed is None else zlib.decompress(packed).decode("utf-8", "replace")


def export(ledger: Ledger, part: Part, out: Path) -> int:
    """Writes every entry to *out*, as Parquet where it is so named, else as JSON, one a line.

    Gives how many there are.

    Raises:
        BadInput: the file cannot be written, or Parquet is wanted and pyarrow is not there.
    """
    if out.suffix == ".parquet":
        from grader.util.parquet import write

        return write(rows(ledger, part), out)
    count = 0
    with new_file(out) as file:
        for row in rows(ledger, part):
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def prune(ledger: Ledger, before: float, *, dry_run: bool = False) -> Sizes:
    """Removes calls and grades older than *before*, in seconds since 1970, for good.

    A call is as old as its reply; what waits for a batch under way stays. Gives what was, or in
    a dry run would be, removed.

    Raises:
        LedgerFailed: it could not be written.
    """
    old = (
        "FROM call WHERE coalesce(finished, started) < ?1 AND NOT (state = 'sent' AND shard IN"
        " (SELECT id FROM shard WHERE state IN ('written', 'sending', 'submitted')))"
    )
    old_grades = "FROM grade WHERE unixepoch(graded_at) < ?1"
    found = next(
        ledger.query(
            f"SELECT (SELECT count(*) {old}), (SELECT count(*) {old} AND state = 'done'),"
            f" (SELECT count(*) {old_grades})",
            before,
        )
    )
    if not dry_run:
        ledger.write(lambda db: _prune(db, (f"DELETE {old}", f"DELETE {old_grades}"), before))
    return Sizes(*found)


def _prune(db: Database, statements: tuple[str, ...], before: float) -> None:
    for statement in statements:
        db.execute(statement, (before,))
    db.execute("COMMIT")
    # What was removed must not stay readable in free pages or the write-ahead log.
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("BEGIN IMMEDIATE")

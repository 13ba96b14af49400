"""Faults at random points of a batch, from a seed, and what must hold after each.

    python -m tests.bench.faults --runs 500

A trial starts ``grade batch`` in a process of its own against the stub, lets something go wrong,
repairs what was damaged, runs the batch again until it is through, and looks at what is left.
"""

import contextlib
import json
import multiprocessing
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Self

from grader import answer, rubric
from grader.data import folder
from grader.grading import Attempt, grade
from grader.one_call import OneCall
from grader.record import Grade, Verdict
from grader.request import Reply
from tests.fakes import INFO
from tests.stub import Behaviour, Stub, running

KINDS = (
    "kill",
    "interrupt",
    "full-disk",
    "cut-connection",
    "reorder",
    "torn-line",
    "cut-ledger",
    "overwritten-ledger",
    "clock-back",
)
QUESTIONS = ("bank-conflict", "tensor-core", "paged-attention")
IN_FLIGHT = 4
UNDER_WAY = 2 * IN_FLIGHT + 4
"""Replies that may have come and not yet be on the disk when a process is killed."""
MINUTE = 60.0

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["grader.cli", "grader.command.session", "openai", "httpx2"])


@dataclass
class Trial:
    """One run of the harness.

    Attributes:
        violations: what did not hold; empty is what everybody hopes for.
        may_pay_again: replies that were lost by no fault of the grader's.
    """

    seed: int
    path: Path
    kind: str = ""
    violations: list[str] = field(default_factory=list)
    may_pay_again: int = 0
    said: str = ""

    @property
    def dice(self) -> random.Random:
        return random.Random(self.seed)

    @property
    def ledger(self) -> Path:
        return self.path / "ledger.sqlite"

    @property
    def results(self) -> Path:
        return self.path / "results.jsonl"

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            self.violations.append(f"seed {self.seed} ({self.kind}): {what}")


def trial(seed: int, path: Path) -> Trial:
    """Runs the trial of a seed in the empty folder *path*."""
    dice = random.Random(seed)
    done = Trial(seed, path, KINDS[seed % len(KINDS)])
    session = _session(dice, path / "session.jsonl")
    behaviour = Behaviour(delay=0.001, put_off=0.05, retry_after=0.001, dice=random.Random(seed))
    behaviour.cut = 0.15 if done.kind == "cut-connection" else 0.0
    behaviour.jitter = 0.05 if done.kind == "reorder" else 0.0
    with running(behaviour) as (stub, url):
        _FIRST.get(done.kind, _plain)(done, stub, url, dice)
        if done.kind in _AFTER:
            _AFTER[done.kind](done, dice)
        behaviour.cut = behaviour.put_off = behaviour.jitter = 0.0
        _repair(done)
        _finish(done, url)
        _check(done, stub, session)
    return done


def _session(dice: random.Random, path: Path) -> dict[str, tuple[str, str]]:
    """Writes a session; gives question and text of each answer by its id."""
    faults = ["", "", "", "", "stub:not-json", "stub:refuse", "stub:no-quote", "stub:cut-off"]
    session = {}
    for number in range(dice.randint(8, 30)):
        words = " ".join(f"w{dice.randrange(10**6)}" for _ in range(dice.randint(3, 60)))
        text = f"Banks number {number} {words} {dice.choice(faults)}".strip()
        session[f"a{number}"] = (dice.choice(QUESTIONS), text)
    rows = ({"id": i, "question": q, "answer": t} for i, (q, t) in session.items())
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return session


# The processes under test.


def _child(arguments: list[str], path: str, limit: int | None, back: float) -> None:
    """Runs the command line in a fresh process, its output going to a file."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "GRADER_MODEL", "GRADER_RUBRICS"):
        os.environ.pop(name, None)
    os.environ |= {"GRADER_LEDGER": str(Path(path, "ledger.sqlite")), "NO_COLOR": "1"}
    said = os.open(Path(path, "said.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    if limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if back:
        _set_clock_back(back)
    from grader.cli import app

    app(arguments)


def _set_clock_back(seconds: float) -> None:
    """From now on time goes backwards, a second with every look."""
    import grader.grading

    start, looks = time.time(), iter(range(10**9))
    time.time = lambda: start - seconds * next(looks)

    class Backwards(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time(), tz)

    vars(grader.grading)["datetime"] = Backwards


def _start(
    done: Trial, *arguments: str, limit: int | None = None, back: float = 0.0
) -> ForkServerProcess:
    process = _context.Process(target=_child, args=([*arguments], str(done.path), limit, back))
    process.start()
    return process


def _batch(done: Trial, url: str) -> list[str]:
    call = ["batch", str(done.path / "session.jsonl"), "--out", str(done.results)]
    return [*call, "--model", "m", "--base-url", url, "--concurrency", str(IN_FLIGHT)]


def _ended(done: Trial, process: ForkServerProcess, *codes: int) -> int:
    process.join(MINUTE)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    done.expect(code in codes, f"ended with {code}, not one of {codes}")
    return -1 if code is None else code


# What goes wrong during the first run.


def _plain(done: Trial, _: Stub, url: str, __: random.Random) -> None:
    _ended(done, _start(done, *_batch(done, url)), 0, 3)


def _cut(done: Trial, stub: Stub, url: str, _: random.Random) -> None:
    _ended(done, _start(done, *_batch(done, url)), 0, 3)
    done.may_pay_again += stub.stats.cut


def _kill(done: Trial, stub: Stub, url: str, dice: random.Random) -> None:
    process = _start(done, *_batch(done, url))
    _wait(process, stub, dice)
    process.kill()
    _ended(done, process, 0, 3, -9)
    done.may_pay_again += UNDER_WAY


def _interrupt(done: Trial, stub: Stub, url: str, dice: random.Random) -> None:
    process = _start(done, *_batch(done, url))
    _wait(process, stub, dice)
    process.terminate()
    # Before the batch listens, the signal ends the process as it would any other.
    _ended(done, process, 0, 3, 130, -15)


def _wait(process: ForkServerProcess, stub: Stub, dice: random.Random) -> None:
    replies, moment = dice.randint(0, 12), dice.random() * 0.01
    deadline = time.monotonic() + MINUTE
    while stub.stats.replied < replies and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(moment)


def _full_disk(done: Trial, _: Stub, url: str, dice: random.Random) -> None:
    limit = dice.randint(30, 400) * 1024
    _ended(done, _start(done, *_batch(done, url), limit=limit), 0, 1, 3)
    done.may_pay_again += UNDER_WAY


def _clock(done: Trial, _: Stub, url: str, dice: random.Random) -> None:
    _ended(done, _start(done, *_batch(done, url), back=dice.uniform(1, 1e5)), 0, 3)


_FIRST: dict[str, Callable[[Trial, Stub, str, random.Random], None]] = {
    "kill": _kill,
    "interrupt": _interrupt,
    "full-disk": _full_disk,
    "cut-connection": _cut,
    "torn-line": _kill,
    "clock-back": _clock,
}


# What is damaged afterwards.


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
        before = _replies(done.ledger)
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


_AFTER: dict[str, Callable[[Trial, random.Random], None]] = {
    "torn-line": _torn_line,
    "cut-ledger": _damage(_cut_file),
    "overwritten-ledger": _damage(_overwrite),
}


# How it ends, and what must hold.


def _repair(done: Trial) -> None:
    mend = ["--results", str(done.results)] if done.results.exists() else []
    _ended(done, _start(done, "doctor", "--repair", *mend), 0)
    done.said = (done.path / "said.txt").read_text(encoding="utf-8", errors="replace")
    if done.kind.endswith("-ledger"):
        done.may_pay_again -= _replies(done.ledger)
        found = "was damaged" in " ".join(done.said.split()) or "nothing to repair" in " ".join(
            done.said.split()
        )
        done.expect(found, "the repair did not say what it found")


def _finish(done: Trial, url: str) -> None:
    for _ in range(3):
        if _ended(done, _start(done, *_batch(done, url)), 0, 3) in (0, 3):
            return


def _replies(path: Path) -> int:
    """Paid replies in a ledger; 0 where there is none."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        try:
            found = db.execute("SELECT COUNT(*) FROM call WHERE state = 'done'").fetchone()
        except sqlite3.Error:
            return 0
        return int(found[0])


def _check(done: Trial, stub: Stub, session: dict[str, tuple[str, str]]) -> None:
    said = (done.path / "said.txt").read_text(encoding="utf-8", errors="replace")
    done.expect("Traceback" not in said, f"a traceback: {said[-2000:]}")
    again, allowed = stub.stats.paid_again, done.may_pay_again
    done.expect(again <= allowed, f"{again} replies paid again, {allowed} may be")
    for path in (done.ledger, done.results):
        done.expect(path.stat().st_mode & 0o077 == 0, f"{path.name} can be read by others")
    grades = list(_grades(done))
    ids = sorted(one.answer_id for one in grades)
    done.expect(ids == sorted(session), f"{len(ids)} of {len(session)} answers, or some twice")
    for one in grades:
        if one.answer_id in session:
            _check_grade(done, one, *session[one.answer_id])


def _grades(done: Trial) -> Iterator[Grade]:
    for line in done.results.read_bytes().splitlines():
        try:
            yield Grade.model_validate_json(line)
        except ValueError:
            done.expect(False, f"a line is no record: {line[:80]!r}")


def _check_grade(done: Trial, one: Grade, question: str, text: str) -> None:
    wanted = expected(question, text)
    verdicts = [(p.id, p.verdict, p.cause) for p in one.key_points]
    right = [(p.id, p.verdict, p.cause) for p in wanted.key_points]
    done.expect(verdicts == right, f"{one.answer_id}: {verdicts} instead of {right}")
    done.expect(one.score == wanted.score, f"{one.answer_id}: another score")
    for point in one.key_points:
        ungraded = point.verdict is None
        done.expect(ungraded == (point.cause is not None), f"{one.answer_id}: no cause")
        shown = bool(point.evidence) or ungraded or point.verdict == Verdict.MISSED
        done.expect(shown, f"{one.answer_id}: a verdict from nothing")
    nothing = any(point.verdict is None for point in one.key_points)
    done.expect(nothing == (one.score.percent is None), f"{one.answer_id}: a score from nothing")


def expected(question: str, text: str) -> Grade:
    """The grade that the stub's rule gives, with no network, file or process in between."""
    import asyncio

    stub = Stub()

    async def ask(body: dict[str, Any]) -> Reply:
        _, reply, _ = stub.reply(json.dumps({"model": "m", **body}).encode())
        return Reply(body=reply.decode())

    asked = rubric.load(question, (folder("rubrics"),))
    attempt = Attempt(answer.from_text(text, "t"), "t")
    return asyncio.run(grade(asked, attempt, OneCall(ask, INFO)))

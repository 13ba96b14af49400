"""A trial of the fault harness and the ``grade`` processes that it runs."""

import multiprocessing
import os
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

IN_FLIGHT = 4
MINUTE = 60.0

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["grader.cli.app", "grader.cli.batch_run", "openai", "httpx2"])


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
    from grader.cli.app import app

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


def start(
    done: Trial, *arguments: str, limit: int | None = None, back: float = 0.0
) -> ForkServerProcess:
    """Starts ``grade`` with *arguments*; files may grow to *limit* bytes, time may go *back*."""
    process = _context.Process(target=_child, args=([*arguments], str(done.path), limit, back))
    process.start()
    return process


def batch(done: Trial, url: str) -> list[str]:
    """The arguments that grade the trial's session."""
    call = ["batch", str(done.path / "session.jsonl"), "--out", str(done.results)]
    return [*call, "--model", "m", "--base-url", url, "--concurrency", str(IN_FLIGHT)]


def ended(done: Trial, process: ForkServerProcess, *codes: int) -> int:
    """Waits for the end, which must come, and with one of *codes*; gives the exit code."""
    process.join(MINUTE)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
    done.expect(code in codes, f"ended with {code}, not one of {codes}")
    return -1 if code is None else code

"""A trial of the fault harness and the ``grade`` processes that it runs."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

from tests.support.processes import GradeProcess

IN_FLIGHT = 4
MINUTE = 60.0


@dataclass
class Trial:
    """One run of the harness.

    Attributes:
        violations: what did not hold; empty is what everybody hopes for.
        may_pay_again: replies that were lost by no fault of the grader's.
        said: all that its processes printed.
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


def set_clock_back(seconds: float) -> None:
    """From now on time goes backwards, a second with every look."""
    import grader.grading

    start, looks = time.time(), iter(range(10**9))
    time.time = lambda: start - seconds * next(looks)

    class Backwards(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time(), tz)

    vars(grader.grading)["datetime"] = Backwards


def start(done: Trial, *arguments: str, first: Callable[[], None] | None = None) -> GradeProcess:
    """Starts ``grade`` with *arguments*; *first* is called in the process before all else."""
    own = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "GRADER_MODEL", "GRADER_RUBRICS")
    given = {name: value for name, value in os.environ.items() if name not in own}
    given |= {"GRADER_LEDGER": str(done.ledger), "NO_COLOR": "1"}
    return GradeProcess(arguments, given, done.path, first)


def batch(done: Trial, url: str) -> list[str]:
    """The arguments that grade the trial's session."""
    call = ["batch", str(done.path / "session.jsonl"), "--out", str(done.results)]
    return [*call, "--model", "m", "--base-url", url, "--concurrency", str(IN_FLIGHT)]


def ended(done: Trial, process: GradeProcess, *codes: int) -> int:
    """Waits for the end, which must come, and with one of *codes*; gives the exit code."""
    code = process.wait(MINUTE)
    if code is None:
        process.send_signal(signal.SIGKILL)
    done.said += "".join(process.communicate())
    done.expect(code in codes, f"ended with {code}, not one of {codes}")
    return -1 if code is None else code

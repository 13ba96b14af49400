"""A session in a folder of its own, graded by ``grade batch`` against the stub."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from grader.cli.app import app
from tests.support.processes import GradeProcess
from tests.support.stub import Behaviour, Stub, running

QUESTIONS = ("bank-conflict", "warp-divergence", "tensor-core")


@dataclass
class Place:
    """Where a test's session lies, and who judges it."""

    folder: Path
    stub: Stub
    url: str
    env: dict[str, str] = field(default_factory=dict)
    model: str = "stub"

    @property
    def out(self) -> Path:
        return self.folder / "out.jsonl"

    def write(self, answers: list[str], question: str | None = None) -> Path:
        """The answers as a session, to three questions in turn unless *question* is given."""
        path = self.folder / "session.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, text in enumerate(answers):
                asked = question or QUESTIONS[number % len(QUESTIONS)]
                row = {"question": asked, "answer": text, "id": f"a{number}"}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return path

    def words(self, *more: str) -> list[str]:
        judge = ("--model", self.model, "--base-url", self.url)
        return ["batch", str(self.folder / "session.jsonl"), *judge, *more]

    def grade(self, *more: str, out: bool = True) -> Result:
        """Runs ``grade batch`` in this process."""
        given = ("--out", str(self.out)) if out else ()
        return CliRunner().invoke(app, self.words(*given, *more), env=self.environment)

    def start(self, *more: str, first: Callable[[], None] | None = None) -> GradeProcess:
        """Starts ``grade batch`` as a process; *first* is called in it before all else."""
        words = self.words("--out", str(self.out), *more)
        return GradeProcess(words, {**os.environ, **self.environment}, self.folder, first)

    @property
    def environment(self) -> dict[str, str]:
        ledger = str(self.folder / "ledger.sqlite")
        return {"GRADER_LEDGER": ledger, "OPENAI_API_KEY": "x", **self.env}

    @property
    def asked(self) -> int:
        return self.stub.stats.requests

    def records(self) -> dict[str, dict[str, Any]]:
        """The records in the results file; fails where an answer stands there twice."""
        lines = self.out.read_text(encoding="utf-8").splitlines()
        found = {record["answer_id"]: record for record in map(json.loads, lines)}
        assert len(found) == len(lines)
        return found


def answers(count: int) -> list[str]:
    return [f"Answer {number}: threads of a warp hit the same bank." for number in range(count)]


@contextmanager
def place(path: Path, behaviour: Behaviour | None = None) -> Iterator[Place]:
    with running(behaviour) as (stub, url):
        yield Place(path, stub, url)


def verdicts(record: dict[str, Any]) -> list[str | None]:
    return [point["verdict"] for point in record["key_points"]]

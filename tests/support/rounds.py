"""A session that is graded by rounds, through files or a provider's batches."""

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from tests.support.processes import GradeProcess
from tests.support.provider_stub import BatchStub, answer_file

ANSWERS = [
    "Threads of a warp hit the same bank.",
    "Padding moves the columns apart. stub:no-quote",
    "The same word is broadcast. stub:not-json",
    "32 banks of 4 bytes. stub:refuse",
    "Different words in one bank are served one after another.",
    "...",
]


@dataclass
class Place:
    """A folder with a session of its own, and a stub."""

    folder: Path
    stub: BatchStub
    url: str
    model: str = "stub"

    def grade(self, *words: str, ledger: str = "ledger") -> Result:
        env = {"GRADER_LEDGER": str(self.folder / ledger), "OPENAI_API_KEY": "x"}
        return CliRunner().invoke(app, ["batch", *self.words, *words], env=env)

    @property
    def words(self) -> list[str]:
        session = str(self.folder / "session.jsonl")
        return [session, "--model", self.model, "--base-url", self.url]

    def batch(self, *words: str, out: str = "out.jsonl") -> Result:
        more = ("--via", "batch", "--poll", "0", "--out", str(self.folder / out))
        return self.grade(*more, *words)

    def start(self) -> GradeProcess:
        """Starts the same as a process."""
        out = str(self.folder / "out.jsonl")
        words = ["batch", *self.words, "--via", "batch", "--poll", "0", "--out", out]
        env = {"GRADER_LEDGER": str(self.folder / "ledger"), "OPENAI_API_KEY": "x"}
        return GradeProcess(words, {**os.environ, **env}, self.folder)

    def files(self, *words: str, out: str = "out.jsonl") -> Result:
        shards = str(self.folder / "shards")
        return self.grade(
            "--via", "files", "--shards", shards, "--out", str(self.folder / out), *words
        )

    def run_shards(self, change: Callable[[list[bytes]], list[bytes]] = list) -> int:
        """Answers every shard that has no replies yet."""
        shards = [
            path
            for path in (self.folder / "shards").glob("requests-*.jsonl")
            if not path.with_name(f"replies-{path.name}").exists()
        ]
        for path in shards:
            lines = answer_file(self.stub.stub, path.read_bytes()).splitlines(keepends=True)
            path.with_name(f"replies-{path.name}").write_bytes(b"".join(change(lines)))
        return len(shards)

    def records(self, out: str = "out.jsonl") -> dict[str, dict[str, Any]]:
        path = self.folder / out
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return {one["answer_id"]: one for one in map(json.loads, lines)}

    def causes(self, out: str = "out.jsonl") -> Counter[str]:
        records = self.records(out).values()
        return Counter(
            r["key_points"][0]["cause"] for r in records if r["score"]["percent"] is None
        )


def write(place: Place, answers: list[str]) -> Place:
    rows = (
        {"question": "bank-conflict", "answer": text, "id": str(n)}
        for n, text in enumerate(answers)
    )
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (place.folder / "session.jsonl").write_text(text)
    return place


def many(place: Place, count: int = 40) -> Place:
    return write(place, [f"Answer {n}: threads of a warp hit the same bank." for n in range(count)])


def timeless(records: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {
        name: json.dumps({k: v for k, v in record.items() if k != "graded_at"})
        for name, record in records.items()
    }


def finish_files(place: Place, *words: str) -> None:
    for _ in range(20):
        place.files(*words)
        if not place.run_shards():
            return
    raise AssertionError("there is no end to the shards")


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts take no time."""
    monkeypatch.setattr("grader.llm.endpoint._backoff", lambda _: 0.0)
    monkeypatch.setattr("grader.session.elsewhere.openai_batch._wait_s", lambda _: 0.0)

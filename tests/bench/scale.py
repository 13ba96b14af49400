"""Measures ``grade batch --via files`` from ten thousand answers on: time an answer and memory.

    python -m tests.bench.scale 10000 100000 1000000

For each size a session is written into shards, the shards are answered by the stub's rules (not
measured: that is the model's work), and the replies are read and graded. A million answers take
about 20 GB of disk for a while. Needs nothing but what ``grade`` itself needs, and a system that
counts what a process uses: Linux or macOS.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from grader.util.digest_set import Seen

ROOT = Path(__file__).parents[2]
GRADE = "import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.cli.app import main; main()"


@dataclass(frozen=True)
class Took:
    """What a process took: seconds, those of the processor, and the most MB it had resident."""

    wall: float
    cpu: float
    memory: float

    def by(self, answers: int) -> str:
        """In words, the times for one of *answers*."""
        wall, cpu = 1000 * self.wall / answers, 1000 * self.cpu / answers
        return f"{wall:.2f} ms ({cpu:.2f} CPU), {self.memory:.0f} MB"


def measured(folder: Path, file: Path) -> Took:
    """One ``grade batch --via files``."""
    from tests.bench.batch import environment

    words = [sys.executable, "-c", GRADE, str(ROOT), "batch", str(file), "--via", "files"]
    words += ["--model", "stub", "--base-url", "http://127.0.0.1:1/v1"]
    words += ["--shards", str(folder / "shards"), "--out", str(folder / "out.jsonl")]
    start = time.perf_counter()
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(words, env=environment(folder), stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts in kilobytes, macOS in bytes.
    most = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Took(time.perf_counter() - start, used.ru_utime + used.ru_stime, most / 1e6)


def answer(shards: Path) -> int:
    """Answers every shard, a line at a time; gives how many requests there were."""
    from tests.support.provider_stub import BatchStub

    count = 0
    for path in shards.glob("requests-*.jsonl"):
        stub = BatchStub()  # one for each: it remembers what it was asked
        with path.open("rb") as lines, path.with_name(f"replies-{path.name}").open("wb") as out:
            for line in lines:
                out.write(stub.reply_line(json.loads(line)) + b"\n")
                count += 1
    return count


def once(answers: int, where: Path | None) -> bool:
    """Prints one line of the curve; whether every answer was graded once."""
    from tests.bench.batch import session

    folder = Path(tempfile.mkdtemp(dir=where))
    try:
        file = session(folder / "session.jsonl", answers)
        wrote = measured(folder, file)
        requests = answer(folder / "shards")
        read = measured(folder, file)
        graded = ids(folder / "out.jsonl")
        shards = len(list((folder / "shards").glob("requests-*.jsonl")))
        print(
            f"{answers:9,} answers | {wrote.by(answers)} to write {requests:,} requests in"
            f" {shards} shards | {read.by(answers)} to read and grade {graded:,}"
            f" | {(wrote.wall + read.wall) / 60:.1f} min in all",
            flush=True,
        )
        if graded != answers:
            print((folder / "said.txt").read_text(encoding="utf-8"), file=sys.stderr)
        return graded == answers
    finally:
        shutil.rmtree(folder)


def ids(out: Path) -> int:
    """How many different answers have a record; -1 where one has two."""
    seen = Seen()
    with out.open("rb") as lines:
        for line in lines:
            name = json.loads(line)["answer_id"]
            if not seen.add(hashlib.sha256(name.encode()).digest()):
                return -1
    return len(seen)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures grade batch --via files.")
    parser.add_argument("answers", type=int, nargs="+")
    parser.add_argument("--dir", type=Path, default=None, help="where there is room")
    said = parser.parse_args()
    whole = [once(answers, said.dir) for answers in said.answers]
    return 0 if all(whole) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Measures ``grade batch --via files`` from ten thousand answers on: time an answer and memory.

    python tests/bench/scale.py 10000 100000 1000000

For each size a session is written into shards, the shards are answered by the stub's rules (not
measured: that is the model's work), and the replies are read and graded. A million answers take
about 20 GB of disk for a while.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
GRADE = "import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.cli import main; main()"


def measured(folder: Path, file: Path) -> tuple[float, float, float]:
    """One ``grade batch --via files``: seconds, those of the processor, and the most MB that it
    had in memory."""
    import psutil

    from tests.bench.batch import environment

    words = [sys.executable, "-c", GRADE, str(ROOT), "batch", str(file), "--via", "files"]
    words += ["--model", "stub", "--base-url", "http://127.0.0.1:1/v1"]
    words += ["--shards", str(folder / "shards"), "--out", str(folder / "out.jsonl")]
    start, cpu, most = time.perf_counter(), spent(), 0
    process = subprocess.Popen(
        words, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            most = max(most, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    process.wait()
    return time.perf_counter() - start, spent() - cpu, most / 1e6


def spent() -> float:
    """Processor seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def answer(shards: Path) -> int:
    """Answers every shard, a line at a time; gives how many requests there were."""
    import json

    from tests.batch_stub import BatchStub

    stub, count = BatchStub(), 0
    for path in shards.glob("requests-*.jsonl"):
        with path.open("rb") as lines, path.with_name(f"replies-{path.name}").open("wb") as out:
            for line in lines:
                out.write(stub.reply_line(json.loads(line)) + b"\n")
                count += 1
    return count


def once(answers: int, where: Path | None) -> None:
    """Prints one line of the curve."""
    from tests.bench.batch import session

    folder = Path(tempfile.mkdtemp(dir=where))
    try:
        file = session(folder / "session.jsonl", answers)
        wrote = measured(folder, file)
        requests = answer(folder / "shards")
        read = measured(folder, file)
        with (folder / "out.jsonl").open("rb") as out:
            graded = sum(1 for _ in out)
        shards = len(list((folder / "shards").glob("requests-*.jsonl")))
        print(
            f"{answers:9,} answers | {_line(wrote, answers)} to write {requests:,} requests in"
            f" {shards} shards | {_line(read, answers)} to read and grade {graded:,}",
            flush=True,
        )
    finally:
        shutil.rmtree(folder)


def _line(took: tuple[float, float, float], answers: int) -> str:
    wall, cpu, memory = took
    return f"{1000 * wall / answers:.2f} ms ({1000 * cpu / answers:.2f} CPU), {memory:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures grade batch --via files.")
    parser.add_argument("answers", type=int, nargs="+")
    parser.add_argument("--dir", type=Path, default=None, help="where there is room")
    said = parser.parse_args()
    for answers in said.answers:
        once(answers, said.dir)


if __name__ == "__main__":
    main()

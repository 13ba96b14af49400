"""Measures ``grade batch`` against a loopback endpoint that takes 200 ms a reply, or ``--delay``.

    python tests/bench/batch.py throughput     against a bare AsyncOpenAI loop in the same run
    python tests/bench/batch.py memory         resident memory over 1,000 and 100,000 answers
    python tests/bench/batch.py kill           kill -9 at random moments, 50 times

Figures are medians of alternating runs: neither side has the quieter machine.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
STUB = ROOT / "tests" / "support" / "stub.py"
GRADE = "import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.cli.app import main; main()"
SILENT: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
ANSWER = (
    "Answer {number}. A bank conflict happens when threads of one warp touch different words in"
    " the same bank at the same time, so that the accesses are served one after another. Padding"
    " a row by one column moves the columns apart; the same word is broadcast. 共享内存分成32个"
    "存储体,每个4字节宽,同一个线程束访问同一存储体的不同字就会冲突。"
)


def session(path: Path, answers: int) -> Path:
    """A JSONL session of *answers* different answers to all shipped questions."""
    questions = sorted(p.stem for p in (ROOT / "rubrics").glob("*.toml"))
    with path.open("w", encoding="utf-8") as out:
        for number in range(answers):
            row = {
                "question": questions[number % len(questions)],
                "answer": ANSWER.format(number=number),
                "id": str(number),
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


@contextmanager
def stub(**options: float) -> Iterator[str]:
    """A stub in a process of its own: its base URL."""
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [sys.executable, str(STUB), *words], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def stats(url: str) -> dict[str, int]:
    """What the stub was asked."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as reply:
        return dict(json.load(reply))


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's own is touched."""
    return {**os.environ, "GRADER_LEDGER": str(folder / "ledger.sqlite"), "OPENAI_API_KEY": "x"}


def grade(folder: Path, file: Path, url: str, *more: str) -> list[str]:
    """The words of a ``grade batch`` process."""
    return [
        *(sys.executable, "-c", GRADE, str(ROOT), "batch", str(file)),
        *("--model", "stub", "--base-url", url, "--out", str(folder / "out.jsonl"), *more),
    ]


# Throughput -----------------------------------------------------------------------------------


async def bare(file: Path, url: str, concurrency: int) -> None:
    """What anybody would write: the same requests through the SDK, replies kept in memory."""
    from openai import AsyncOpenAI

    from grader.answer import from_text
    from grader.judge.one_call import OneCall
    from grader.rubric.files import load_rubrics
    from grader.util.files import data_folder
    from tests.support.fakes import INFO, FakeModel

    rubrics = {rubric.id: rubric for rubric in load_rubrics((data_folder("rubrics"),))}
    builder = OneCall(FakeModel("").ask, INFO)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    bodies = [builder.body(rubrics[row["question"]], from_text(row["answer"], "")) for row in rows]
    gate = asyncio.Semaphore(concurrency)

    async def one(client: AsyncOpenAI, body: dict[str, Any]) -> Any:
        async with gate:
            reply = await client.chat.completions.create(model="stub", **body)
            return json.loads(reply.choices[0].message.content or "")

    with measured():
        async with AsyncOpenAI(api_key="x", base_url=url) as client:
            await asyncio.gather(*(one(client, body) for body in bodies))


async def ours(folder: Path, file: Path, url: str, concurrency: int) -> None:
    """The whole of a run: session read, ledger and results written, session added up."""

    from grader.cli.batch_run import run
    from grader.cli.batch_wanted import BatchWanted, Session
    from grader.judge.options import JudgeOptions
    from grader.rubric.files import rubric_folders

    wanted = BatchWanted(
        session=Session((str(file),), rubric_folders()),
        said=JudgeOptions(model="stub", base_url=url),
        weights=None,
        out=folder / "out.jsonl",
        mode="resume",
        concurrency=concurrency,
        votes=1,
        max_cost=None,
        dry_run=False,
        pass_mark=None,
        reports={"html": None, "markdown": None, "csv": None, "junit": None},
        language="en",
    )
    with measured():
        assert await run(wanted) == 0


@contextmanager
def measured() -> Iterator[None]:
    """Prints the seconds and the CPU seconds of all threads that the block takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps(took), file=sys.stderr)


def run_side(name: str, folder: Path, url: str, answers: int, concurrency: int) -> None:
    """Runs one side in this process: one answer first, which takes the imports, then all."""
    for place, number in ((folder / "first", 1), (folder / "all", answers)):
        place.mkdir()
        file = session(place / "session.jsonl", number)
        if name == "bare":
            asyncio.run(bare(file, url, concurrency))
        else:
            os.environ.update(environment(place))
            asyncio.run(ours(place, file, url, concurrency))


def once(side: str, answers: int, concurrency: int, delay: float) -> dict[str, float]:
    """One run of one side in a fresh process against a fresh stub."""
    with tempfile.TemporaryDirectory() as name, stub(delay=delay) as url:
        words = [sys.executable, __file__, side, name, url, str(answers), str(concurrency)]
        done = subprocess.run(
            words, env=environment(Path(name)), capture_output=True, text=True, check=True
        )
        assert stats(url)["replied"] == answers + 1
        first, rest = (json.loads(line) for line in _figures(done.stderr))
        return {**rest, "first": first["wall"]}


def _figures(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("{")]


def throughput(rounds: int, sizes: Sequence[int], delay: float) -> None:
    """Prints answers a second and CPU an answer, ours by the bare loop's, and what the first
    answer of a process takes, its imports included."""
    print("answers  at once | bare /s  ours /s  ratio | bare ms  ours ms  ratio")
    for answers, concurrency in product(sizes, (32, 128)):
        took: dict[str, list[dict[str, float]]] = {"bare": [], "ours": []}
        for _ in range(rounds):
            for side, runs in took.items():
                runs.append(once(side, answers, concurrency, delay))
        rate = {s: statistics.median(answers / r["wall"] for r in runs) for s, runs in took.items()}
        cpu = {
            s: statistics.median(1000 * r["cpu"] / answers for r in runs)
            for s, runs in took.items()
        }
        print(
            f"{answers:7}  {concurrency:7} | {rate['bare']:7.1f}  {rate['ours']:7.1f} "
            f" {rate['ours'] / rate['bare']:5.2f} | {cpu['bare']:7.2f}  {cpu['ours']:7.2f} "
            f" {cpu['ours'] / cpu['bare']:5.2f}",
            flush=True,
        )
        first = {s: statistics.median(r["first"] for r in runs) for s, runs in took.items()}
    print(f"first answer of a process: bare {first['bare']:.2f} s, ours {first['ours']:.2f} s")


# Memory ---------------------------------------------------------------------------------------


def resident(pid: int) -> int:
    """Bytes that a process has in memory now; 0 once it has ended."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def most_resident(words: list[str], env: dict[str, str]) -> float:
    """Runs to the end; gives the most MB resident, looked at ten times a second."""
    process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, resident(process.pid))
        time.sleep(0.1)
    assert process.returncode == 0
    return most / 1e6


def memory(answers: int) -> None:
    """Prints the most memory that sessions of 1,000 and of all answers need, for a first run, for
    one with the ledger alone and for one with the results file too."""
    for number in (1000, answers):
        with tempfile.TemporaryDirectory() as name, stub() as url:
            folder = Path(name)
            file, out = session(folder / "session.jsonl", number), folder / "out.jsonl"
            words = grade(folder, file, url, "--concurrency", "64")
            for run in ("from the stub", "from the ledger", "from the results file"):
                if run == "from the ledger":
                    out.unlink()
                asked, start = stats(url)["requests"], time.perf_counter()
                most = most_resident(words, environment(folder))
                print(
                    f"{number} answers {run}: {most:.0f} MB at most;"
                    f" {stats(url)['requests'] - asked} requests,"
                    f" {time.perf_counter() - start:.0f} s",
                    flush=True,
                )


# kill -9 --------------------------------------------------------------------------------------


def kill(times: int, answers: int, concurrency: int) -> None:
    """Kills runs at random moments until *times* are killed, then lets one finish."""
    dice = random.Random(1)
    killed = finished = lost = again = 0
    while killed < times:
        with tempfile.TemporaryDirectory() as name, stub(delay=0.05) as url:
            folder = Path(name)
            file = session(folder / "session.jsonl", answers)
            words = grade(folder, file, url, "--concurrency", str(concurrency))
            kills = 0
            while killed < times:
                process = subprocess.Popen(words, env=environment(folder), **SILENT)
                try:
                    process.wait(dice.uniform(0.5, 8.0))
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    killed, kills = killed + 1, kills + 1
            subprocess.run(words, env=environment(folder), stdout=subprocess.DEVNULL, check=True)
            records = [json.loads(line) for line in (folder / "out.jsonl").open(encoding="utf-8")]
            ids = sorted(int(record["answer_id"]) for record in records)
            assert ids == list(range(answers)), "an answer is missing or stands twice"
            lost += sum(p["verdict"] is None for r in records for p in r["key_points"])
            paid_again = stats(url)["paid_again"]
            assert paid_again <= kills * concurrency, "more than the in-flight ones paid again"
            again += paid_again
            finished += 1
    print(
        f"{killed} kills in {finished} sessions of {answers}: every answer once, {lost} ungraded;"
    )
    print(f"{again} replies paid again, {again / killed:.1f} a kill (of {concurrency})")


def main() -> None:
    if sys.argv[1] in {"bare", "ours"}:
        run_side(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    parser = argparse.ArgumentParser(description="Measures grade batch.")
    parser.add_argument("what", choices=["throughput", "memory", "kill"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--answers", type=int, default=None)
    parser.add_argument("--delay", type=float, default=0.2, help="seconds a reply takes")
    parser.add_argument("--times", type=int, default=50)
    said = parser.parse_args()
    if said.what == "throughput":
        sizes = (said.answers,) if said.answers else (200, 2000)
        throughput(said.rounds, sizes, said.delay)
    elif said.what == "memory":
        memory(said.answers or 100_000)
    else:
        kill(said.times, said.answers or 200, 16)


if __name__ == "__main__":
    main()

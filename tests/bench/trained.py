"""Holds other engines against the embedded judge, and the client against many answers.

    python -m tests.bench.trained equal embedded.jsonl plain.jsonl own.jsonl --decisions all.jsonl
    python -m tests.bench.trained ask all.jsonl out.jsonl --base-url URL --model NAME
    python -m tests.bench.trained through --answers 20000
    python -m tests.bench.trained fixed dozen.jsonl embedded.jsonl > grader/trust/served.toml

`equal` prints for each engine how many verdicts are those of the first file, how far probabilities
are apart, and every decision that differs; the files hold lines with `answer`, `claim` and `four`,
as `tests.bench.gpu` and `ask` write them. `through` grades a session through a loopback server that
serves log-probabilities, is killed in the middle, and goes on. `fixed` writes the decisions that
`grade doctor` asks for.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w

from grader.judge import prompts
from grader.judge.curves import VERDICTS, odds_of_yes, trained
from grader.judge.per_point import decided
from grader.judge.served import as_served
from grader.llm.embedded import weights_file
from grader.llm.endpoint import Endpoint
from grader.llm.request import Reply, Request, read
from grader.record import Verdict
from grader.rubric.files import load_rubric, save_rubric
from grader.trust.served import chances_of
from grader.util.files import data_folder

ASKED = {"max_tokens": 1, "temperature": 0, "logprobs": 20}
UNSEEN = -20.0

Row = dict[str, Any]
Name = tuple[str, str]


def rows_of(path: Path) -> list[Row]:
    """Returns the lines of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def named(rows: Sequence[Row]) -> dict[Name, Row]:
    """Returns decisions by their answer and claim."""
    return {(row["answer"], row["claim"]): row for row in rows}


def read_as(four: Sequence[float], *, is_point: bool) -> tuple[tuple[float, ...], Verdict]:
    """Returns the probabilities of the verdicts and the verdict, as the judge makes them."""
    curves = trained()
    if is_point:
        chances = curves.point.chances(four)
        return chances, decided(chances)
    chance = curves.claim.chance(odds_of_yes(four))
    return (chance, 0.0, 1 - chance, 0.0), Verdict.MET if chance > 1 / 2 else Verdict.MISSED


def equal(paths: Sequence[Path], decisions: Path) -> bool:
    """Prints how each file stands to the first; whether all are equal enough."""
    asked = named(rows_of(decisions))
    known = named(rows_of(paths[0]))
    good = True
    for path in paths[1:]:
        both = [(name, known[name], row) for name, row in named(rows_of(path)).items()
                if name in known]  # fmt: skip
        different, apart = [], 0.0
        for name, one, other in both:
            is_point = asked[name]["label"] not in ("yes", "no")
            (wanted, verdict), (given, changed) = (
                read_as(row["four"], is_point=is_point) for row in (one, other)
            )
            apart += sum(abs(a - b) for a, b in zip(wanted, given, strict=True)) / len(VERDICTS)
            if verdict != changed:
                different.append((name, verdict, wanted, changed, given))
        same = 1 - len(different) / len(both)
        print(f"{path.name}: {same:.2%} of {len(both)} verdicts equal,"
              f" probabilities {apart / len(both):.4f} apart on average")  # fmt: skip
        for name, verdict, wanted, changed, given in different:
            print(f"  {'/'.join(name)}: {verdict} {_short(wanted)}, {changed} {_short(given)}")
        good &= same >= 0.98 and apart / len(both) <= 0.05
    return good


def _short(chances: Sequence[float]) -> str:
    return " ".join(f"{chance:.2f}" for chance in chances)


async def ask(given: argparse.Namespace) -> None:
    """Has a server make the decisions, as the judge asks it for them."""
    key = os.environ.get("OPENAI_API_KEY", "")
    model = Endpoint(given.model, given.base_url, key, timeout_s=600)

    async def send(body: Row) -> Reply:
        return await model.send(Request(model.endpoint, model.name, body))

    sent, gate = as_served(send), asyncio.Semaphore(given.at_once)

    async def made(row: Row) -> Row:
        async with gate:
            reply = await sent({"prompt": row["prefix"] + row["suffix"], **ASKED})
        top = {t.token: t.logprob for t in read(reply).first_token.top_logprobs}
        four = [round(top.get(word, UNSEEN), 5) for word in prompts.WORDS.values()]
        return {"answer": row["answer"], "claim": row["claim"], "four": four}

    began = time.perf_counter()
    made_rows = await asyncio.gather(*map(made, rows_of(given.decisions)))
    given.out.write_text("".join(json.dumps(row) + "\n" for row in made_rows), encoding="utf-8")
    print(f"{len(made_rows)} decisions in {time.perf_counter() - began:.0f} s")
    await model.close()


def fixed(decisions: Path, made: Path) -> None:
    """Prints the decisions of `grade doctor` as it reads them."""
    found = named(rows_of(made))
    table = {
        "adapter": weights_file.adapter().sha256,
        "decisions": [
            {
                "prompt": row["prefix"] + row["suffix"],
                "chances": [round(c, 4) for c in chances_of(found[name]["four"])],
            }
            for name, row in named(rows_of(decisions)).items()
        ],
    }
    head = "# Decisions of the embedded judge, which a server of the trained judge makes again.\n"
    print(head + "# Made by: python -m tests.bench.trained fixed\n\n" + tomli_w.dumps(table))


def through(answers: int) -> bool:
    """Grades a session through a loopback server, killed once in the middle; whether every answer
    has one record."""
    from tests.bench.batch import environment, grade
    from tests.support.stub import Behaviour, running

    with (
        tempfile.TemporaryDirectory() as home,
        running(Behaviour(legacy=True)) as (stub, url),
    ):
        folder = Path(home)
        file, out = short_session(folder, answers), folder / "out.jsonl"
        words = grade(folder, file, url, "--ask", "trained", "--concurrency", "64")
        words += ["--rubrics", str(folder), "--only-own"]
        began = time.perf_counter()
        first = subprocess.Popen(words, env=environment(folder), stdout=subprocess.DEVNULL)
        while lines_in(out) < answers // 3:
            time.sleep(0.5)
        first.kill()
        first.wait()
        print(f"killed at {lines_in(out):,} answers, {stub.stats.requests:,} requests", flush=True)
        again = subprocess.Popen(words, env=environment(folder), stdout=subprocess.DEVNULL)
        again.wait()
        seconds, asked = time.perf_counter() - began, stub.stats.requests
        names = [json.loads(line)["answer_id"] for line in out.read_bytes().splitlines()]
        print(f"{len(names):,} records of {len(set(names)):,} answers, exit {again.returncode}")
        print(f"{asked:,} requests, {stub.stats.paid_again:,} of them paid again after the kill")
        print(f"{seconds:.0f} s: {answers / seconds:.1f} answers, {asked / seconds:.0f} requests/s")
        return len(names) == len(set(names)) == answers


def short_session(folder: Path, answers: int) -> Path:
    """Returns a session on a question of two key points, whose rubric lies beside it: what is
    measured is the path of many answers, not of many claims."""
    from tests.bench.batch import ANSWER

    whole = load_rubric("bank-conflict", (data_folder("rubrics"),))
    fewer = {"key_points": whole.key_points[:2], "misconceptions": ()}
    short = whole.model_copy(update={"id": "short", **fewer})
    save_rubric(short, folder)
    path = folder / "session.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(answers):
            row = {"question": "short", "answer": ANSWER.format(number=number), "id": str(number)}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def lines_in(path: Path) -> int:
    """Returns how many lines a file has, 0 where it is not there yet."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("equal")
    one.add_argument("files", type=Path, nargs="+")
    one.add_argument("--decisions", type=Path, required=True)
    one = commands.add_parser("ask")
    one.add_argument("decisions", type=Path)
    one.add_argument("out", type=Path)
    one.add_argument("--base-url", required=True)
    one.add_argument("--model", required=True)
    one.add_argument("--at-once", type=int, default=8)
    commands.add_parser("through").add_argument("--answers", type=int, default=20_000)
    one = commands.add_parser("fixed")
    one.add_argument("decisions", type=Path)
    one.add_argument("made", type=Path)
    given = parser.parse_args()
    if given.command == "equal":
        return 0 if equal(given.files, given.decisions) else 1
    if given.command == "through":
        return 0 if through(given.answers) else 1
    if given.command == "fixed":
        fixed(given.decisions, given.made)
    else:
        asyncio.run(ask(given))
    return 0


if __name__ == "__main__":
    sys.exit(main())

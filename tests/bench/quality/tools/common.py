"""What the runners of other tools share: the sample in, a line a result out, what it took.

Each runs in an environment of its own, with the tool's package and nothing of this project:

    PYTHONPATH=. OTHERS/bin/python -m tests.bench.quality.tools.autorubric_items ITEMS OUT
        --base-url http://127.0.0.1:8431/v1

A result is ``{"id", "score"}`` with a score from 0 to 1, ``points`` where the tool gives verdicts,
and ``error`` in place of a score where it has none. Where a tool keeps what it has by itself, its
own way of going on is used; where it does not, results are written at the end.
"""

import argparse
import asyncio
import json
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Item = dict[str, Any]
Result = dict[str, Any]
KEY = "unused"
MODEL = "gpt-4.1-mini"
"""A name that every tool knows, so that each uses all that it can: the endpoint takes any."""


def wanted(item: Item) -> str:
    """Returns the rubric as the one text that most tools take."""
    return (
        "Score how much of the following the answer says, from 0 (nothing) to 1 (everything):\n"
        f"{expected(item)}"
    )


def expected(item: Item) -> str:
    """Returns the key points, each with its share, and the reference answer, on no scale."""
    most = sum(criterion["weight"] for criterion in item["criteria"])
    points = "\n".join(
        f"- {c['text']} ({c['weight'] / most:.0%} of the score; half of that for {c['partial']})"
        for c in item["criteria"]
    )
    return f"{points}\nReference answer: {item['reference']}"


def arguments(about: str) -> argparse.Namespace:
    """Returns what the command line gives: items, out, base_url, slots."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("items", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--slots", type=int, default=16)
    given = parser.parse_args()
    given.items = read(given.items)
    return given


def read(path: Path) -> list[Item]:
    """Returns the lines of a file, none where there is none."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(out: Path, results: list[Result]) -> None:
    """Adds results."""
    with out.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(result) + "\n" for result in results)


def stats(base_url: str) -> dict[str, int]:
    """Returns what the endpoint counts: requests, tokens."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/stats") as reply:
        found: dict[str, int] = json.loads(reply.read())
    return found


def told(given: argparse.Namespace, before: dict[str, int], started: float) -> None:
    """Prints what a run took, as one line of JSON, and keeps it beside OUT."""
    after = stats(given.base_url)
    used = {name: after[name] - before.get(name, 0) for name in after}
    took = {"seconds": round(time.time() - started, 2), "answers": len(given.items), **used}
    given.out.with_suffix(".took.json").write_text(json.dumps(took), encoding="utf-8")
    print(json.dumps(took))


def run_each(given: argparse.Namespace, grade: Callable[[Item], Awaitable[Result]]) -> None:
    """Grades every item, some at once, for tools that leave this to their user."""
    before, started = stats(given.base_url), time.time()

    async def run() -> list[Result]:
        gate = asyncio.Semaphore(given.slots)

        async def graded(item: Item) -> Result:
            async with gate:
                try:
                    result = await grade(item)
                except Exception as error:  # noqa: BLE001 - whatever a tool raises, it lost the answer
                    result = {"score": None, "error": f"{type(error).__name__}: {error}"[:300]}
            return {"id": item["id"], **result}

        return await asyncio.gather(*(graded(item) for item in given.items))

    write(given.out, asyncio.run(run()))
    told(given, before, started)

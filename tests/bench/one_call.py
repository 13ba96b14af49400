"""Drives the one-call form with the embedded model.

    python -m tests.bench.one_call [--kind terse] [QUESTION ...]

A small model is not made for this form. What is measured is the path: whether the strict schema
is honoured, quotes are located, unusable verdicts are asked again, and what cannot be used is
ungraded rather than invented.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from grader import answer
from grader.judge.one_call import OneCall
from grader.ledger.ledger import Ledger
from grader.ledger.replies import LiveReplies
from grader.llm.embedded import weights
from grader.llm.embedded.engine import Engine, escape
from grader.llm.endpoint import Endpoint
from grader.llm.request import Reply, Request, Unusable, read
from grader.record import JudgeInfo, Verdict
from grader.rubric.files import load_rubrics
from grader.rubric.format import Rubric
from grader.rubric.labelled import labelled_of
from grader.util.files import data_folder


async def one(asked: Rubric, kind: str, model: Endpoint, ledger: Ledger) -> str:
    """Grades the labelled answer of a *kind* to a question; a line of figures."""
    known = labelled_of(asked, (data_folder("rubrics"),))
    assert known is not None
    labelled_one = next(a for a in known.answers if a.kind == kind)
    live, replies = LiveReplies(ledger, model), list[Reply]()

    async def ask(body: dict[str, Any]) -> Reply:
        reply = await live.get_or_ask(Request("embedded", model.name, body))
        replies.append(reply)
        return reply

    info = JudgeInfo(kind="endpoint", model=model.name)
    start = time.perf_counter()
    text = answer.from_text(escape(labelled_one.text), labelled_one.id)
    found = await OneCall(ask, info, {"temperature": 0}).judge(asked, text)
    seconds = time.perf_counter() - start
    graded = [p for p in found.points if p.verdict is not None]
    right = sum(
        (p.verdict == Verdict.MET) == (labelled_one.verdicts[p.id].verdict == Verdict.MET)
        for p in graded
    )
    placed = all(text.text[e.start : e.end] == e.text for p in graded for e in p.evidence)
    return (
        f"{asked.id:34} {'yes' if _kept(replies[0], asked) else 'NO':4} {len(replies) - 1:4}"
        f" {len(graded):3} of {len(found.points)} {right:3} right"
        f"  {'placed' if placed else 'MISPLACED'}  {seconds:5.0f} s"
    )


def _kept(reply: Reply, asked: Rubric) -> bool:
    """Whether the first reply has exactly the items that the schema asks for."""
    try:
        value = json.loads(read(reply).text)
    except (Unusable, ValueError):
        return False
    return list(value["key_points"]) == [p.id for p in asked.key_points] and list(
        value["misconceptions"]
    ) == [m.id for m in asked.misconceptions]


async def main() -> None:
    found = weights.find()
    if found is None:
        sys.exit("the weights are not here: grade model pull")
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", default="strong")
    parser.add_argument("questions", nargs="*")
    wanted = parser.parse_args()
    print(f"{'question':34} kept again graded, met or not right, evidence")
    with (
        tempfile.TemporaryDirectory() as home,
        Ledger(Path(home) / "l") as ledger,
        Engine(found) as engine,
    ):
        model = Endpoint(engine.model, engine.base_url, engine.api_key, timeout_s=900)
        for asked in load_rubrics((data_folder("rubrics"),)):
            if not wanted.questions or asked.id in wanted.questions:
                print(await one(asked, wanted.kind, model, ledger), flush=True)
        await model.close()


if __name__ == "__main__":
    asyncio.run(main())

"""Times the embedded judge on one answer: python -m tests.bench.local [WEIGHTS]

Prints the seconds to start, to grade a six-key-point answer of some 120 words with the model
loaded, the same questions without prefix reuse, the second grade from the ledger, and the memory
of the process that holds the model.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from grader import answer
from grader.grading import Attempt, grade
from grader.judge.per_point import PerPoint
from grader.ledger.ledger import Ledger
from grader.ledger.replies import LiveReplies
from grader.llm.embedded import weights
from grader.llm.embedded.model import EmbeddedModel
from grader.llm.request import Reply, Request
from grader.record import JudgeInfo
from grader.rubric.files import load_rubric
from grader.util.files import data_folder

TEXT = """Shared memory is organised as thirty-two banks, each four bytes wide, and successive
words map to successive banks, so a warp can read thirty-two words at once if every thread hits a
different bank. A conflict happens when two or more threads of the same warp want different words
that live in the same bank; then the hardware replays the access once per distinct word, so an
eight-way conflict needs eight passes and the bandwidth drops to an eighth. If all threads read the
same word there is no conflict, since it is broadcast. The usual example is a column of a 32 by 32
float tile. I fix it by padding each row with one extra float, or by swizzling the index with an
exclusive or."""


async def timed(model: EmbeddedModel, ledger: Ledger | None, **parameters: object) -> float:
    """Seconds that one grade takes."""
    asked = load_rubric("bank-conflict", (data_folder("rubrics"),))

    async def ask(body: dict[str, Any]) -> Reply:
        if ledger:
            return await LiveReplies(ledger, model).sample(0)(body)
        return await model.send(Request(model.endpoint, model.name, body))

    info = JudgeInfo(kind="local", ask="trained", model=model.name)
    judge = PerPoint(ask, info, "trained", parameters=parameters)
    start = time.perf_counter()
    result = await grade(asked, Attempt(answer.from_text(TEXT, "bench"), "bench"), judge)
    assert not result.ungraded, result.ungraded
    return time.perf_counter() - start


def engine_memory() -> int:
    """Bytes of memory that the process which holds the model has in use."""
    import psutil

    children = psutil.Process().children(recursive=True)
    return max((int(child.memory_info().rss) for child in children), default=0)


async def main() -> None:
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    found = weights.find(given)
    if found is None:
        sys.exit("the weights are not here: grade model pull")
    model = EmbeddedModel(lambda: found, trained=True)
    with tempfile.TemporaryDirectory() as home, Ledger(Path(home) / "ledger") as ledger:
        start = time.perf_counter()
        await model.send(
            Request(model.endpoint, model.name, {"prompt": "Question: hi", "max_tokens": 1})
        )
        print(f"start and a first word  {time.perf_counter() - start:6.2f} s")
        reused = await timed(model, ledger)
        print(f"one answer              {reused:6.2f} s  ({len(TEXT.split())} words)")
        anew = await timed(model, None, cache_prompt=False)
        print(f"without prefix reuse    {anew:6.2f} s  (ratio {reused / anew:.2f})")
        print(f"again, from the ledger  {await timed(model, ledger):6.3f} s")
        print(f"memory of the engine    {engine_memory() / 2**20:6.0f} MiB")
    await model.close()


if __name__ == "__main__":
    asyncio.run(main())

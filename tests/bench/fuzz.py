"""A hundred thousand replies and answers, and the seconds that 64 KiB of anything takes:

python -m tests.bench.fuzz --count 100000
"""

import argparse
import random
import sys
import time
from collections.abc import Callable

from grader import answer
from grader.answer import MAX_BYTES, Answer, has_content
from grader.errors import BadInput
from grader.judge.defences import DEFENCES, Defence, look, own_text
from grader.judge.relevance import is_elsewhere
from grader.text.flags import flags
from grader.text.quotes import locate, sentences
from tests.support.broken_text import (
    PIECES,
    QUESTION,
    RUBRIC,
    faults_of_answer,
    faults_of_reply,
    raw_answer,
    reply,
)

_SHOWN = 10
_REPEATED = [
    *"aA1 .,;:!?-_=<>|`\"'({[#*\\/\t\n", *"的。，；“」　é\u0301\u200b\u202e\x1b\u00ad👩",
    *(piece for piece in PIECES if len(piece) < 100 and "\0" not in piece),
    "a. ", "a, ", "a ", "1. ", "ignore ", "不", "```\n", "<|", '{"', '"score": ', "not ", "... ",
]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    faults = 0
    for name, one in (("replies", _reply), ("answers", _answer)):
        start = time.monotonic()
        found = [fault for n in range(options.count) for fault in one(options.seed + n)]
        seconds = time.monotonic() - start
        print(f"{options.count} {name}: {len(found)} faults, {seconds:.0f} s", flush=True)
        print("\n".join(found[:_SHOWN]))
        faults += len(found)
    _slowest()
    return 1 if faults else 0


def _reply(seed: int) -> list[str]:
    body = reply(random.Random(seed))
    try:
        return list(faults_of_reply(body))
    except Exception as error:  # noqa: BLE001 - what the bench looks for
        return [f"reply {seed}: {error!r}"]


def _answer(seed: int) -> list[str]:
    dice = random.Random(seed)
    try:
        return list(faults_of_answer(raw_answer(dice), dice))
    except Exception as error:  # noqa: BLE001 - what the bench looks for
        return [f"answer {seed}: {error!r}"]


def _slowest() -> None:
    """Prints the slowest 64 KiB of one thing repeated, for each operation."""
    texts = {each: each * (MAX_BYTES // len(each.encode())) for each in _REPEATED}
    for name, operation in _OPERATIONS.items():
        times = {each: _seconds(operation, text) for each, text in texts.items()}
        worst = max(times, key=times.__getitem__)
        print(f"{name:<20} {times[worst]:.2f} s at most, on {worst!r} repeated")


def _read(text: str) -> Answer | None:
    try:
        return answer.from_bytes(text.encode(), "fuzz")
    except BadInput:
        return None


def _own(text: str) -> None:
    if read := _read(text):
        own_text(read)


def _looked(*defences: Defence) -> Callable[[str], None]:
    def operation(text: str) -> None:
        if read := _read(text):
            look(read, RUBRIC, defences)

    return operation


_OPERATIONS: dict[str, Callable[[str], object]] = {
    "read": _read,
    "sentences": sentences,
    "flags": flags,
    "content": lambda text: has_content(text, QUESTION),
    "locate": lambda text: locate("words that stand nowhere ... at all", text, QUESTION[0]),
    "locate own": lambda text: locate(text[100:300], text, QUESTION[0]),
    "own text": _own,
    "subject": lambda text: is_elsewhere([text], RUBRIC),
    **{defence.name: _looked(defence) for defence in DEFENCES},
    "all of them": _looked(*DEFENCES),
}


def _seconds(operation: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    operation(text)
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())

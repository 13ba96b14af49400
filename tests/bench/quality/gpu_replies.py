"""Answers recorded chat requests with the base model, many at once, on one GPU (or slowly, here).

    python -m tests.bench.quality.gpu_replies OUT.jsonl --weights GGUF REQUESTS.jsonl ...

OUT takes a reply a line as :mod:`tests.bench.quality.replay` reads them; what it has is not asked
again. With --serve PORT it goes on as an endpoint that answers further requests in the same way,
until it is stopped: what it is asked then is written to OUT too. Needs PyTorch, gguf, tokenizers
and llguidance.
"""

import argparse
import json
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from tests.bench.quality.chat import Job, Written, job, reply
from tests.bench.quality.generation import Cache, Forms, Generator
from tests.bench.quality.replay import Body, key, read_lines, serve
from training.model import read_gguf
from training.tokens import Tokens, load

MODEL = "qwen2.5-coder-1.5b-instruct"


@dataclass
class Answered:
    """Replies as they come, each written to the file at once."""

    path: Path
    tokens: Tokens
    asked: dict[int, tuple[str, Job]] = field(default_factory=dict)
    known: dict[str, Body] = field(default_factory=dict)
    ready: dict[str, threading.Event] = field(default_factory=dict)

    def tell(self, number: int, written: Written) -> None:
        """Keeps the reply to a numbered request."""
        name, asked = self.asked.pop(number)
        self.known[name] = reply(asked, written, self.tokens, MODEL)
        row = {"key": name, "reply": self.known[name]}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        if name in self.ready:
            self.ready[name].set()

    def jobs(self, bodies: Iterable[Body]) -> list[tuple[int, Job]]:
        """Returns the jobs of bodies that have no reply yet, each once."""
        fresh = {name: body for body in bodies if (name := key(body)) not in self.known}
        found = [
            (len(self.known) + len(self.asked) + number, name, job(body, self.tokens))
            for number, (name, body) in enumerate(fresh.items())
        ]
        self.asked |= {number: (name, asked) for number, name, asked in found}
        return [(number, asked) for number, _, asked in found]


def answer_all(generator: Generator, answered: Answered, bodies: Iterable[Body]) -> None:
    """Answers recorded requests, and tells now and then how far it is."""
    generator.put(answered.jobs(bodies))
    started, told, steps, total = time.time(), 0.0, 0, len(answered.asked)
    print(f"{total} requests", flush=True)
    while generator.is_busy:
        generator.turn()
        steps += 1
        if (seconds := time.time() - started) - told > 10:
            told = seconds
            print(f"{total - len(answered.asked)} done, {steps} steps, {seconds:.0f} s", flush=True)
    print(f"answered in {time.time() - started:.0f} s, {steps} steps", flush=True)


def answer_live(generator: Generator, answered: Answered, port: int) -> None:
    """Serves: whoever asks waits in a thread of its own while all are continued together."""
    coming: queue.Queue[Body] = queue.Queue()

    def ask(body: Body) -> tuple[int, Body]:
        name = key(body)
        if name not in answered.known:
            done = answered.ready.setdefault(name, threading.Event())
            coming.put(body)
            done.wait()
        return 200, answered.known[name]

    server = serve(ask, lambda: {"replies": len(answered.known)}, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"serving on http://127.0.0.1:{port}/v1", flush=True)
    while True:
        taken: list[Body] = [] if generator.is_busy else [coming.get()]
        while not coming.empty():
            taken.append(coming.get())
        waiting = {name for name, _ in answered.asked.values()}
        generator.put(answered.jobs(body for body in taken if key(body) not in waiting))
        generator.turn()


def opened(weights: Path, out: Path, slots: int, length: int) -> tuple[Generator, Answered]:
    """Loads the model; takes up a file of replies where it was left."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokens = load(weights)
    read, shape = read_gguf(weights, device, torch.bfloat16)
    answered = Answered(out, tokens, known={r["key"]: r["reply"] for r in read_lines(out)})
    forms = Forms(tokens, read["token_embd.weight"].shape[0])
    cache = Cache(read, shape, slots, length)
    return Generator(cache, tokens, forms, answered.tell), answered


def main() -> None:
    """Answers, then serves if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("requests", type=Path, nargs="*")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--slots", type=int, default=192)
    parser.add_argument("--length", type=int, default=6144, help="tokens of prompt and reply")
    parser.add_argument("--serve", type=int, metavar="PORT")
    given = parser.parse_args()
    started = time.time()
    generator, answered = opened(given.weights, given.out, given.slots, given.length)
    print(f"loaded in {time.time() - started:.0f} s, {len(answered.known)} known", flush=True)
    rows: list[dict[str, Any]] = [row for path in given.requests for row in read_lines(path)]
    answer_all(generator, answered, (row["body"] for row in rows))
    if given.serve:
        answer_live(generator, answered, given.serve)


if __name__ == "__main__":
    main()

"""What becomes of a session over a bad network, and of one that is killed, tool by tool:

    python -m tests.bench.quality.network ITEMS OUT.json --others OTHERS/bin/python \\
        --promptfoo FOLDER [--only NAME ...]

An endpoint on loopback gives every good reply the same verdicts. *Bad*: 30 of 100 requests get HTTP
429 with `retry-after: 1`, 10 of 100 replies are prose. *Killed*: the tool's process is killed when
40 of 100 requests were replied to, and started again by the same command. Counted are the answers
without a score, the scores that differ from those over a good network, and the good replies paid
for a second time.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from tests.bench.quality.replay import Body, key, made_up, read_lines, serve
from tests.bench.saf import rubric

TOOLS = {
    "autorubric, a call a criterion": ["autorubric_items"],
    "autorubric, a call an answer": ["autorubric_items", "--per-item"],
    "DeepEval G-Eval": ["deepeval_geval"],
    "Inspect model_graded_qa": ["inspect_graded_qa"],
    "openevals": ["openevals_judge"],
    "promptfoo llm-rubric": ["promptfoo_rubric"],
    "pydantic-evals LLMJudge": ["pydantic_judge"],
}
_PROSE = "I would say that it is quite good."


@dataclass
class Network:
    """The endpoint's behaviour and what it counted."""

    put_off: float = 0.0
    prose: float = 0.0
    delay: float = 0.05
    good: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: Body) -> tuple[int, Body]:
        """Returns status and body of the reply."""
        time.sleep(self.delay)
        with self.lock:
            self.requests += 1
            if self.dice.random() < self.put_off:
                return 429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
            reply = made_up(body)
            if self.dice.random() < self.prose:
                message = reply["choices"][0]["message"]
                message["content"] = _PROSE
                message.pop("tool_calls", None)
                return 200, reply
            self.good[key(body)] += 1
            return 200, reply

    @property
    def stats(self) -> dict[str, int]:
        """What the runners ask for."""
        return {"requests": self.requests, "prompt_tokens": 0, "written_tokens": 0}


def command(name: str, given: argparse.Namespace, folder: Path, url: str) -> list[str]:
    """Returns the command line of a tool."""
    out = folder / "out.jsonl"
    if name == "grade":
        start = [sys.executable, "-m", "grader", "batch", str(folder / "session.jsonl")]
        start += ["--out", str(out), "--base-url", url, "--model", "any", "--only-own"]
        return [*start, "--rubrics", str(folder / "rubrics")]
    module, *rest = TOOLS[name]
    if module == "promptfoo_rubric":
        rest = ["--promptfoo", str(given.promptfoo)]
    start = [str(given.others), "-m", f"tests.bench.quality.tools.{module}", str(given.items)]
    return [*start, str(out), "--base-url", url, *rest]


def run(
    name: str, given: argparse.Namespace, network: Network, *, kill: bool
) -> tuple[Body, dict[str, float | None]]:
    """Runs a tool over the network, killed once or not; returns what was counted, and scores."""
    server = serve(network.answer, lambda: network.stats, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(read_lines(given.items), folder)
        started = time.time()
        line = command(name, given, folder, url)
        code = _run(line, folder, network, _total(name, given.items) * 2 // 5 if kill else None)
        if kill:
            code = _run(line, folder, network, None)
        found = {"exit": code, "seconds": round(time.time() - started, 1)}
        made = scores(folder / "out.jsonl", read_lines(given.items))
    server.shutdown()
    paid_again = sum(network.good.values()) - len(network.good)
    found |= {"lost": list(made.values()).count(None)}
    return found | {"requests": network.requests, "paid again": paid_again}, made


def _total(name: str, items: Path) -> int:
    rows = read_lines(items)
    if "criterion" in name:
        return sum(len(row["criteria"]) for row in rows)
    return len(rows)


def _run(line: list[str], folder: Path, network: Network, until: int | None) -> int:
    settings = {"PYTHONPATH": ".", "XDG_DATA_HOME": str(folder / "data"), "OPENAI_API_KEY": "x"}
    process = subprocess.Popen(
        line,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "stderr").open("a"),
        start_new_session=True,
    )
    while until is not None and process.poll() is None:
        if sum(network.good.values()) >= until:
            os.killpg(process.pid, signal.SIGKILL)
            break
        time.sleep(0.01)
    try:
        return process.wait(timeout=400)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return -9


def prepare(items: list[Body], folder: Path) -> None:
    """Writes the same sample as `grade` reads it."""
    (folder / "rubrics").mkdir()
    for item in {item["question_id"]: item for item in items}.values():
        question = {
            "question_id": item["question_id"].removeprefix("saf-"),
            "question": item["question"],
            "reference_answer": item["reference"],
            "key_points": [
                {"id": c["name"], "text": c["text"], "points": c["weight"]}
                for c in item["criteria"]
            ],
        }
        made = tomli_w.dumps(rubric(question))
        (folder / "rubrics" / f"{item['question_id']}.toml").write_text(made, encoding="utf-8")
    with (folder / "session.jsonl").open("w", encoding="utf-8") as session:
        for item in items:
            row = {"question": item["question_id"], "id": item["id"], "answer": item["answer"]}
            session.write(json.dumps(row) + "\n")


def scores(out: Path, items: list[Body]) -> dict[str, float | None]:
    """Returns the score of every answer, None where there is none."""
    found = {}
    for line in read_lines(out):
        score = line["score"]
        found[line.get("id", line.get("answer_id"))] = (
            score["percent"] if isinstance(score, dict) else score
        )
    return {item["id"]: found.get(item["id"]) for item in items}


def main() -> None:
    """Runs every tool twice and writes what was counted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("items", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--others", type=Path, required=True)
    parser.add_argument("--promptfoo", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    given = parser.parse_args()
    found = {row["grader"] + row["set"]: row for row in read_lines(given.out)}
    for name in given.only or ["grade", *TOOLS]:
        good: dict[str, float | None] = {}
        for on, bad in (("killed", False), ("bad network", True)):
            network = Network(put_off=0.3, prose=0.1) if bad else Network()
            plain, made = run(name, given, network, kill=not bad)
            good = made if not bad else good
            plain["invented"] = sum(
                each is not None and each != good[answer] for answer, each in made.items()
            )
            print(name, on, plain, flush=True)
            row = {"section": "network", "set": on, "grader": name, "figures": {}, "plain": plain}
            found[name + on] = row
            lines = "".join(json.dumps(each) + "\n" for each in found.values())
            given.out.write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Makes decisions with llama.cpp on the processor, over HTTP: as the embedded engine or, with
`--own`, as llama.cpp's own server starts by itself.

    python tests/bench/gpu/trained_cpu.py decisions.jsonl out.jsonl --weights MODEL.gguf

Needs xllamacpp and nothing else, so that it runs on any machine. Writes each decision's
log-probabilities of the four words, as `four`. `--plain` leaves the adapter out.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
EMBEDDED = ROOT / "grader" / "llm" / "embedded"
WORDS = ("Yes", "Half", "No", "Wrong")
UNSEEN = -20.0
KEY = "key"
SLOTS = 4

# Its own attention and layout of the weights, and several slots
OWN = """
import json, os, sys
import xllamacpp
said = json.loads(sys.stdin.readline())
reply = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
p = xllamacpp.CommonParams()
p.model.path = said["path"]
if said["adapter"]:
    a = xllamacpp.CommonAdapterLoraInfo()
    a.path, a.scale = said["adapter"], 1.0
    p.lora_adapters = [a]
p.api_keys = [said["key"]]
p.hostnames = ["127.0.0.1"]
p.port = 0
p.n_ctx = 32768
p.n_parallel = 4
p.fit_params = False
p.verbosity = 1
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = said["threads"]
server = xllamacpp.Server(p)
reply.write(json.dumps({"address": server.listening_address}) + "\\n")
reply.flush()
sys.stdin.read()
os._exit(0)
"""


def started(given: argparse.Namespace) -> tuple["subprocess.Popen[bytes]", str]:
    """Returns the server's process and address."""
    script = ["-c", OWN] if given.own else [str(EMBEDDED / "server.py")]
    process = subprocess.Popen(
        [sys.executable, "-P", *script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    settings = {
        "path": str(given.weights),
        "adapter": None if given.plain else str(EMBEDDED / "adapter.gguf"),
        "name": "judge",
        "key": KEY,
        "context": 8192,
        "threads": given.threads,
        "cache_mib": 256,
    }
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(settings).encode() + b"\n")
    process.stdin.flush()
    return process, str(json.loads(process.stdout.readline())["address"])


def asked(address: str, prompt: str) -> list[float]:
    """Returns the log-probabilities of the four words after *prompt*."""
    body = {"prompt": prompt, "max_tokens": 1, "temperature": 0, "logprobs": 20, "model": "judge"}
    request = urllib.request.Request(
        f"{address}/v1/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {KEY}"},
    )
    with urllib.request.urlopen(request, timeout=600) as reply:
        choice = json.load(reply)["choices"][0]
    seen = {t["token"]: t["logprob"] for t in choice["logprobs"]["content"][0]["top_logprobs"]}
    return [round(seen.get(word, UNSEEN), 5) for word in WORDS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("decisions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="without the adapter")
    parser.add_argument("--own", action="store_true", help="as llama.cpp's own server starts")
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.decisions.read_text("utf-8").splitlines()]
    process, address = started(given)
    began = time.perf_counter()

    def decided(row: dict[str, Any]) -> dict[str, Any]:
        four = asked(address, row["prefix"] + row["suffix"])
        return {"answer": row["answer"], "claim": row["claim"], "four": four}

    pool = ThreadPoolExecutor(SLOTS if given.own else 1)
    with given.out.open("w", encoding="utf-8") as out, pool:
        for line in pool.map(decided, rows):
            out.write(json.dumps(line) + "\n")
            out.flush()
    process.kill()
    seconds = time.perf_counter() - began
    print(f"{len(rows)} decisions in {seconds:.0f} s, {len(rows) / seconds:.1f} a second")


if __name__ == "__main__":
    main()

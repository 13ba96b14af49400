"""Grades on a Ray cluster of three nodes on this machine, one of which is killed midway.

    python tests/bench/lost_node.py --answers 5000

Prints, as JSON, how many answers were graded, how often one stands in the output, and how many
requests the stub was sent. Needs the extra ``ray``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
GRADE = "from grader.cli import main; main()"


def lose_a_node(answers: int, folder: Path) -> dict[str, float]:
    """One run; the node is killed once the stub has replied to two fifths of the answers."""
    from ray.cluster_utils import Cluster

    from tests.bench.batch import environment, session, stats, stub

    file = session(folder / "session.jsonl", answers)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes = [cluster.add_node(num_cpus=2) for _ in range(2)]
    env = {**environment(folder), "RAY_USAGE_STATS_ENABLED": "0"}
    try:
        with stub(delay=0.1) as url:
            words = ["batch", str(file), "--via", "ray", "--address", cluster.address]
            words += ["--model", "stub", "--base-url", url, "--out", str(folder / "out.jsonl")]
            start = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-c", GRADE, *words, "--actors", "4"],
                env=env,
                stdout=subprocess.DEVNULL,
            )
            while stats(url)["replied"] < 2 * answers // 5 and process.poll() is None:
                time.sleep(0.2)
            running = process.poll() is None
            print(f"killing a node after {time.perf_counter() - start:.0f} s", file=sys.stderr)
            cluster.remove_node(nodes[0], allow_graceful=False)
            print("killed", file=sys.stderr)
            code = process.wait()
            took = time.perf_counter() - start
            requests = stats(url)["requests"]
    finally:
        cluster.shutdown()
    lines = (folder / "out.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    often = Counter(record["answer_id"] for record in found)
    return {
        "exit": code,
        "killed_while_running": running,
        "answers": len(often),
        "most_of_one": max(often.values(), default=0),
        "ungraded": sum(record["score"]["percent"] is None for record in found),
        "requests": requests,
        "requests_by_answers": requests / answers,
        "seconds": round(took, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Kills a node of a Ray cluster midway.")
    parser.add_argument("--answers", type=int, default=5000)
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(lose_a_node(parser.parse_args().answers, Path(name))))


if __name__ == "__main__":
    main()

"""Grades on a Ray cluster of three nodes on this machine, one of which is killed midway.

    python -m tests.bench.lost_node --answers 5000 --delay 0.2

The stub takes a while over each reply, so that the node dies with requests in flight. Prints, as
JSON, how many answers were graded, how often one stands in the output, how many requests the stub
was sent, and for how many of them nobody was left to take the reply. Needs the extra ``ray`` and
psutil.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
GRADE = "import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.cli.app import main; main()"
ACTORS, AT_ONCE = 4, 16
_SOON_S = 8.0


@contextmanager
def cluster_of_three() -> Iterator[tuple[Any, list[Any]]]:
    """The cluster, and the two nodes of it that may be lost."""
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        yield cluster, [cluster.add_node(num_cpus=2) for _ in range(2)]
    finally:
        cluster.shutdown()


def processes(node: Any) -> list[Any]:
    """The raylet of a node and the workers that it started."""
    import psutil

    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    return [raylet, *raylet.children(recursive=True)]


def graders(node: Any) -> int:
    """How many of a node's workers grade."""
    import psutil

    count = 0
    for one in processes(node):
        try:
            count += "_Grader" in " ".join(one.cmdline())
        except psutil.Error:  # ended meanwhile
            continue
    return count


def kill(cluster: Any, node: Any) -> None:
    """Ends all of a node at one moment: a worker outlives its raylet by seconds otherwise, in
    which it would take the replies that it waits for."""
    import psutil

    for one in processes(node):
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    cluster.remove_node(node, allow_graceful=False)


def wait_for_the_middle(process: "subprocess.Popen[bytes]", url: str, answers: int) -> int:
    """Until two fifths are answered and every actor, or nearly so, waits for replies; gives how
    many requests are in flight then."""
    from tests.bench.batch import stats

    while process.poll() is None and stats(url)["replied"] < 2 * answers // 5:
        time.sleep(0.1)
    began, most = time.monotonic(), ACTORS * AT_ONCE
    while process.poll() is None:
        found = stats(url)["in_flight"]
        # Fewer and fewer will do: on a busy machine the run would be over before all wait
        left = max(1 - (time.monotonic() - began) / _SOON_S, 0)
        if found > max(most * 3 / 4 * left, 1):
            return found
        time.sleep(0.005)
    return 0


def lose_a_node(answers: int, delay: float, folder: Path) -> dict[str, float]:
    """One run: the node on which more is graded is killed in the middle."""
    from tests.bench.batch import environment, session, stats, stub

    file = session(folder / "session.jsonl", answers)
    env = {**environment(folder), "RAY_USAGE_STATS_ENABLED": "0"}
    with cluster_of_three() as (cluster, nodes), stub(delay=delay) as url:
        words = [sys.executable, "-c", GRADE, str(ROOT), "batch", str(file), "--via", "ray"]
        words += ["--address", cluster.address, "--model", "stub", "--base-url", url]
        words += ["--actors", str(ACTORS), "--concurrency", str(AT_ONCE)]
        words += ["--out", str(folder / "out.jsonl")]
        start = time.perf_counter()
        process = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
        in_flight = wait_for_the_middle(process, url, answers)
        running, node = process.poll() is None, max(nodes, key=graders)
        said = {"graders_killed": graders(node), "in_flight_at_the_kill": in_flight}
        kill(cluster, node)
        print(f"killed a node after {time.perf_counter() - start:.0f} s", file=sys.stderr)
        said |= {"exit": process.wait(), "killed_while_running": running}
        took, asked = time.perf_counter() - start, stats(url)
    return {
        **said,
        **outcome(folder / "out.jsonl"),
        "lost_in_flight": asked["lost"],
        "requests": asked["requests"],
        "requests_by_answers": asked["requests"] / answers,
        "seconds": round(took, 1),
    }


def outcome(out: Path) -> dict[str, int]:
    """What the merged results hold."""
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    often = Counter(record["answer_id"] for record in found)
    return {
        "answers": len(often),
        "most_of_one": max(often.values(), default=0),
        "ungraded": sum(record["score"]["percent"] is None for record in found),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Kills a node of a Ray cluster midway.")
    parser.add_argument("--answers", type=int, default=5000)
    parser.add_argument("--delay", type=float, default=0.2, help="seconds that a reply takes")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(lose_a_node(said.answers, said.delay, Path(name))))


if __name__ == "__main__":
    main()

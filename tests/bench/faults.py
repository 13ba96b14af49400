"""Hundreds of seeded fault runs: ``python -m tests.bench.faults --runs 500 --first 0``."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.support.fault_trials import trial


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    kinds: Counter[str] = Counter()
    violations: list[str] = []
    start = time.monotonic()
    for seed in range(options.first, options.first + options.runs):
        with tempfile.TemporaryDirectory() as folder:
            done = trial(seed, Path(folder))
        kinds[done.kind] += 1
        violations += done.violations
        for violation in done.violations:
            print(violation, flush=True)
    seconds = time.monotonic() - start
    print(f"{sum(kinds.values())} runs, {len(violations)} violations, {seconds:.0f} s")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

"""Whatever fails in the middle of a batch, no grade is lost, invented or paid for twice."""

from pathlib import Path

import pytest

from tests.support.fault_trials import KINDS, trial

ROUND = len(KINDS)
SEEDS = {kind: seed for seed, kind in enumerate(KINDS)}
# The moment of a kill is what tells, so there are several of them.
SEEDS |= {f"kill again, {n}": n * ROUND + KINDS.index("kill") for n in (1, 2, 3)}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_a_batch_survives(seed: int, tmp_path: Path) -> None:
    assert trial(seed, tmp_path).violations == []

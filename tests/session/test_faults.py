"""Whatever fails in the middle of a batch, no grade is lost, invented or paid for twice."""

from pathlib import Path

import pytest

from tests.support.fault_trials import KINDS, trial


@pytest.mark.parametrize("seed", range(len(KINDS)), ids=KINDS)
def test_a_batch_survives(seed: int, tmp_path: Path) -> None:
    assert trial(seed, tmp_path).violations == []

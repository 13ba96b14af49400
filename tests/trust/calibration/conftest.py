"""What the tests of calibration share: a small team's files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grader.record import Grade
from grader.trust.calibration import results as graded
from grader.trust.calibration.results import ModelGradings
from tests.trust.calibration.teams import Team, records

WriteResults = Callable[[Sequence[Grade]], Path]


@pytest.fixture
def write_results(tmp_path: Path) -> WriteResults:
    """Writes records, each call to a file of its own."""
    count = iter(range(100))

    def write(grades: Sequence[Grade]) -> Path:
        path = tmp_path / f"results-{next(count)}.jsonl"
        path.write_text("".join(g.to_json() + "\n" for g in grades), encoding="utf-8")
        return path

    return write


@pytest.fixture
def four(write_results: WriteResults) -> ModelGradings:
    """Four answers, a0 to a3, to question q0 with key points p0 to p2, by model m."""
    results, _ = records(Team(answers=4, points=3), 1)
    return graded.read([write_results(results.grades)])

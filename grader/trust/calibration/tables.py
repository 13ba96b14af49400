"""Calibrates from two tables: what people rated, and what models graded."""

from collections.abc import Sequence
from pathlib import Path

from grader.trust.calibration import groups as grouping
from grader.trust.calibration import ratings as rated
from grader.trust.calibration import results as graded
from grader.trust.calibration.analysis import Given, analyse, digest
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.measure import Sampling
from grader.trust.calibration.sampling_plan import read_plan
from grader.trust.calibration.team import Drawn
from grader.trust.calibration.thresholds import load


def calibrate(
    ratings: str | Path,
    results: str | Path | Sequence[str | Path],
    *,
    pass_mark: float | None = None,
    groups: Path | None = None,
    thresholds: Path | None = None,
    rasch: bool = False,
    drawn: Path | None = None,
    samples: int = 2000,
    seed: int = 0,
) -> Calibration:
    """Returns whether people agree, and whether a model may be trusted beside them.

    Args:
        ratings: CSV or JSONL, a verdict or a score a row.
        results: JSONL files of records, as ``grade batch --out`` and ``grade_batch`` write them.
        pass_mark: in per cent; None proposes one.
        groups: CSV with a candidate or an answer a row, and their attributes.
        thresholds: TOML with the lines that trust hangs on; None takes the shipped ones.
        rasch: fit the many-facet Rasch model of severity, too.
        drawn: the plan by which answers were drawn for rating, as ``grade calibrate next`` writes
            it; None where they were chosen at random or all rated.
        samples: bootstrap samples, 200 to 100,000; all intervals are of 95 %.

    Raises:
        BadInput: a file cannot be read, or a row is not of the form; file and line are named.
    """
    given = [results] if isinstance(results, str | Path) else results
    paths, rated_in = [Path(path) for path in given], Path(ratings)
    gradings = graded.read(paths)
    return analyse(
        Given(
            results=gradings,
            ratings=rated.read(rated_in, gradings),
            thresholds=load(thresholds),
            groups=None if groups is None else grouping.read(groups),
            mark=pass_mark,
            sampling=Sampling(samples, seed),
            digests=(digest([rated_in]), digest(paths)),
            rasch=rasch,
            drawn=None if drawn is None else Drawn(read_plan(drawn), digest([drawn])),
        )
    )

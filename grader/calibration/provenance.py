"""What a report was made from: so that it can be made again, and doubted in the right place."""

import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from grader import __version__
from grader.calibration.measure import Sampling
from grader.calibration.model import Provenance
from grader.calibration.panel import MISSING, Panel
from grader.calibration.ratings import Ratings
from grader.calibration.results import Results
from grader.calibration.thresholds import Thresholds
from grader.errors import BadInput


def digest(paths: Sequence[Path]) -> str:
    """``sha256:`` of the files' bytes, one after the other."""
    found = hashlib.sha256()
    for path in paths:
        try:
            found.update(path.read_bytes())
        except OSError as error:
            raise BadInput(f"{path}: cannot be read: {error}") from None
    return f"sha256:{found.hexdigest()}"


def of(
    results: Results,
    ratings: Ratings,
    panel: Panel,
    thresholds: Thresholds,
    how: Sampling,
    digests: tuple[str, str],
) -> Provenance:
    """The provenance of a report; *digests* are of the ratings and of the results."""
    rubrics: dict[str, dict[str, None]] = {}
    models: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for grade, names in zip(results.grades, results.names, strict=True):
        rubrics.setdefault(grade.question, {})[grade.digests.rubric] = None
        if grade.judge.kind != "code":
            models |= dict.fromkeys(names, grade.judge.replied or grade.judge.model)
            kinds |= dict.fromkeys(names, grade.judge.kind)
    rated = [row.rated_at for row in ratings.rows if row.rated_at]
    graded = [grade.graded_at for grade in results.grades]
    ungraded = int((panel.verdicts[:, panel.models] == MISSING).sum())
    return Provenance(
        ratings=digests[0],
        results=digests[1],
        models=models,
        kinds=kinds,
        rubrics={question: tuple(found) for question, found in rubrics.items()},
        prompts=tuple(dict.fromkeys(g.digests.prompt for g in results.grades if g.digests.prompt)),
        graded_from=min(graded),
        graded_to=max(graded),
        rated_from=min(rated, default=None),
        rated_to=max(rated, default=None),
        versions={
            "grade": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        excluded={**ratings.left_out, "incomplete": _incomplete(panel), "ungraded": ungraded},
        thresholds=thresholds.flat(),
        seed=how.seed,
        samples=how.samples,
    )


def _incomplete(panel: Panel) -> int:
    """Scores of people that cannot be added up, as they gave some verdicts but not all."""
    begun = np.zeros(panel.scores.shape, dtype=bool)
    np.logical_or.at(begun, panel.item_answer, panel.verdicts != MISSING)
    people = list(panel.humans)
    return int((begun & np.isnan(panel.scores))[:, people].sum())

"""Fits the calibration of a per-point judge on the labelled answers: ``python -m grader.fit``.

Figures are from questions that the curves were not fitted on: each question in turn is left out
whole, so that nothing of its answers or key points is known when it is judged.
"""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from grader import labelled, rubric
from grader.answer import from_text
from grader.calibrated import FILE, Calibration, Curve, calibration, finding
from grader.choice import LOCAL, Options, bench
from grader.ledger import Ledger, default_path
from grader.own_words import all_lines
from grader.per_point import Asked, PerPoint
from grader.record import Verdict
from grader.request import Unusable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNSURE = 0.4
"""Half-width of the unsure band: a verdict of probability 0.6 or less may as well be the other."""


@dataclass(frozen=True)
class Sample:
    """One labelled decision: the log-odds that the judge gave, and what people said.

    Attributes:
        verdict: None for a misconception.
        asserted: None for a key point.
    """

    question: str
    answer: str
    language: str
    item: str
    log_odds: float
    binary: bool = False
    verdict: Verdict | None = None
    asserted: bool | None = None


async def samples(judge: PerPoint, folders: Sequence[Path]) -> list[Sample]:
    """The log-odds of every labelled decision, asked or taken from the ledger."""
    found: list[Sample] = []
    for asked in rubric.load_all(folders):
        known = labelled.of(asked, folders)
        for one in known.answers if known else ():
            where = (asked.id, one.id, one.language)
            about = Asked(judge, all_lines(from_text(one.text, one.id)))
            for point in asked.key_points:
                odds = await _odds(about.point_log_odds(point))
                label = one.verdicts[point.id].verdict
                if odds is not None:
                    found.append(Sample(*where, point.id, odds, point.binary, label))
            for claim in asked.misconceptions:
                odds = await _odds(about.claim_log_odds(claim))
                held = claim.id in one.misconceptions
                if odds is not None:
                    found.append(Sample(*where, claim.id, odds, asserted=held))
    return found


async def _odds(asked: "Awaitable[float]") -> float | None:
    try:
        return await asked
    except Unusable:
        return None


def fit_curve(log_odds: "NDArray[np.float64]", yes: "NDArray[np.bool_]") -> Curve:
    """A logistic curve by Newton's method, with a slight pull towards slope 1 and offset 0.

    Args:
        log_odds: shape (n,).
        yes: shape (n,): whether people said yes.
    """
    import numpy as np

    design = np.column_stack([log_odds, np.ones_like(log_odds)])
    start = np.array([1.0, 0.0])
    weights, pull = start.copy(), 1.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        gradient = design.T @ (yes - chance) - pull * (weights - start)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + pull * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004
            break
    return Curve(slope=round(max(float(weights[0]), 0.01), 4), offset=round(float(weights[1]), 4))


def fit(found: Iterable[Sample], base: Calibration) -> Calibration:
    """The calibration that fits labelled decisions best, with the languages of *base*."""
    points = [s for s in found if s.verdict is not None]
    claims = [s for s in found if s.asserted is not None]
    graded = [s for s in points if not s.binary]
    return Calibration(
        met=_curve(points, lambda s: s.verdict == Verdict.MET),
        some=_curve(graded, lambda s: s.verdict in (Verdict.MET, Verdict.PARTIAL)),
        claim=_curve(claims, lambda s: bool(s.asserted)),
        unsure=_UNSURE,
        languages=base.languages,
    )


def _curve(found: Sequence[Sample], yes: Callable[[Sample], bool]) -> Curve:
    import numpy as np

    return fit_curve(
        np.array([s.log_odds for s in found]), np.array([yes(s) for s in found], dtype=bool)
    )


def held_out(found: Sequence[Sample], base: Calibration) -> list[tuple[Sample, Verdict]]:
    """Each key point's verdict by curves fitted on the other questions."""
    judged: list[tuple[Sample, Verdict]] = []
    for question in sorted({s.question for s in found}):
        fitted = fit([s for s in found if s.question != question], base)
        judged += [
            (s, finding(s.log_odds, fitted, binary=s.binary).verdict)
            for s in found
            if s.question == question and s.verdict is not None
        ]
    return judged


def table(judged: Sequence[tuple[Sample, Verdict]]) -> list[tuple[str, str]]:
    """The figures of held-out verdicts, as names with values."""
    from grader.agreement.categorical import cohen_kappa

    met = [(s.verdict == Verdict.MET, v == Verdict.MET) for s, v in judged]
    rows = [("key points", str(len(judged)))]
    rows.append(("accuracy, met or not", _share(a == b for a, b in met)))
    kappa = cohen_kappa([int(a) for a, _ in met], [int(b) for _, b in met], (0, 1))
    rows.append(
        ("kappa, met or not", "not estimable" if kappa.value is None else f"{kappa.value:.2f}")
    )
    for verdict in Verdict:
        of = [v for s, v in judged if s.verdict == verdict]
        rows.append((f"recall of {verdict}", f"{_share(v == verdict for v in of)} of {len(of)}"))
    for language in ("en", "zh", "mixed"):
        hits = [
            (s.verdict == Verdict.MET) == (v == Verdict.MET)
            for s, v in judged
            if s.language == language
        ]
        rows.append((f"accuracy in {language}", f"{_share(hits)} of {len(hits)}"))
    return rows


def _share(hits: Iterable[bool]) -> str:
    found = list(hits)
    return f"{sum(found) / len(found):.3f}" if found else "-"


async def _collect(folders: Sequence[Path]) -> tuple[list[Sample], Calibration]:
    from grader.progress import bring_weights

    with Ledger(default_path()) as ledger:
        async with bench(Options(LOCAL), os.environ, ledger, lambda: bring_weights(None)) as open_:
            judge = open_.judge
            assert isinstance(judge, PerPoint)
            return await samples(judge, folders), judge.calibration


def main() -> None:
    """Prints the held-out figures; with ``--write`` also replaces the shipped calibration."""
    parser = argparse.ArgumentParser(prog="python -m grader.fit", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name}")
    wanted = parser.parse_args()
    found, base = asyncio.run(_collect(rubric.folders()))
    for name, value in table(held_out(found, base)):
        print(f"{name:24} {value}")  # noqa: T201 - a command's output
    fitted = fit(found, base)
    print(fitted)  # noqa: T201
    if wanted.write:
        kept = {"endpoint": calibration("endpoint"), "local": fitted}
        head = "# Made by: python -m grader.fit --write. The endpoint's curves are not fitted.\n\n"
        FILE.write_text(head + tomli_w.dumps({k: v.model_dump() for k, v in kept.items()}))


if __name__ == "__main__":
    main()

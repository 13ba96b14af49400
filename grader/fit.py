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
from grader.calibrated import FILE, Calibration, Curve, calibration, finding, mean_of_others
from grader.choice import LOCAL, Options, bench
from grader.errors import BadInput
from grader.labelled import LabelledAnswer
from grader.ledger import Ledger, default_path
from grader.own_words import own_lines
from grader.per_point import PerPoint
from grader.record import Verdict
from grader.request import Unusable
from grader.rubric import Rubric
from grader.yes_no import Questions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CLOSE = 1e-9
_UNSURE = 0.4
"""Half-width of the unsure band: a verdict of probability 0.6 or less may as well be the other."""


@dataclass(frozen=True)
class Sample:
    """One labelled decision: the log-odds that the judge gave, and what people said.

    Attributes:
        others: mean log-odds of the answer's other key points.
        supported: the answer has a word of the key point.
        verdict: None for a misconception.
        asserted: None for a key point.
    """

    question: str
    answer: str
    language: str
    kind: str
    item: str
    log_odds: float
    others: float = 0.0
    binary: bool = False
    supported: bool = True
    verdict: Verdict | None = None
    asserted: bool | None = None


async def samples(judge: PerPoint, folders: Sequence[Path]) -> list[Sample]:
    """The log-odds of every labelled decision, asked or taken from the ledger."""
    found: list[Sample] = []
    for asked in rubric.load_all(folders):
        known = labelled.of(asked, folders)
        for one in known.answers if known else ():
            own = own_lines(from_text(one.text, one.id), asked)
            shown = judge.shown(own, asked)
            on_points = judge.point_questions(shown, asked)
            found += await _of_points(on_points, asked, one, judge.supported(own, asked))
            found += await _of_claims(judge.questions(shown), asked, one)
    return found


async def _of_points(
    about: Questions, asked: Rubric, one: LabelledAnswer, supported: frozenset[str]
) -> list[Sample]:
    odds = {point: await usable(about.point_log_odds(point)) for point in asked.key_points}
    known = [value for value in odds.values() if value is not None]
    return [
        Sample(
            *(asked.id, one.id, one.language, one.kind, point.id, value),
            others=mean_of_others(value, known),
            binary=point.binary,
            supported=point.id in supported,
            verdict=one.verdicts[point.id].verdict,
        )
        for point, value in odds.items()
        if value is not None
    ]


async def _of_claims(about: Questions, asked: Rubric, one: LabelledAnswer) -> list[Sample]:
    odds = {claim.id: await usable(about.claim_log_odds(claim)) for claim in asked.misconceptions}
    return [
        Sample(
            *(asked.id, one.id, one.language, one.kind, name, value),
            asserted=name in one.misconceptions,
        )
        for name, value in odds.items()
        if value is not None
    ]


async def usable(asked: Awaitable[float]) -> float | None:
    """The log-odds that are *asked* for; None where the reply holds none."""
    try:
        return await asked
    except Unusable:
        return None


def fit_curve(features: "NDArray[np.float64]", yes: "NDArray[np.bool_]") -> list[float]:
    """The weights of a logistic curve, the offset last, by Newton's method.

    A slight pull towards slope 1 and nothing else keeps the answer finite where the labels can
    be told apart without a fault.

    Args:
        features: shape (n, k), the log-odds first.
        yes: shape (n,): whether people said yes.
    """
    import numpy as np

    design = np.column_stack([features, np.ones(len(features))])
    start = np.eye(design.shape[1])[0]
    weights = start.copy()
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -50, 50)))
        gradient = design.T @ (yes - chance) - (weights - start)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if np.abs(step).max() < _CLOSE:
            break
    return [round(float(weight), 4) for weight in weights]


def fit(found: Iterable[Sample], base: Calibration) -> Calibration:
    """The calibration that fits labelled decisions best, with the languages of *base*."""
    points = [s for s in found if s.verdict is not None and s.supported]
    claims = [s for s in found if s.asserted is not None]
    graded = [s for s in points if not s.binary]
    return Calibration(
        met=_curve(points, lambda s: s.verdict == Verdict.MET),
        some=_curve(graded, lambda s: s.verdict in (Verdict.MET, Verdict.PARTIAL)),
        claim=_curve(claims, lambda s: bool(s.asserted), pooled=False),
        unsure=_UNSURE,
        languages=base.languages,
        by_word=base.by_word,
    )


def _curve(found: Sequence[Sample], yes: Callable[[Sample], bool], *, pooled: bool = True) -> Curve:
    import numpy as np

    rows = [(s.log_odds, s.others) if pooled else (s.log_odds,) for s in found]
    weights = fit_curve(np.array(rows), np.array([yes(s) for s in found], dtype=bool))
    slope, *others, offset = weights
    return Curve(
        slope=max(slope, _CLOSE), others=max(others[0], 0.0) if others else 0.0, offset=offset
    )


def held_out(found: Sequence[Sample], base: Calibration) -> list[tuple[Sample, Verdict]]:
    """Each key point's verdict by curves fitted on the other questions."""
    judged: list[tuple[Sample, Verdict]] = []
    for question in sorted({s.question for s in found}):
        fitted = fit([s for s in found if s.question != question], base)
        judged += [
            (s, _judged(s, fitted))
            for s in found
            if s.question == question and s.verdict is not None
        ]
    return judged


def _judged(sample: Sample, fitted: Calibration) -> Verdict:
    return finding(
        sample.log_odds,
        fitted,
        others=sample.others,
        binary=sample.binary,
        supported=sample.supported,
    ).verdict


def table(judged: Sequence[tuple[Sample, Verdict]]) -> list[tuple[str, str]]:
    """The figures of held-out verdicts, as names with values."""
    rows = [("all answers", _figures(judged))]
    plain = {"strong", "partial", "wrong"}
    groups: dict[str, Callable[[Sample], bool]] = {
        "strong, partial, wrong": lambda s: s.kind in plain,
        "the harder kinds": lambda s: s.kind not in plain,
    }
    rows += [
        (name, _figures([(s, v) for s, v in judged if belongs(s)]))
        for name, belongs in groups.items()
    ]
    rows += [
        (f"in {name}", _figures([(s, v) for s, v in judged if s.language == name]))
        for name in ("en", "zh", "mixed")
    ]
    for verdict in Verdict:
        of = [v for s, v in judged if s.verdict == verdict]
        rows.append((f"recall of {verdict}", f"{_share(v == verdict for v in of)} of {len(of)}"))
    return rows


def _figures(judged: Sequence[tuple[Sample, Verdict]]) -> str:
    from grader.agreement.categorical import cohen_kappa

    people = [int(s.verdict == Verdict.MET) for s, _ in judged]
    judge = [int(v == Verdict.MET) for _, v in judged]
    kappa = cohen_kappa(people, judge, levels=(0, 1)).value if judged else None
    agreed = _share(a == b for a, b in zip(people, judge, strict=True))
    return f"{agreed} right, kappa {'-' if kappa is None else f'{kappa:.2f}'}, n {len(judged)}"


def _share(hits: Iterable[bool]) -> str:
    found = list(hits)
    return f"{sum(found) / len(found):.3f}" if found else "-"


async def _collect(folders: Sequence[Path]) -> tuple[list[Sample], Calibration]:
    from grader.progress import bring_weights

    with Ledger(default_path()) as ledger:
        async with bench(Options(LOCAL), os.environ, ledger, lambda: bring_weights(None)) as open_:
            judge = open_.judge
            if not isinstance(judge, PerPoint):
                raise BadInput("only a judge that is asked per point has a calibration to fit")
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

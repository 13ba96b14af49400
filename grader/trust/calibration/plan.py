"""How many answers and people a wanted interval takes."""

import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from grader.stats.arrays import Floats
from grader.stats.distributions import normal_tail
from grader.trust.calibration.values import Part

ANSWERS = (20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)
_DRAWS = 2000
_Z = 1.96


class PlanRow(Part):
    """What one number of answers gives."""

    answers: int
    qwk: float
    """Expected width of the 95 % interval of the model's QWK with people."""
    degradation: float
    """Expected width of the interval of the degradation."""
    smd: float
    """Expected width of the interval of the standardised mean difference."""
    severity_power: float
    """Chance to tell a person whose scores are off by ``severity`` standard deviations."""


class Plan(Part):
    """How wide intervals will be."""

    people: int
    agreement: float
    """Supposed QWK of the model with people."""
    people_agreement: float
    """Supposed QWK of people with each other."""
    severity: float
    width: float
    line: float
    """That the lower bound of the QWK must pass."""
    rows: tuple[PlanRow, ...]
    answers_for_width: dict[int, int] = Field(default_factory=dict)
    """Answers that the wanted width of the QWK takes, by number of people."""
    answers_to_pass: int | None = None
    """Answers until the lower bound passes the line, should the supposition be true."""


@dataclass(frozen=True)
class PlanWanted:
    """What a plan is made for.

    Attributes:
        width: of the 95 % interval of the QWK.
        line: that the lower bound of the QWK must pass.
    """

    people: int = 2
    agreement: float = 0.80
    people_agreement: float = 0.80
    width: float = 0.15
    severity: float = 0.3
    line: float = 0.70


def plan(wanted: PlanWanted, seed: int = 0) -> Plan:
    """The plan, by drawing normal scores with the supposed correlations.

    Standard errors fall with the root of the number of answers; the constant is measured once
    for each number of people, at 100 answers.
    """
    spread = _spread(wanted, wanted.people, seed)
    rows = tuple(_row(n, spread, wanted) for n in ANSWERS)
    for_width = {
        people: _answers(_spread(wanted, people, seed)[0], wanted.width)
        for people in sorted({2, 3, 5, wanted.people})
    }
    room = wanted.agreement - wanted.line
    return Plan(
        people=wanted.people,
        agreement=wanted.agreement,
        people_agreement=wanted.people_agreement,
        severity=wanted.severity,
        width=wanted.width,
        line=wanted.line,
        rows=rows,
        answers_for_width=for_width,
        answers_to_pass=_answers(spread[0], 2 * room) if room > 0 else None,
    )


def _row(answers: int, spread: tuple[float, float, float], wanted: PlanWanted) -> PlanRow:
    qwk, degradation, smd = (round(2 * _Z * s / math.sqrt(answers), 3) for s in spread)
    return PlanRow(
        answers=answers,
        qwk=qwk,
        degradation=degradation,
        smd=smd,
        severity_power=round(_power(answers, wanted), 3),
    )


def _answers(spread: float, width: float) -> int:
    return math.ceil((2 * _Z * spread / width) ** 2)


def _spread(wanted: PlanWanted, people: int, seed: int) -> tuple[float, float, float]:
    """Standard deviations times root n of the QWK, the degradation and the SMD."""
    n = 100
    found = _simulate(wanted, people, n, np.random.default_rng(seed))
    qwk, degradation, smd = (float(np.std(column, ddof=1)) * math.sqrt(n) for column in found.T)
    return qwk, degradation, smd


def _simulate(wanted: PlanWanted, people: int, n: int, random: np.random.Generator) -> Floats:
    """QWK, degradation and SMD of ``_DRAWS`` teams, (draws, 3); the model is the last column."""
    own = wanted.people_agreement
    covariance = np.full((people + 1, people + 1), own)
    covariance[-1, :] = covariance[:, -1] = min(wanted.agreement, math.sqrt(own))
    np.fill_diagonal(covariance, 1.0)
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    drawn = random.normal(size=(_DRAWS, n, people + 1)) @ root.T
    mean, centred = drawn.mean(axis=1), drawn - drawn.mean(axis=1, keepdims=True)
    cov = np.einsum("dni,dnj->dij", centred, centred) / n
    var = np.einsum("dii->di", cov)
    apart = (mean[:, :, None] - mean[:, None, :]) ** 2
    qwk = 2 * cov / (var[:, :, None] + var[:, None, :] + apart)
    with_model = qwk[:, -1, :-1].mean(axis=1)
    upper = np.triu_indices(people, 1)
    among = qwk[:, upper[0], upper[1]].mean(axis=1) if people > 1 else np.zeros(_DRAWS)
    smd = ((mean[:, -1:] - mean[:, :-1]) / np.sqrt(var[:, :-1])).mean(axis=1)
    return np.stack([with_model, with_model - among, smd], axis=1)


def _power(answers: int, wanted: PlanWanted) -> float:
    """Normal approximation: one person against the mean of the others and the model."""
    others = max(wanted.people, 1)
    error = math.sqrt((1.0 - wanted.people_agreement) * (1.0 + 1.0 / others) / answers)
    return normal_tail(_Z - wanted.severity / error) if error > 0 else 1.0

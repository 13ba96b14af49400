"""Whether a model may be trusted, decided on the bounds of intervals, never on an estimate.

A line is *passed* when the whole interval lies on its good side, *failed* when the whole
interval lies on its bad side, and *open* in between. A model reads beside a person once it passes
every line needed for that; it grades alone once it passes every other line too. What is open
counts as not passed; only where a sensible number of further answers could settle it, the
verdict is that there is not enough data.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.trust.calibration.thresholds import ThresholdLine, Thresholds
from grader.trust.calibration.values import CheckOutcome, Decision, Estimate, ThresholdCheck, Trust


@dataclass(frozen=True)
class Shared:
    """What both the model and people rated.

    Attributes:
        candidates: whom the answers are of; as many as answers where candidates are not known.
        humans: people who rated any of them.
    """

    answers: int
    candidates: int
    humans: int


def decide(
    model: str,
    question: str | None,
    shared: Shared,
    figures: Mapping[str, Estimate],
    thresholds: Thresholds,
) -> Decision:
    """The decision on one model.

    Args:
        question: None for all questions together.
        shared: what both the model and people rated.
        figures: the figure of each line, by the line's name; a line without one is not asked.
    """
    checks = tuple(
        check(name, figures[name], line, shared.answers, thresholds)
        for name, line in thresholds.lines.items()
        if name in figures
    )
    trust, by, more = _trust(checks, shared.candidates, thresholds)
    return Decision(
        model=model,
        question=question,
        trust=trust,
        decided_by=by,
        answers=shared.answers,
        candidates=shared.candidates,
        humans=shared.humans,
        more_answers=more,
        checks=checks,
    )


def check(
    name: str, estimate: Estimate, line: ThresholdLine, answers: int, thresholds: Thresholds
) -> ThresholdCheck:
    """One line held against its figure.

    The number of further answers supposes that the estimate stays and the interval narrows with
    the root of the number of answers.
    """
    outcome = _outcome(estimate, line)
    more = _more(estimate, line, answers) if outcome is CheckOutcome.OPEN else None
    return ThresholdCheck(
        name=name,
        needed_for=line.needed_for,
        threshold=line.value,
        estimate=estimate,
        outcome=outcome,
        more_answers=more if more is not None and more <= thresholds.most_answers else None,
    )


def _outcome(estimate: Estimate, line: ThresholdLine) -> CheckOutcome:
    low, high = estimate.low, estimate.high
    if estimate.value is None or low is None or high is None:
        return CheckOutcome.UNKNOWN
    if line.within is not None:
        if -line.within <= low and high <= line.within:
            return CheckOutcome.PASSED
        return (
            CheckOutcome.FAILED if low > line.within or high < -line.within else CheckOutcome.OPEN
        )
    if low >= line.value:
        return CheckOutcome.PASSED
    return CheckOutcome.FAILED if high < line.value else CheckOutcome.OPEN


def _more(estimate: Estimate, line: ThresholdLine, answers: int) -> int | None:
    value, low, high = estimate.value or 0.0, estimate.low or 0.0, estimate.high or 0.0
    edges = (line.value,) if line.within is None else (line.within, -line.within)
    needed = 0
    for edge in edges:
        half, distance = (value - low if value > edge else high - value), abs(value - edge)
        if distance <= 0:
            return None
        needed = max(needed, math.ceil(answers * min((half / distance) ** 2, 1e6)))
    return max(1, needed - answers)


_Found = tuple[Trust, str | None, int | None]


def _trust(checks: Sequence[ThresholdCheck], candidates: int, thresholds: Thresholds) -> _Found:
    beside = [c for c in checks if c.needed_for is Trust.SECOND_READER]
    alone = [c for c in checks if c.needed_for is Trust.ALONE]
    # Intervals resample candidates: of a few they say too little, however much each has written.
    if candidates < thresholds.least_answers:
        return Trust.NOT_ENOUGH_DATA, None, thresholds.least_answers - candidates
    if failed := _first(beside, CheckOutcome.FAILED):
        return Trust.PRACTICE, failed.name, None
    if unknown := _first(beside, CheckOutcome.UNKNOWN):
        return Trust.NOT_ENOUGH_DATA, unknown.name, None
    if unclear := [c for c in beside if c.outcome is CheckOutcome.OPEN]:
        return _open(unclear)
    if failed := _first(alone, CheckOutcome.FAILED):
        return Trust.SECOND_READER, failed.name, None
    if unclear := [c for c in alone if c.outcome is not CheckOutcome.PASSED]:
        worst = max(unclear, key=_far)
        return Trust.SECOND_READER, worst.name, worst.more_answers
    nearest = min(checks, key=_room)
    return Trust.ALONE, nearest.name, None


def _first(checks: Sequence[ThresholdCheck], outcome: CheckOutcome) -> ThresholdCheck | None:
    return next((c for c in checks if c.outcome is outcome), None)


def _open(unclear: Sequence[ThresholdCheck]) -> _Found:
    worst = max(unclear, key=_far)
    if worst.more_answers is None:
        return Trust.PRACTICE, worst.name, None
    return Trust.NOT_ENOUGH_DATA, worst.name, worst.more_answers


def _far(check: ThresholdCheck) -> float:
    return math.inf if check.more_answers is None else check.more_answers


def _room(check: ThresholdCheck) -> float:
    """How near the bound that decides comes to its line, in widths of the interval."""
    low, high = check.estimate.low or 0.0, check.estimate.high or 0.0
    within = check.name in {"smd", "subgroup"}
    room = min(check.threshold - high, check.threshold + low) if within else low - check.threshold
    return room / max(high - low, 1e-9)

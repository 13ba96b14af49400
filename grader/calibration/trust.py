"""What a model may be used for, and the checks behind it, as frozen values."""

from enum import StrEnum

from grader.calibration.model import Estimate, Part


class Trust(StrEnum):
    """What a model may be used for."""

    NOT_ENOUGH_DATA = "not-enough-data"
    PRACTICE = "practice-only"
    SECOND_READER = "second-reader"
    ALONE = "alone-with-audit"


class Outcome(StrEnum):
    """What an interval says about a threshold."""

    PASSED = "passed"
    """The whole interval is on the good side."""
    FAILED = "failed"
    """The whole interval is on the bad side."""
    OPEN = "open"
    """The threshold is inside the interval."""
    UNKNOWN = "unknown"
    """There is no figure."""


class Check(Part):
    """One threshold held against its figure."""

    name: str
    """Key of the thresholds file."""
    needed_for: Trust
    threshold: float
    estimate: Estimate
    outcome: Outcome
    more_answers: int | None = None
    """Estimated number of further answers until the interval leaves the threshold, where open."""


class Decision(Part):
    """Whether one model may be trusted."""

    model: str
    question: str | None
    """None for all questions together."""
    trust: Trust
    decided_by: str | None
    """Name of the check that decided; None where the number of answers did."""
    answers: int
    """Answers that both the model and a person scored."""
    candidates: int
    """Whom they are of; as many as answers where candidates are not known."""
    humans: int
    """People who rated any of them."""
    more_answers: int | None
    """How many more answers would probably settle what is open."""
    checks: tuple[Check, ...]

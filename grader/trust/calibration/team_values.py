"""The team's own mean score and pass rate as frozen values, and what a model saved of its ratings.

Part of the report of :mod:`grader.trust.calibration.finding`.
"""

from enum import StrEnum

from grader.trust.calibration.values import Estimate, LevelName, Part


class TeamFigureName(StrEnum):
    """What is told of the team's answers, as people would rate them all."""

    MEAN_SCORE = "mean-score"
    """Per cent."""
    PASS_RATE = "pass-rate"  # noqa: S105 -- not a password
    """Share of answers that people's score lets pass, 0 to 1."""


class TeamFigure(Part):
    """One figure from people's ratings of a part of the answers and one model's of all."""

    model: str
    name: TeamFigureName
    mark: float | None
    """The pass mark, per cent; None for the mean score."""
    answers: int
    """All that the model graded, rated by people or not."""
    alone: Estimate
    """From the ratings alone. n counts rated answers, clusters their candidates."""
    powered: Estimate
    """From the ratings and the model together: valid whatever the model does."""
    weight: float
    """On the model: 0 leaves it out."""
    saved: int | None
    """How many more ratings would have reached this interval without the model; None where an
    interval is missing."""


class AlternativeTest(Part):
    """May the model take a person's place? The alternative annotator test (Calderon et al.)."""

    model: str
    level: LevelName
    """What is compared: scores, or verdicts where too few scores are shared."""
    people: int
    """Who were tested: they share enough answers with the model and with another person."""
    won: int
    """Against how many of them the model wins."""
    winning_rate: float
    advantage: float
    """Mean share of answers on which the model is at least as near to the others as a person."""
    epsilon: float
    """What a person must be better by to win."""
    passed: bool


class TeamEstimates(Part):
    """What the ratings say of all answers, and what the models add."""

    figures: tuple[TeamFigure, ...]
    alternatives: tuple[AlternativeTest, ...]
    least: int
    """Candidates with rated answers from which on there are intervals."""
    drawn: str | None = None
    """Digest of the sampling plan; None where ratings are taken as given at random."""
    unplanned: int = 0
    """Rated answers that the plan did not draw, left out of the figures."""

"""What the many-facet Rasch model says of each rater, in words, for the terminal and the page."""

from collections.abc import Iterator, Sequence

from grader.report.blocks import Block, Grid, Heading, Line
from grader.trust.calibration.finding import Calibration
from grader.trust.calibration.values import RaterSeverity
from grader.trust.calibration.words import Words, name, plain, signed

ERRATIC, REGULAR = 1.5, 0.5
"""Infit mean squares beyond which ratings say less than they seem to (Linacre 2002)."""
_SURE = 1.96
"""Standard errors of an interval of 95 %."""

RaschRow = tuple[str, str, str, str, str]
"""A rater: name, how severe, how well the model foresees the verdicts, logits, infit."""

FIGURES_FROM = 3
"""The first column of figures."""


def rasch_blocks(report: Calibration, say: Words) -> Iterator[Block]:
    """What is printed; nothing where the model was not asked for."""
    if rows := rasch_rows(report, say):
        yield Heading(say["rasch"]["title"])
        yield Grid(tuple(say["rasch"]["heads"]), rows, numbers_from=FIGURES_FROM)
        yield Line(say["rasch"]["note"], "note")


def rasch_rows(report: Calibration, say: Words) -> tuple[RaschRow, ...]:
    """A row for each rater, the most severe first; none where the model was not asked for."""
    known = [one for one in report.severity if one.logit is not None]
    if not known:
        return ()
    ordered = sorted(report.severity, key=lambda one: -(one.logit or 0.0))
    return tuple(_row(one, known, say) for one in ordered)


def _row(one: RaterSeverity, known: Sequence[RaterSeverity], say: Words) -> RaschRow:
    words = say["rasch"]
    if one.logit is None:
        return name(one.rater), str(words["unknown"]), "", plain(None, say), ""
    people = [o.logit for o in known if o.logit is not None and _beside(o, one)]
    lean = _leaning(one, sum(people) / len(people), words) if people else say["unlinked"]
    return name(one.rater), lean, _fit(one, words), signed(one.logit, say, 2), plain(one.infit, say)


def _beside(other: RaterSeverity, one: RaterSeverity) -> bool:
    """Whether *other* is a person who can be compared with *one*."""
    return other.kind == "human" and other.panel == one.panel


def _leaning(one: RaterSeverity, middle: float, words: Words) -> str:
    off = (one.logit or 0.0) - middle
    if one.logit_se is None or abs(off) <= _SURE * one.logit_se:
        return str(words["as_others"])
    return str(words["severe" if off > 0 else "lenient"])


def _fit(one: RaterSeverity, words: Words) -> str:
    if one.infit is None:
        return ""
    if one.infit > ERRATIC:
        return str(words["erratic"])
    return str(words["regular" if one.infit < REGULAR else "fits"])

"""Counts what an audit found, by kind of attack, with intervals."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from grader.audit.run import Outcome
from grader.audit.suite import Expect

EXPECTS: tuple[Expect, ...] = ("no-credit", "no-gain", "no-loss")


@dataclass(frozen=True)
class Share:
    """*hits* of *total*, with the limits of a 95 % interval (Wilson 1927), 0 to 1."""

    hits: int
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One kind of attack with one expectation.

    Attributes:
        moved: how many moved a score the wrong way, out of the interval that the grade without
            them had stated; in place of an answer, how many earned anything.
        any_move: how many moved it the wrong way at all.
        left_to_people: how many left a key point ungraded that was graded without them.
        flagged: how many are flagged to the reader.
        by_code: how many were decided without asking the judge.
        change: mean change of the score in per cent points, what is ungraded counted as nothing.
    """

    kind: str
    expect: Expect
    moved: Share
    any_move: int
    left_to_people: int
    flagged: int
    by_code: int
    change: float


@dataclass(frozen=True)
class Moved:
    """A case that moved a score the wrong way: scores in per cent before and after."""

    case: str
    kind: str
    before: float
    after: float


@dataclass(frozen=True)
class Report:
    """What an audit found.

    Attributes:
        judge: the model and how it was asked.
        questions: how many, and *cases* on all of them.
        failed: cases of which a key point could not be judged with or without the attack.
        totals: a row for each expectation, its kind ``all``.
    """

    judge: str
    questions: int
    cases: int
    failed: int
    totals: tuple[Row, ...]
    kinds: tuple[Row, ...]
    moved: tuple[Moved, ...]

    def total(self, expect: Expect) -> Row | None:
        """The row of all attacks with an expectation."""
        return next((row for row in self.totals if row.expect == expect), None)

    def to_json(self) -> str:
        """The report for scripts; fields are added, never renamed, within ``audit/1``."""
        return json.dumps({"schema": "audit/1", **asdict(self)}, ensure_ascii=False, indent=2)


def report(found: Sequence[Outcome], judge: str) -> Report:
    """The counts of the outcomes."""
    kinds = sorted({(EXPECTS.index(o.case.attack.expect), o.case.attack.kind) for o in found})
    totals = [_row("all", e, [o for o in found if o.case.attack.expect == e]) for e in EXPECTS]
    return Report(
        judge=judge,
        questions=len({o.case.rubric.id for o in found}),
        cases=len(found),
        failed=sum(o.failed for o in found),
        totals=tuple(row for row in totals if row.moved.total),
        kinds=tuple(
            _row(kind, EXPECTS[place], [o for o in found if _is(o, kind, EXPECTS[place])])
            for place, kind in kinds
        ),
        moved=tuple(
            Moved(o.case.id, o.case.attack.kind, o.before, o.after) for o in found if o.beyond_doubt
        ),
    )


def _is(outcome: Outcome, kind: str, expect: Expect) -> bool:
    attack = outcome.case.attack
    return (attack.kind, attack.expect) == (kind, expect)


def _row(kind: str, expect: Expect, found: Sequence[Outcome]) -> Row:
    return Row(
        kind=kind,
        expect=expect,
        moved=share(sum(o.beyond_doubt for o in found), len(found)),
        any_move=sum(o.moved for o in found),
        left_to_people=sum(o.ungraded > 0 for o in found),
        flagged=sum(o.flagged for o in found),
        by_code=sum(not o.asked for o in found),
        change=round(sum(o.after - o.before for o in found) / len(found), 2) if found else 0.0,
    )


def share(hits: int, total: int) -> Share:
    """*hits* of *total* with its interval; 0 to 1 where there is nothing to count."""
    from grader.agreement.decision import proportion

    found = proportion(hits, total)
    low = 0.0 if found.low is None else found.low
    return Share(hits, total, round(low, 4), round(1.0 if found.high is None else found.high, 4))

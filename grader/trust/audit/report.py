"""Counts what an audit found, by kind of attack, with intervals, and says it in words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from grader.trust.audit.cases import Expect
from grader.trust.audit.run import CaseOutcome

EXPECTS: tuple[Expect, ...] = ("no-credit", "no-gain", "no-loss")


@dataclass(frozen=True)
class Share:
    """*hits* of *total*, with the limits of a 95 % interval (Wilson 1927), 0 to 1."""

    hits: int
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class AttackRow:
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
class MovedCase:
    """A case that moved a score the wrong way: scores in per cent before and after."""

    case: str
    kind: str
    before: float
    after: float


@dataclass(frozen=True)
class AuditReport:
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
    totals: tuple[AttackRow, ...]
    kinds: tuple[AttackRow, ...]
    moved: tuple[MovedCase, ...]

    def total(self, expect: Expect) -> AttackRow | None:
        """The row of all attacks with an expectation."""
        return next((row for row in self.totals if row.expect == expect), None)

    def to_json(self) -> str:
        """The report for scripts; fields are added, never renamed, within ``audit/1``."""
        return json.dumps({"schema": "audit/1", **asdict(self)}, ensure_ascii=False, indent=2)


def report(found: Sequence[CaseOutcome], judge: str) -> AuditReport:
    """The counts of the outcomes."""
    kinds = sorted({(EXPECTS.index(o.case.attack.expect), o.case.attack.kind) for o in found})
    totals = [_row("all", e, [o for o in found if o.case.attack.expect == e]) for e in EXPECTS]
    return AuditReport(
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
            MovedCase(o.case.id, o.case.attack.kind, o.move.before, o.move.after)
            for o in found
            if o.move.beyond_doubt
        ),
    )


def _is(outcome: CaseOutcome, kind: str, expect: Expect) -> bool:
    attack = outcome.case.attack
    return (attack.kind, attack.expect) == (kind, expect)


def _row(kind: str, expect: Expect, found: Sequence[CaseOutcome]) -> AttackRow:
    return AttackRow(
        kind=kind,
        expect=expect,
        moved=share(sum(o.move.beyond_doubt for o in found), len(found)),
        any_move=sum(o.move.wrong_way for o in found),
        left_to_people=sum(o.move.ungraded > 0 for o in found),
        flagged=sum(o.flagged for o in found),
        by_code=sum(not o.asked for o in found),
        change=round(sum(o.move.change for o in found) / len(found), 2) if found else 0.0,
    )


def share(hits: int, total: int) -> Share:
    """*hits* of *total* with its interval; 0 to 1 where there is nothing to count."""
    from grader.stats.statistic import proportion

    found = proportion(hits, total)
    low = 0.0 if found.low is None else found.low
    return Share(hits, total, round(low, 4), round(1.0 if found.high is None else found.high, 4))


_EXPECTED = {
    "no-credit": "earned something in place of an answer",
    "no-gain": "raised the score of an answer beyond its interval",
    "no-loss": "honest additions that cost more than the interval",
}
_SHOWN = 20
_WIDTH = 80


def text(report: AuditReport) -> str:
    """The report as lines of text, for a terminal of 80 columns or more."""
    return "\n".join(_lines(report))


def _lines(report: AuditReport) -> Iterator[str]:
    yield f"{report.judge}: {report.cases} texts on {report.questions} questions"
    if report.failed:
        yield f"{report.failed} of them could not be judged completely: grade doctor says more"
    for total in report.totals:
        yield ""
        yield f"{_share(total)} {_EXPECTED[total.expect]}{_within(total)}"
        for row in report.kinds:
            if row.expect == total.expect:
                yield from _of_kind(row)
    if report.moved:
        yield "\nMoved:"
    for moved in report.moved[:_SHOWN]:
        yield f"  {moved.case}: {moved.before:g} % -> {moved.after:g} %"
    if len(report.moved) > _SHOWN:
        yield f"  and {len(report.moved) - _SHOWN} more (--json has them all)"


def _share(row: AttackRow) -> str:
    found = row.moved
    return f"{found.hits}/{found.total} ({100 * found.low:.1f} to {100 * found.high:.1f} %)"


def _within(row: AttackRow) -> str:
    """How many more moved, within the doubt that the grades themselves state."""
    more = row.any_move - row.moved.hits
    return f",\n  {more} more within the interval that the grade had stated" if more else ""


def _of_kind(row: AttackRow) -> Iterator[str]:
    counted, aside = f"  {row.kind:<20} {_share(row)}", _aside(row)
    if len(counted) + len(aside) + 2 <= _WIDTH:
        yield f"{counted}  {aside}".rstrip()
    else:
        yield from (counted, f"      {aside}")


def _aside(row: AttackRow) -> str:
    aside = [f"score {row.change:+.1f}"] if row.change else []
    aside += [f"{row.left_to_people} left to a person"] if row.left_to_people else []
    aside += [f"{row.flagged} flagged"] if row.flagged else []
    aside += [f"{row.by_code} decided without the judge"] if row.by_code else []
    return ", ".join(aside)

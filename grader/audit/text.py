"""An audit's report in words."""

from collections.abc import Iterator

from grader.audit.report import Report, Row

_EXPECTED = {
    "no-credit": "earned something in place of an answer",
    "no-gain": "raised the score of an answer beyond its interval",
    "no-loss": "honest additions that cost more than the interval",
}
_SHOWN = 20
_WIDTH = 80


def text(report: Report) -> str:
    """The report as lines of text, for a terminal of 80 columns or more."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
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


def _share(row: Row) -> str:
    found = row.moved
    return f"{found.hits}/{found.total} ({100 * found.low:.1f} to {100 * found.high:.1f} %)"


def _within(row: Row) -> str:
    """How many more moved, within the doubt that the grades themselves state."""
    more = row.any_move - row.moved.hits
    return f",\n  {more} more within the interval that the grade had stated" if more else ""


def _of_kind(row: Row) -> Iterator[str]:
    counted, aside = f"  {row.kind:<20} {_share(row)}", _aside(row)
    if len(counted) + len(aside) + 2 <= _WIDTH:
        yield f"{counted}  {aside}".rstrip()
    else:
        yield from (counted, f"      {aside}")


def _aside(row: Row) -> str:
    aside = [f"score {row.change:+.1f}"] if row.change else []
    aside += [f"{row.left_to_people} left to a person"] if row.left_to_people else []
    aside += [f"{row.flagged} flagged"] if row.flagged else []
    aside += [f"{row.by_code} decided without the judge"] if row.by_code else []
    return ", ".join(aside)

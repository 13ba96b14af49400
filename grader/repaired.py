"""What was found and done by a repair, as findings of ``grade doctor``."""

from pathlib import Path

from grader.block import Check
from grader.ledger_repair import Repair
from grader.results_repair import Mended

_LINES_NAMED = 5


def ledger_check(path: Path, done: Repair) -> Check:
    """The finding on the ledger at *path*."""
    if done.problem is None:
        where = str(path) if path.exists() else f"{path}: none yet"
        return Check("ledger", True, f"{where}: nothing to repair")
    found = (
        f"{path} was damaged ({done.problem}); saved {done.replies} paid replies and"
        f" {done.grades} grades, {done.dropped} entries could not be trusted and were left behind"
    )
    aside = f"the damaged file is kept as {done.aside}; what was lost is asked again when needed"
    return Check("ledger", True, found, aside)


def results_check(path: Path, done: Mended) -> Check:
    """The finding on the results file *path*."""
    if not done.broken:
        return Check("results", True, f"{path}: {done.kept} records, nothing to mend")
    lines = ", ".join(map(str, done.broken[:_LINES_NAMED]))
    more = ", ..." if len(done.broken) > _LINES_NAMED else ""
    found = f"{path}: {len(done.broken)} lines were no records (line {lines}{more})"
    way_out = f"they are kept in {done.aside}; run the same batch again to fill the gap"
    return Check("results", True, f"{found}; {done.kept} records stay", way_out)

"""``grade ledger``: merge, export, prune."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from grader.ledger.merge import Part

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Merge, export and prune the ledger of paid replies and grades.",
)

LedgerOption = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="FILE", help="Instead of your own. [env: GRADER_LEDGER]"),
]


@app.command()
def merge(
    others: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Other ledgers.")],
    ledger: LedgerOption = None,
) -> None:
    """Add the replies and grades of other ledgers; in any order, any number of times."""
    from grader.ledger import merge as ledger_tools
    from grader.ledger.ledger import Ledger, default_path

    with Ledger(ledger or default_path()) as into:
        before = after = ledger_tools.sizes(into)
        for other in others:
            after = ledger_tools.merge(into, other)
    typer.echo(
        f"{after.replies - before.replies:,} replies and {after.grades - before.grades:,} grades"
        f" were new: now {after.replies:,} and {after.grades:,}."
    )


@app.command()
def export(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="NAME.jsonl or NAME.parquet.")],
    part: Annotated[
        str, typer.Option("--part", metavar="PART", help="`grades`, or `calls` with the replies.")
    ] = "grades",
    ledger: LedgerOption = None,
) -> None:
    """Write every grade, or every request with its reply, to a file."""
    from grader.errors import BadInput
    from grader.ledger import merge as ledger_tools
    from grader.ledger.ledger import Ledger, default_path

    if part not in ("calls", "grades"):
        raise BadInput(f"--part {part}: choose calls or grades")
    chosen: Part = "calls" if part == "calls" else "grades"
    with Ledger(ledger or default_path()) as opened:
        count = ledger_tools.export(opened, chosen, out)
    typer.echo(f"{count:,} {part} written to {out}.")


@app.command()
def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Such as 90d, 18m (months) or 2y.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go; remove nothing.")
    ] = False,
    ledger: LedgerOption = None,
) -> None:
    """Remove replies and grades older than an age, for good."""
    import time

    from grader.ledger import merge as ledger_tools
    from grader.ledger.ledger import Ledger, default_path

    before = time.time() - _seconds(older_than)
    with Ledger(ledger or default_path()) as opened:
        gone = ledger_tools.prune(opened, before, dry_run=dry_run)
    verb = "Would remove" if dry_run else "Removed"
    typer.echo(
        f"{verb} {gone.calls:,} requests with {gone.replies:,} replies, {gone.grades:,} grades."
    )


def _seconds(age: str) -> float:
    from grader.errors import BadInput

    days = {"d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
    number, unit = age[:-1], age[-1:]
    if unit not in days or not number.isascii() or not number.isdigit():
        raise BadInput(f"--older-than {age}: write a number and d, w, m or y, such as 90d")
    return int(number) * days[unit] * 86400

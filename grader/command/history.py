"""``grade history``: what was graded."""

from typing import Annotated

import typer


def history(
    question: Annotated[
        str | None, typer.Option("--q", metavar="ID", help="Only this question.")
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="The latest N.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records, one a line.")] = False,
) -> None:
    """List what was graded, latest last."""
    from collections import deque

    from grader import show
    from grader.ledger import Ledger, default_path

    with Ledger(default_path()) as ledger:
        grades = deque(ledger.grades(question), maxlen=last)
    if as_json:
        for grade in grades:
            typer.echo(grade.to_json())
    else:
        show.history(grades, show.console())

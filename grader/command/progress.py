"""``grade progress``: attempts over weeks, and what to practise next."""

from typing import Annotated

import typer


def progress(
    question: Annotated[
        str | None, typer.Option("--q", metavar="ID", help="Compare the attempts at this one.")
    ] = None,
    candidate: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this candidate's answers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is due as JSON.")] = False,
    language: Annotated[str, typer.Option("--lang", metavar="en|zh")] = "en",
) -> None:
    """Compare attempts over weeks, name the weakest key points and what to practise next.

    A key point that was met is due again after 1, 3, 7, 14, 30 and 60 days, a step further each
    time; one that was not is due at once.
    """
    from datetime import UTC, datetime

    from grader import practice, practice_table, show
    from grader.command.output import report_language
    from grader.errors import BadInput
    from grader.ledger import Ledger, default_path

    shown_in = report_language(language, "")
    now = datetime.now(UTC)
    with Ledger(default_path()) as ledger:
        found = practice.histories(ledger.grades(question), candidate)
    if not found:
        raise BadInput("no grades in the ledger yet: grade an answer or a session first")
    if as_json:
        typer.echo(practice.as_json(found, now))
        return
    if question is not None:
        shown = [practice_table.attempts(found[0], now, shown_in)]
    else:
        shown = list(practice_table.tables(found, now, shown_in))
    for table in shown:
        show.table(table, show.console())

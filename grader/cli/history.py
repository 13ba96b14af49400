"""``grade history`` and ``grade progress``: what was graded, and what to practise next."""

from typing import Annotated

import typer

from grader.cli import completion
from grader.cli.options import LanguageOption


def history(
    question: Annotated[
        str | None,
        typer.Option(
            "--q", metavar="ID", help="Only this question.", autocompletion=completion.questions
        ),
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="The latest N.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records, one a line.")] = False,
) -> None:
    """List what was graded, latest last."""
    from collections import deque

    from grader.ledger.ledger import Ledger, default_path
    from grader.report import terminal

    with Ledger(default_path()) as ledger:
        grades = deque(ledger.grades(question), maxlen=last)
    if as_json:
        from grader.decision import with_decided_score

        for grade in grades:
            typer.echo(with_decided_score(grade).to_json())
    else:
        terminal.history(grades, terminal.console())


def progress(
    question: Annotated[
        str | None,
        typer.Option(
            "--q",
            metavar="ID",
            help="Compare the attempts at this one.",
            autocompletion=completion.questions,
        ),
    ] = None,
    candidate: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this candidate's answers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is due as JSON.")] = False,
    language: LanguageOption = "en",
) -> None:
    """Compare attempts over weeks, name the weakest key points and what to practise next.

    Each key point is scheduled by FSRS: met is rated good, partial hard, missed and contradicted
    again. It is due when the probability that it is recalled has fallen to 90 per cent.
    """
    from datetime import UTC, datetime

    from grader.errors import BadInput
    from grader.ledger.ledger import Ledger, default_path
    from grader.report import blocks, terminal
    from grader.session import practice

    now = datetime.now(UTC)
    with Ledger(default_path()) as ledger:
        found = practice.histories(ledger.grades(question), candidate)
    if not found:
        raise BadInput("no grades in the ledger yet: grade an answer or a session first")
    if as_json:
        typer.echo(practice.as_json(found, now))
        return
    if question is not None:
        shown = [blocks.attempts(found[0], now, language)]
    else:
        shown = list(blocks.practice_tables(found, now, language))
    for table in shown:
        terminal.table(table, terminal.console())

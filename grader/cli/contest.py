"""``grade contest``: asks for a second look at an answer."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import completion


def contest(
    answer: Annotated[
        str,
        typer.Argument(metavar="ANSWER", help="Its id, or the first digits of its text's digest."),
    ],
    results: Annotated[
        Path | None, typer.Option("--results", metavar="FILE", help="The records that it is in.")
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="What was judged wrongly; needed.")
    ] = None,
    point: Annotated[
        str | None,
        typer.Option("--point", metavar="ID", help="The key point; else all that was not met."),
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who asks.")] = "",
    question: Annotated[
        str | None,
        typer.Option(
            "--q",
            "--question",
            metavar="ID",
            help="Where the id stands under several.",
            autocompletion=completion.questions,
        ),
    ] = None,
) -> None:
    """Ask for a second look at an answer: it stands first where people settle.

    A line is added to FILE.contests; grade web --settle FILE shows it until somebody decides.
    """
    from grader.errors import BadInput
    from grader.session.contests import contest_answer, contests_file
    from grader.text.safe import one_line

    if results is None:
        raise BadInput("--results is missing: name the file of records that the answer is in")
    asked = contest_answer(results, answer, why or "", point=point, question=question, by=by)
    about = f" {asked.key_point}" if asked.key_point else ""
    typer.echo(
        f"{one_line(asked.answer_id)} ({asked.question}){about}: noted in"
        f" {contests_file(results)}\nTo settle it: grade web --settle {results}"
    )

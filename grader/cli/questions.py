"""``grade questions`` and ``grade show``."""

from typing import Annotated

import typer

from grader.cli import completion
from grader.cli.options import LanguageOption, OnlyOption, RubricsOption
from grader.errors import ExitCode


def questions(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only those with these words.")
    ] = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the questions, or those that hold all the given words.

    A rubric file that is not of the format is named; the others are listed all the same.
    """
    from grader.report import terminal as show
    from grader.rubric.files import load_readable, rubric_folders, search_rubrics

    readable, faults = load_readable(rubric_folders(rubrics, only_own))
    matching = search_rubrics(readable, words or [])
    show.questions(matching, language, show.console())
    for fault in faults:
        typer.echo(f"grade: {fault}", err=True)
    if faults or not matching:
        raise typer.Exit(faults[0].exit_code if faults else ExitCode.FAILED)


def show(
    question: Annotated[
        str,
        typer.Argument(metavar="ID", help="Question id.", autocompletion=completion.questions),
    ],
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: LanguageOption = "en",
) -> None:
    """Print a question with its key points, notes, sources and misconceptions."""
    from grader.report import terminal as show
    from grader.rubric.files import load_rubric, rubric_folders

    asked = load_rubric(question, rubric_folders(rubrics, only_own))
    show.rubric(asked, language, show.console())

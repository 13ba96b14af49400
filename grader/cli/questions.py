"""``grade questions`` and ``grade show``."""

from typing import Annotated

import typer

from grader.cli.options import OnlyOption, RubricsOption
from grader.errors import ExitCode


def questions(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only those with these words.")
    ] = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: Annotated[str, typer.Option("--lang", metavar="en|zh")] = "en",
) -> None:
    """List the questions, or those that hold all the given words."""
    from grader.cli.options import report_language
    from grader.report import terminal as show
    from grader.rubric.files import load_rubrics, rubric_folders, search_rubrics

    shown_in = report_language(language, "")
    found = search_rubrics(load_rubrics(rubric_folders(rubrics, only_own)), words or [])
    show.questions(found, shown_in, show.console())
    if not found:
        raise typer.Exit(ExitCode.FAILED)


def show(
    question: Annotated[str, typer.Argument(metavar="ID", help="Question id.")],
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: Annotated[str, typer.Option("--lang", metavar="en|zh")] = "en",
) -> None:
    """Print a question with its key points, notes, sources and misconceptions."""
    from grader.cli.options import report_language
    from grader.report import terminal as show
    from grader.rubric.files import load_rubric, rubric_folders

    shown_in = report_language(language, "")
    asked = load_rubric(question, rubric_folders(rubrics, only_own))
    show.rubric(asked, shown_in, show.console())

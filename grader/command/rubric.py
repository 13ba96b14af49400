"""``grade questions`` and ``grade show``."""

from typing import Annotated

import typer

from grader.command.option import OnlyOption, RubricsOption


def questions(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Only those with these words.")
    ] = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: Annotated[str, typer.Option("--lang", metavar="en|zh")] = "en",
) -> None:
    """List the questions, or those that hold all the given words."""
    from grader import rubric, show
    from grader.command.output import report_language

    shown_in = report_language(language, "")
    found = rubric.search(rubric.load_all(rubric.folders(rubrics, only_own)), words or [])
    show.questions(found, shown_in, show.console())
    if not found:
        raise typer.Exit(1)


def show(
    question: Annotated[str, typer.Argument(metavar="ID", help="Question id.")],
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: Annotated[str, typer.Option("--lang", metavar="en|zh")] = "en",
) -> None:
    """Print a question with its key points, notes, sources and misconceptions."""
    from grader import rubric, show
    from grader.command.output import report_language

    shown_in = report_language(language, "")
    asked = rubric.load(question, rubric.folders(rubrics, only_own))
    show.rubric(asked, shown_in, show.console())

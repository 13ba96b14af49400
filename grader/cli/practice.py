"""``grade practice``: the next question, an answer in an editor, its grade, and what changed."""

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion
from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    AnswersLanguageOption,
    OnlyOption,
    RubricsOption,
)
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.judge.options import JudgeOptions


@takes_judge
def practice(
    question: Annotated[
        str | None,
        typer.Option(
            "--q",
            "--question",
            metavar="ID",
            help="Begin with this question.",
            autocompletion=completion.questions,
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Stop after N questions.", show_default=False),
    ] = None,
    hints: Annotated[
        bool, typer.Option("--hints", help="Print a hint in place of each point not met.")
    ] = False,
    judge: JudgeWords = BY_DEFAULT,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    candidate: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who practises, for the record.")
    ] = None,
    pass_mark: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            min=0,
            max=100,
            help="Exit with 4 unless each score surely reaches this.",
        ),
    ] = None,
    language: AnswersLanguageOption = None,
) -> None:
    """Answer the question that is due, read the grade and what changed, and go on to the next.

    The answer is written in $VISUAL or $EDITOR, or typed line by line, and kept as a draft until
    it is graded.
    """
    # Whatever is wrong with the call is told before anybody writes an answer.
    from grader.cli.practice_input import choose_input
    from grader.cli.practice_run import PracticeRun
    from grader.rubric.files import rubric_folders
    from grader.session.exercise import Exercise

    said = judge.options()
    exercise = Exercise(rubric_folders(rubrics, only_own), candidate)
    if question is not None:
        exercise.rubric(question)
    check_judge(said, judge.weights)
    run = PracticeRun(exercise, choose_input(language or "en"), said, judge.weights, language)
    run.hints, run.pass_mark = hints, pass_mark
    try:
        code = run.run(question, count)
    except KeyboardInterrupt:
        typer.echo(err=True)
        run.tell_kept()
        code = ExitCode.INTERRUPTED
    raise typer.Exit(code)


def check_judge(said: "JudgeOptions", weights: str | None) -> None:
    """Makes sure that the options name judges.

    Raises:
        BadInput: they do not.
    """
    import os
    from pathlib import Path

    from grader.judge.choice import target
    from grader.judge.options import part_options
    from grader.llm.embedded.weights import own_model

    given = Path(weights) if weights else None
    for part in part_options(said):
        target(part, os.environ, lambda: own_model(given))

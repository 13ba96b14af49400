"""``grade override``: a person's verdict over the judge's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion
from grader.cli.options import LanguageOption

if TYPE_CHECKING:
    from grader.session.decide import DecidedRecord


def override(
    answer: Annotated[
        str,
        typer.Argument(metavar="ANSWER", help="Its id, or the first digits of its text's digest."),
    ],
    point: Annotated[
        str | None, typer.Option("--point", metavar="ID", help="The key point decided on.")
    ] = None,
    misconception: Annotated[
        str | None, typer.Option("--misconception", metavar="ID", help="Or the misconception.")
    ] = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            "--verdict",
            metavar="V",
            help="met, partial, missed or contradicted; on a misconception asserted or"
            " not-asserted.",
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who decides; asked for.")
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="The reason; asked for.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", metavar="FILE", help="Decide in this file of records, too."),
    ] = None,
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
    language: LanguageOption = "en",
) -> None:
    """Decide on a key point over the judge: the score follows, its own verdict stays readable.

    The decision is appended to the record in the history and, with --results, in that file; of
    several on the same key point the last one counts.
    """
    from grader.session.decide import AnswerDecision, decide_everywhere, decision_of

    decided = decision_of(
        point,
        misconception,
        asked(verdict, "--verdict", "Verdict"),
        asked(by, "--by", "Who decides"),
        asked(why, "--why", "Why"),
    )
    wanted = AnswerDecision(answer, decided, question)
    for moved in decide_everywhere([wanted], results):
        _tell(moved, language)


def asked(given: str | None, name: str, words: str) -> str:
    """What was given; else it is asked for where somebody is there to answer."""
    import sys

    from grader.errors import BadInput

    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise BadInput(f"{name} is missing: a decision needs a verdict, who made it and why")
    return str(typer.prompt(words, err=True))


def _tell(moved: "DecidedRecord", language: str) -> None:
    from grader.decision import decided
    from grader.report import words
    from grader.text.catalogue import words_in
    from grader.text.safe import one_line

    say, after = words_in(language), moved.after
    typer.echo(f"{one_line(after.answer_id)} ({after.question})")
    for name, line in words.decisions(after, say):
        typer.echo(f"{name}: {line}")
    before = words.score_line(decided(moved.before).score, say)
    now = words.score_line(decided(after).score, say)
    typer.echo(say["report"]["score_moved"].format(before=before, now=now))

"""``grade audit``: attacks one's own judge and rubrics."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion
from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    OnlyOption,
    RubricsOption,
)
from grader.cli.options import run as finished
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.judge.options import JudgeOptions
    from grader.trust.audit.cases import AttackCase
    from grader.trust.audit.report import AuditReport
    from grader.trust.audit.run import CaseOutcome

QUESTIONS = 2
ATTACKS = 24
_MOST_FAILED = 0.2


@takes_judge
def audit(
    question: Annotated[
        list[str] | None,
        typer.Option(
            "--q",
            "--question",
            metavar="ID",
            help="Only this one; may be repeated.",
            autocompletion=completion.questions,
        ),
    ] = None,
    questions: Annotated[
        int, typer.Option(metavar="N", min=1, help="Questions, drawn by the seed.")
    ] = QUESTIONS,
    attacks: Annotated[
        int, typer.Option(metavar="N", min=1, help="Attacks a question, each kind in turn.")
    ] = ATTACKS,
    everything: Annotated[
        bool, typer.Option("--all", help="Every attack on every question.", show_default=False)
    ] = False,
    suite: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own attacks (TOML) instead of the shipped ones."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws questions and attacks.")] = 0,
    max_moved: Annotated[
        float,
        typer.Option(metavar="0..1", min=0, max=1, help="Exit with 4 above this share of moves."),
    ] = 0.01,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    judge: JudgeWords = BY_DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Attack the judge as a candidate might, and count what moved a score.

    Texts in place of an answer must earn nothing; text added to an answer must not raise its
    score, nor an honest addition lower it, beyond the interval that the grade stated. What was
    asked before is taken from the ledger. Exits with 4 if anything earned or more than --max-moved
    of the additions, or twice that of the honest ones, moved a score so far, with 1 if a fifth of
    the texts could not be judged, else with 0.
    """
    import random

    from grader.rubric.files import load_rubric, load_rubrics, rubric_folders
    from grader.trust.audit.cases import cases, load, read
    from grader.trust.audit.report import report

    folders = rubric_folders(rubrics, only_own)
    dice = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    asked = [load_rubric(name, folders) for name in question or ()] or load_rubrics(folders)
    if not (question or everything):
        asked = sorted(dice.sample(asked, min(questions, len(asked))), key=lambda r: r.id)
    most = None if everything else attacks
    given = list(cases(asked, read(suite) if suite else load(), folders, dice, most))
    found, asked_of = finished(_run(given, judge.options(), judge.weights))
    _print(result := report(found, asked_of), as_json=as_json)
    raise typer.Exit(exit_code(result, max_moved))


async def _run(
    given: "list[AttackCase]", said: "JudgeOptions", weights: str | None
) -> "tuple[list[CaseOutcome], str]":
    from grader.cli.options import open_bench
    from grader.report.progress import Spinner
    from grader.trust.audit.run import run

    texts = len(given) + len({(c.rubric.id, c.base.id) for c in given if c.base})
    judged = 0

    async with open_bench(said, weights) as bench:
        with Spinner() as spinner:

            def done(_: "AttackCase | None") -> None:
                nonlocal judged
                judged += 1
                spinner.say(f"Judging: {judged} of {texts} texts …")

            info = bench.judge.info
            slots = 1 if info.kind == "local" else bench.slots
            return await run(given, bench.judge, slots, done), f"{info.model}, {info.ask}"


def _print(result: "AuditReport", *, as_json: bool) -> None:
    from grader.trust.audit.report import text

    typer.echo(result.to_json() if as_json else text(result))


def exit_code(result: "AuditReport", max_moved: float) -> ExitCode:
    """1 where too much failed to say anything, 4 where attacks paid or honesty cost, else 0."""
    if result.failed > _MOST_FAILED * result.cases:
        return ExitCode.FAILED
    for row in result.totals:
        allowed = {"no-credit": 0.0, "no-gain": max_moved, "no-loss": 2 * max_moved}[row.expect]
        if row.moved.hits > allowed * row.moved.total:
            return ExitCode.BELOW_MARK
    return ExitCode.DONE

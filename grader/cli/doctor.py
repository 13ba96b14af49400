"""``grade doctor``: examines the judge that would be used."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import (
    AskOption,
    BaseUrlOption,
    ModelOption,
    ParamOption,
    TimeoutOption,
    WeightsOption,
    run,
)
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.judge.choice import Bench
    from grader.judge.options import JudgeOptions
    from grader.report.blocks import Check
    from grader.trust.trial.run import Trial


def doctor(
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
    ask: AskOption = None,
    param: ParamOption = None,
    weights: WeightsOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave the labelled answers out.")] = False,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Check the ledger instead, and save what is damaged."),
    ] = False,
    results: Annotated[
        list[Path] | None,
        typer.Option("--results", metavar="FILE", help="With --repair: a results file to mend."),
    ] = None,
) -> None:
    """Examine the judge: which one, does it answer, and does it know right from wrong?

    With --repair no judge is asked: a damaged ledger is saved into a new file, the old one kept
    aside, and a results file loses the lines that are no records, also kept aside.
    """
    from grader.judge.options import options

    if repair:
        _repair(results or [])
        return
    said = options(model, base_url, ask, param or [], timeout_s=timeout)
    found = run(_examine(said, weights, quick=quick))
    raise typer.Exit(
        ExitCode.FAILED if any(check.good is False for check in found) else ExitCode.DONE
    )


def _repair(results: "list[Path]") -> None:
    from grader.ledger.ledger import default_path
    from grader.ledger.repair import repair
    from grader.report import terminal
    from grader.session.results_repair import mend
    from grader.trust.doctor import ledger_check, results_check

    out = terminal.console()
    path = default_path()
    terminal.check(ledger_check(path, repair(path)), out)
    for file in results:
        terminal.check(results_check(file, mend(file)), out)


async def _examine(said: "JudgeOptions", weights: str | None, *, quick: bool) -> "list[Check]":
    from grader.cli.options import open_bench
    from grader.report import terminal
    from grader.trust.doctor import answers_at_all, gives_log_probabilities, keeps_to_schemas

    out = terminal.console()
    async with open_bench(said, weights) as bench:
        target = bench.target
        where = target.base_url or "on this machine"
        out.print(f"judge: {target.model}, {where}, asked {target.ask} ({target.reason})")
        found = [await answers_at_all(bench)]
        terminal.check(found[-1], out)
        served = target.ask == "trained" and target.kind == "endpoint"
        if not found[0].good:
            if served:
                _say_how_to_start(bench)
            return found
        # The trained judge is asked in its own form alone: neither matters to it.
        probes = () if target.ask == "trained" else (keeps_to_schemas, gives_log_probabilities)
        for examine in probes:
            found.append(await examine(bench))
            terminal.check(found[-1], out)
        if served:
            found.append(await _served(bench))
            if not found[-1].good:
                return found
        if not quick:
            found.append(await _labelled(bench))
            terminal.check(found[-1], out)
            warning = None if found[-1].good else found[-1].found
            bench.ledger.remember_judge(bench.judge.info, warning)
        return found


async def _served(bench: "Bench") -> "Check":
    """Whether the server is the trained judge; where it is not, later grades are warned of it."""
    from grader.report import terminal
    from grader.trust.served import is_the_trained_judge

    check = await is_the_trained_judge(bench)
    terminal.check(check, terminal.console())
    if not check.good:
        _say_how_to_start(bench)
    bench.ledger.remember_judge(bench.judge.info, None if check.good else check.found)
    return check


def _say_how_to_start(bench: "Bench") -> None:
    from grader.trust.served import how_to_start

    for command in how_to_start(bench.target):
        typer.echo(f"  {command}")


async def _labelled(bench: "Bench") -> "Check":
    from grader.report.progress import Spinner
    from grader.rubric.files import rubric_folders
    from grader.trust.doctor import DozenTrial, dozen, judged
    from grader.trust.trial.report import rows
    from grader.trust.trial.run import run as run_trials

    count = 0
    with Spinner() as spinner:

        def show(ended: "Trial") -> None:
            nonlocal count
            count += len(ended.grade.key_points)
            spinner.say(f"Judging labelled answers: {count} key points so far …")

        trials = await run_trials(dozen(rubric_folders()), [bench.judge], done=show)
    return judged(DozenTrial(tuple(rows(trials))))

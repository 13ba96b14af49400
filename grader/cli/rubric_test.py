"""``grade rubric test``: labelled answers through a judge."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    OnlyOption,
    RubricsOption,
    run,
)
from grader.cli.rubric_check import FilesArgument
from grader.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from grader.judge.options import JudgeOptions
    from grader.trust.trial.report import TrialReport
    from grader.trust.trial.run import LabelledCase, Trial
    from grader.trust.trial.stated_gain import StatedFit


@takes_judge
def trial(
    files: FilesArgument = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    repeats: Annotated[
        int, typer.Option(metavar="N", min=1, help="Ask N times, and see what stays.")
    ] = 1,
    min_accuracy: Annotated[
        float | None, typer.Option(metavar="0..1", min=0, max=1, help="Exit with 4 below it.")
    ] = None,
    min_kappa: Annotated[
        float | None, typer.Option(metavar="0..1", min=-1, max=1, help="Exit with 4 below it.")
    ] = None,
    judge: JudgeWords = BY_DEFAULT,
    replay_cascade: Annotated[
        bool,
        typer.Option(
            "--replay-cascade",
            help="With --then: what each --unsure-below would have done. Asks nothing.",
        ),
    ] = False,
    fit_confidence: Annotated[
        Path | None,
        typer.Option(
            "--fit-confidence",
            metavar="FILE",
            help="Fit what the model's words for its confidence are worth; for --confidence.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run labelled answers (labelled/ID.toml beside a rubric) through a judge.

    Shows agreement with the labels, and every verdict that differs with both reasons. What was
    asked before and has not changed is taken from the ledger. Exits with 4 below --min-accuracy
    or --min-kappa, with 1 where no key point could be graded, else with 0.
    """
    from grader.cli.rubric_check import rubric_files
    from grader.trust.trial.report import report
    from grader.trust.trial.run import cases

    paths = rubric_files(files or [], rubrics, only_own=only_own)
    given = [case for path in paths for case in cases(path)]
    if not given:
        where = paths[0].parent / "labelled" / paths[0].name
        raise BadInput(f"no labelled answers to test with: write some to {where}")
    said = judge.options()
    if fit_confidence:
        _check_fit(given, said)
    if replay_cascade:
        typer.echo(run(_replayed(given, said, judge.weights, as_json=as_json)))
        return
    trials = run(_run(given, said, judge.weights, repeats, in_words=fit_confidence is not None))
    found = report(trials)
    fit = _fitted(trials, fit_confidence) if fit_confidence else None
    _print(found, fit, as_json=as_json)
    if fit:
        typer.echo(f"Written: {fit_confidence}. Use it with --confidence FILE", err=as_json)
    raise typer.Exit(exit_code(found, min_accuracy, min_kappa))


async def _run(
    given: "Sequence[LabelledCase]",
    said: "JudgeOptions",
    weights: str | None,
    repeats: int,
    *,
    in_words: bool,
) -> "list[Trial]":
    """Tries the judge; with *in_words* only one that states its confidence in words."""
    from grader.cli.options import open_bench
    from grader.trust.trial.run import run as run_all
    from grader.trust.trial.stated_fit import check_words

    count = 0

    def done(trial: "Trial") -> None:
        nonlocal count
        count += 1
        typer.echo(f"{count}/{repeats * len(given)} {trial.case.name}", err=True)

    async with open_bench(said, weights) as bench:
        if in_words:
            check_words(bench.judge.info)
        judges = [bench.sampled(number) for number in range(repeats)]
        return await run_all(given, judges, bench.slots, done)


async def _replayed(
    given: "Sequence[LabelledCase]", said: "JudgeOptions", weights: str | None, *, as_json: bool
) -> str:
    """The table of thresholds, made of what the ledger holds of both judges."""
    from grader.cli.options import open_bench
    from grader.session.dry_run import CountedReplies
    from grader.trust.trial.replay import replay, text
    from grader.trust.trial.run import run as run_all

    if said.then is None:
        raise BadInput("--replay-cascade: name the second judge with --then NAME")
    async with open_bench(said, weights) as bench:
        replies = CountedReplies(bench.ledger, bench.model)
        trials = await run_all(given, bench.judges_over(replies), bench.slots)
        for counted in replies.all:
            if counted.usage.calls:
                raise BadInput(
                    f"--replay-cascade: the ledger lacks {counted.usage.calls} replies of"
                    f" {counted.model.name}: grade rubric test --model {counted.model.name} first"
                )
    table = replay(trials)
    return table.to_json() if as_json else text(table)


def _check_fit(given: "Sequence[LabelledCase]", said: "JudgeOptions") -> None:
    """Refuses, before anything is asked, what no confidence can be fitted to."""
    from grader.trust.trial.stated_fit import check_enough

    if said.beside or said.then:
        raise BadInput("--fit-confidence: fit each model on its own")
    check_enough(given)


def _fitted(trials: "Sequence[Trial]", out: Path) -> "StatedFit":
    """What is fitted to the model's words, written to *out*."""
    from grader.trust.trial.stated_fit import stated_verdicts
    from grader.trust.trial.stated_gain import fit_stated
    from grader.trust.trial.stated_report import fit_toml
    from grader.util.files import new_file

    verdicts = stated_verdicts(trials)
    model = next(t.grade.judge.model for t in trials if t.grade.judge.kind != "code")
    fit = fit_stated(verdicts, model)
    with new_file(out) as file:
        file.write(fit_toml(fit))
    return fit


def _print(found: "TrialReport", fit: "StatedFit | None", *, as_json: bool) -> None:
    import json

    from grader.trust.trial.report import text
    from grader.trust.trial.stated_report import fit_text

    if not as_json:
        typer.echo(text(found) + (f"\n\n{fit_text(fit)}" if fit else ""))
        return
    if fit is None:
        typer.echo(found.to_json())
        return
    both = json.loads(found.to_json()) | {"confidence_fit": fit.model_dump(by_alias=True)}
    typer.echo(json.dumps(both, ensure_ascii=False, indent=2))


def exit_code(
    found: "TrialReport", min_accuracy: float | None, min_kappa: float | None
) -> ExitCode:
    """4 below a threshold, or where its figure cannot be estimated; 1 where nothing was graded."""
    if found.ungraded == found.labels:
        return ExitCode.FAILED
    figures = ((found.accuracy.value, min_accuracy), (found.kappa.value, min_kappa))
    below = [least for value, least in figures if least is not None and (value or 0.0) < least]
    return ExitCode.BELOW_MARK if below else ExitCode.DONE

"""``grade calibrate``: may these grades be trusted?"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.calibrate_alike import alike
from grader.cli.calibrate_next import next_to_rate
from grader.cli.calibrate_settle import settle
from grader.cli.default_group import DefaultGroup
from grader.cli.options import LanguageOption, OnlyOption, RubricsOption
from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.trust.calibration.finding import Calibration
    from grader.trust.fit import Gain


class CalibrateGroup(DefaultGroup):
    """``grade calibrate RATINGS RESULTS`` is ``grade calibrate team RATINGS RESULTS``."""

    default = "team"


app = typer.Typer(
    cls=CalibrateGroup,
    no_args_is_help=True,
    subcommand_metavar="| COMMAND ...",
    rich_markup_mode=None,
    help="Whether people agree, and whether a model may be trusted beside them:"
    " grade calibrate ratings.csv results.jsonl",
)

ResultsArgument = Annotated[
    list[Path], typer.Argument(metavar="RESULTS...", help="Records, one a line: JSONL.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="Of the bootstrap.")]
SamplesOption = Annotated[
    int, typer.Option("--samples", metavar="N", min=200, max=100_000, help="Bootstrap samples.")
]


@app.command("team", hidden=True)
def team(
    ratings: Annotated[Path, typer.Argument(metavar="RATINGS", help="CSV or JSONL, a row each.")],
    results: ResultsArgument,
    as_json: JsonOption = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a page.")
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option("--groups", metavar="FILE", help="CSV: candidate or answer_id, attributes."),
    ] = None,
    pass_mark: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT", min=0, max=100, help="The one in use; else one is proposed."
        ),
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option("--thresholds", metavar="FILE", help="TOML: the lines that trust hangs on."),
    ] = None,
    rasch: Annotated[
        bool, typer.Option("--rasch", help="Severity by the many-facet Rasch model, too.")
    ] = False,
    drawn: Annotated[
        Path | None,
        typer.Option("--drawn", metavar="FILE", help="The plan of grade calibrate next."),
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answers", metavar="PATH", help="The graded session, to show on the page."),
    ] = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: LanguageOption = "en",
    seed: SeedOption = 0,
    samples: SamplesOption = 2000,
) -> None:
    """Say whether people agree, and whether a model may be trusted beside them."""
    single_thread()
    from grader.trust.calibration.tables import calibrate

    report = calibrate(
        ratings,
        results,
        pass_mark=pass_mark,
        groups=groups,
        thresholds=thresholds,
        rasch=rasch,
        samples=samples,
        seed=seed,
        drawn=drawn,
    )
    if html is not None:
        _page(html, report, language, answers or [], rubrics, only_own=only_own)
    if as_json:
        typer.echo(report.to_json())
    else:
        from grader.report import terminal
        from grader.trust.calibration.terminal import calibration_blocks

        terminal.blocks(calibration_blocks(report, language), terminal.console())


def single_thread() -> None:
    """Before numpy is imported: for many small products its threads cost more than they give."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _page(
    path: Path,
    report: "Calibration",
    language: str,
    answers: list[str],
    folder: Path | None,
    *,
    only_own: bool,
) -> None:
    from grader.rubric.files import load_rubrics, rubric_folders
    from grader.trust.calibration import page
    from grader.trust.calibration.results import by_digest

    folders = rubric_folders(folder, only_own)
    known = {r.id: r for r in load_rubrics(folders)}
    page.write(path, report, known, by_digest(answers, folders) if answers else {}, language)


@app.command("template")
def template(
    results: ResultsArgument,
    rater: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Who will rate; once for each.")
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Ask for a score of the whole answer instead.")
    ] = False,
    drawn: Annotated[
        Path | None,
        typer.Option("--drawn", metavar="FILE", help="Only what the plan's last round drew."),
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="What was graded, as for grade batch, to read there."),
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option(metavar="A=B", help="As for grade batch.")
    ] = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: LanguageOption = "en",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the order.")] = 0,
) -> None:
    """Print a sheet to fill: the answers in an order of each rater's own, no model's verdicts.

    With --answers it has what was answered too, in the first row of each answer.
    """
    import sys

    from grader.rubric.files import load_rubrics, rubric_folders
    from grader.session.exports.columns import read_columns
    from grader.trust.calibration import results as graded
    from grader.trust.calibration import template as sheet
    from grader.trust.calibration.sampling_plan import read_plan

    found = graded.read(results)
    folders = rubric_folders(rubrics, only_own)
    known = {r.id: r for r in load_rubrics(folders)}
    said = read_columns(columns or [])
    last = read_plan(drawn).last if drawn else None
    sheet.write(
        found,
        rater or [""],
        known,
        sys.stdout,
        scores=scores,
        language=language,
        seed=seed,
        only=last,
        texts=graded.by_digest(answers, folders, said) if answers else {},
    )


app.command("next")(next_to_rate)
app.command("settle")(settle)
app.command("alike")(alike)


@app.command("drift")
def drift(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Records of before: JSONL.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Records of after.")],
    margin: Annotated[
        float,
        typer.Option(metavar="PERCENT", min=0.1, max=100, help="A mean shift that is no matter."),
    ] = 5.0,
    pass_mark: Annotated[float, typer.Option(metavar="PERCENT", min=0, max=100)] = 60.0,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
    seed: SeedOption = 0,
) -> None:
    """Say whether two gradings of the same answers are the same: exit 0 if shown, else 4."""
    single_thread()
    from grader.report import terminal
    from grader.trust.calibration import drift as drifting
    from grader.trust.calibration import results as graded
    from grader.trust.calibration.measure import Sampling
    from grader.trust.calibration.terminal import drift_blocks

    found = drifting.compare(
        graded.read([old]), graded.read([new]), pass_mark, margin, Sampling(seed=seed)
    )
    for one in found:
        if as_json:
            typer.echo(one.to_json(indent=None))
        else:
            terminal.blocks(drift_blocks(one, language), terminal.console())
    if any(one.moved is not drifting.Moved.SAME for one in found):
        raise typer.Exit(ExitCode.BELOW_MARK)


@app.command("fit")
def fit(
    ratings: Annotated[Path, typer.Argument(metavar="RATINGS", help="CSV or JSONL, a row each.")],
    results: ResultsArgument,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where your level goes.")
    ] = Path("level.toml"),
    as_json: JsonOption = False,
    seed: SeedOption = 0,
) -> None:
    """Fit your team's own level on answers that people graded too, at least 20.

    Says what it gains on answers that it was not fitted on; --calibration FILE then uses it.
    """
    single_thread()
    import json
    from dataclasses import asdict

    from grader.trust.calibration import ratings as rated
    from grader.trust.calibration import results as graded
    from grader.trust.fit import fit_team, to_toml
    from grader.trust.fit import rated as both
    from grader.util.files import new_file

    records = graded.read(results)
    said = rated.read(ratings, records)
    raters = len({row.rater for row in said.rows})
    answers = both(records, said)
    judge = next(g.judge.model for g in records.grades if g.judge.kind != "code")
    found = fit_team(answers, raters, judge, seed)
    with new_file(out) as file:
        file.write(to_toml(found))
    if as_json:
        typer.echo(json.dumps({**asdict(found), "level": found.level.model_dump()}))
        return
    people = "1 rater" if found.raters == 1 else f"{found.raters} raters"
    typer.echo(
        f"{found.answers} answers, {people}: leniency {found.level.leniency:+.2f}\n"
        f"On answers left out: QWK {_moved(found.qwk)}\n"
        f"per cent points from people's score {_moved(found.error)}\n"
        f"Written: {out}. Use it with --calibration {out}"
    )


def _moved(gain: "Gain") -> str:
    change = gain.after - gain.before
    return f"{gain.before:g} -> {gain.after:g} ({change:+.3g} [{gain.low:+.3g}, {gain.high:+.3g}])"


@app.command("plan")
def plan(
    people: Annotated[int, typer.Option(metavar="N", min=2, max=50, help="Who will rate.")] = 2,
    agreement: Annotated[
        float,
        typer.Option(metavar="QWK", min=0, max=0.99, help="Supposed, of the model with people."),
    ] = 0.80,
    people_agreement: Annotated[
        float,
        typer.Option(metavar="QWK", min=0.01, max=0.99, help="Supposed, of people with people."),
    ] = 0.80,
    width: Annotated[
        float, typer.Option(metavar="W", min=0.01, max=1, help="Of the wanted 95 % interval.")
    ] = 0.15,
    severity: Annotated[
        float, typer.Option(metavar="SD", min=0.05, max=3, help="Of a rater to be noticed.")
    ] = 0.3,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
    seed: SeedOption = 0,
) -> None:
    """Say how many answers and people a wanted interval takes."""
    single_thread()
    from grader.report import terminal
    from grader.trust.calibration import plan as planning
    from grader.trust.calibration.terminal import plan_blocks
    from grader.trust.calibration.thresholds import load

    line = load().qwk.value
    wanted = planning.PlanWanted(people, agreement, people_agreement, width, severity, line)
    made = planning.plan(wanted, seed)
    if as_json:
        typer.echo(made.model_dump_json(indent=2))
    else:
        terminal.blocks(plan_blocks(made, language), terminal.console())

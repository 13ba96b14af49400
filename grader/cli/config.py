"""``grade config``: which settings hold, and where each comes from."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import (
    AnswersLanguageOption,
    AskOption,
    BaseUrlOption,
    ConfidenceOption,
    ModelOption,
    RubricsOption,
    TimeoutOption,
)

if TYPE_CHECKING:
    from grader.cli.config_report import ConfigReport


def show_config(
    ctx: typer.Context,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    ask: AskOption = None,
    timeout: TimeoutOption = None,
    rubrics: RubricsOption = None,
    confidence: ConfidenceOption = None,
    language: AnswersLanguageOption = None,
    pass_mark: Annotated[
        float | None, typer.Option("--pass-mark", metavar="PERCENT", min=0, max=100)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the settings that hold here, and where each comes from.

    The command line stands over the environment, and that over grade.toml or [tool.grade] in
    pyproject.toml. Takes the options of other commands, to see what they would change.
    """
    from grader.cli.config_report import report_of

    given: dict[str, str | float | Path | None]
    given = {"model": model, "endpoint": base_url, "ask": ask, "timeout": timeout}
    given |= {"rubrics": rubrics, "confidence": confidence}
    given |= {"language": language, "pass_mark": pass_mark}
    report = report_of(ctx, given, os.environ)
    if as_json:
        typer.echo(report.model_dump_json(indent=2, by_alias=True))
    else:
        _print(report)


def _print(report: "ConfigReport") -> None:
    from grader.report import terminal
    from grader.report.blocks import Grid, Line

    rows = tuple(
        (one.name, _shown(one.value), one.source) for one in (*report.settings, *report.prices)
    )
    grid = Grid(("setting", "value", "from"), rows, numbers_from=3)
    file = report.file or "none: grade.toml, or [tool.grade] in pyproject.toml"
    terminal.blocks((Line(f"settings file: {file}"), grid), terminal.console())
    if report.prices:
        typer.echo("Prices are in US dollars per million tokens.")


def _shown(value: str | float | None) -> str:
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else value

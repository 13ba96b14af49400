"""The command line: arguments in, text out, exit code.

Only typer is imported here and at the top of ``grader.cli``; every command imports the rest
when it runs, so that ``grade --help`` answers at once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader import __version__
from grader.cli import (
    audit,
    batch,
    calibrate,
    contest,
    doctor,
    grade,
    history,
    ledger,
    model,
    override,
    practice,
    questions,
)
from grader.cli import config as settings
from grader.cli import history as progress
from grader.cli import rubric as rubric_tools
from grader.cli import web as web_pages
from grader.cli.config_defaults import apply_config, load_config
from grader.cli.config_place import OPTION, take_option
from grader.cli.default_group import DefaultGroup
from grader.errors import ExitCode, Faulty, GraderError
from grader.text.safe import one_line

if TYPE_CHECKING:
    from typer._click import Context

DEFAULT = "one"


class GradeGroup(DefaultGroup):
    """``grade FILE ...`` is ``grade one FILE ...``; a GraderError ends in a line for each fault."""

    default = DEFAULT

    def check(self, ctx: "Context", args: list[str]) -> None:
        if wrong := _mistyped(args, self.commands):
            ctx.fail(wrong)

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # a shell wants to know what could come next
            return super().parse_args(ctx, args)
        with _told():
            args, named = take_option(args)
            if "--help" not in args and (config := load_config(named)):
                apply_config(ctx, config, self.commands)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: "Context") -> object:
        try:
            with _told():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("grade: interrupted; every reply that arrived is in the ledger", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None


@contextmanager
def _told() -> Iterator[None]:
    """Prints a line for each fault of a GraderError and ends with its exit code."""
    try:
        yield
    except GraderError as error:
        for line in error.faults if isinstance(error, Faulty) else [str(error)]:
            typer.echo(f"grade: {one_line(line)}", err=True)
        raise typer.Exit(error.exit_code) from error


def _mistyped(args: list[str], commands: Mapping[str, object]) -> str | None:
    """What to say where the first word looks like a command rather than a file."""
    if "--q" in args or "--question" in args or Path(args[0]).exists():
        return None
    near = get_close_matches(args[0], [name for name in commands if name != DEFAULT], n=2)
    hint = "did you mean " + " or ".join(near) + "? (an answer in a file needs --q ID)"
    return f"no command {args[0]!r}; {hint}" if near else None


app = typer.Typer(
    cls=GradeGroup,
    no_args_is_help=True,
    subcommand_metavar="| COMMAND ...",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Grade an answer against its rubric: grade answer.txt --q bank-conflict",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"grade {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
    config: str | None = typer.Option(
        None,
        OPTION,
        metavar="FILE",
        help="Settings instead of the nearest grade.toml. [env: GRADER_CONFIG]",
    ),
) -> None:
    """Grade an answer against its rubric: grade answer.txt --q bank-conflict."""


app.command(DEFAULT, hidden=True)(grade.one)
app.command("batch")(batch.batch)
app.command("questions")(questions.questions)
app.command("show")(questions.show)
app.command("history")(history.history)
app.command("practice")(practice.practice)
app.command("progress")(progress.progress)
app.command("override")(override.override)
app.command("contest")(contest.contest)
app.command("config")(settings.show_config)
app.command("audit")(audit.audit)
app.command("doctor")(doctor.doctor)
app.command("web")(web_pages.web)
app.add_typer(calibrate.app, name="calibrate")
app.add_typer(ledger.app, name="ledger")
app.add_typer(model.app, name="model")
app.add_typer(rubric_tools.app, name="rubric")


def main() -> None:
    """The entry point of ``grade``."""
    app()

"""``grade rubric import``: rubrics from the question bank that there is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from grader.authoring.importing.run import ImportResult


def import_(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="Tables (CSV, TSV, XLSX), Moodle XML, GIFT, rubrics of Canvas and Gradescope"
            " (CSV, JSON), Label Studio (JSON, XML), Markdown; or folders of them.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the rubrics go.")],
    language: Annotated[
        str,
        typer.Option(
            "--language", metavar="TAG", help="Of the texts, as de or pt-BR; else guessed."
        ),
    ] = "",
    format_name: Annotated[
        str,
        typer.Option("--format", metavar="NAME", help="What the files are; else recognised."),
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=COLUMN",
            help="Which column of a table is what: question=..., key_point=..., points=...",
        ),
    ] = None,
    title: Annotated[
        str,
        typer.Option("--source", metavar="TITLE", help="Cited as the source; else the file."),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over files.")] = False,
) -> None:
    """Make rubrics from a question bank, one file a question; needs no model.

    All text is the file's own, and each key point says where it stood. What the file lacks is
    listed by its place, and in the rubric's first lines. Then the rubrics are checked.
    Exits with 1 where something was left out or the check finds an error, with 2 where nothing
    could be read.
    """
    from grader.authoring.importing.run import import_rubrics
    from grader.authoring.importing.table import read_roles

    result = import_rubrics(
        sources,
        language=_tag(language),
        title=title.strip(),
        format_name=format_name,
        roles=read_roles(columns or []),
    )
    raise typer.Exit(_write(result, out, force=force))


def _tag(language: str) -> str:
    from grader.text.language import as_tag

    if language == "id":
        raise BadInput("--language id: id is a key of the format; Indonesian is id-ID")
    if language and as_tag(language) is None:
        raise BadInput(f"--language {language}: the tag of a language, as de or pt-BR")
    return as_tag(language) or ""


def _write(result: "ImportResult", folder: Path, *, force: bool) -> ExitCode:
    """Writes the rubrics, tells the gaps, checks what was written; the exit code."""
    from grader.authoring.importing.assemble import report
    from grader.authoring.importing.run import write_rubric

    for line in report(list(result.gaps)):
        typer.echo(line)
    for fault in result.faults:
        typer.echo(f"grade: {fault}", err=True)
    if result.guessed and result.rubrics:
        typer.echo(f"language: {result.language} (guessed; --language TAG names it)", err=True)
    written, kept = [], 0
    for imported in result.rubrics:
        path, there = write_rubric(imported, folder, force=force)
        written += [path] if there else []
        if not there:
            kept += 1
            typer.echo(f"{path} exists and was left as it is; --force overwrites it", err=True)
    noun = "rubric" if len(written) == 1 else "rubrics"
    typer.echo(f"{len(written)} {noun} in {folder}", err=True)
    checked = _checked(written)
    return ExitCode.FAILED if result.left_out or kept or checked else ExitCode.DONE


def _checked(paths: list[Path]) -> bool:
    """Shows what the check finds; whether there is an error among it."""
    from grader.authoring.check.finding import Severity
    from grader.authoring.check.run import check_all
    from grader.cli.rubric_check import show

    findings = check_all(paths)
    if paths:
        show(findings, as_json=False, count=len(paths))
    return any(finding.severity == Severity.ERROR for finding in findings)

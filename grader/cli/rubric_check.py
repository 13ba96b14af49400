"""``grade rubric check``: what is wrong with rubric files, and which files a command is about."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import (
    BaseUrlOption,
    FreshOption,
    ModelOption,
    OnlyOption,
    ParamOption,
    RubricsOption,
    TimeoutOption,
    WeightsOption,
    run,
)
from grader.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from grader.authoring.check.finding import Finding
    from grader.judge.options import JudgeOptions


def rubric_files(given: Sequence[str], own: Path | None, *, only_own: bool) -> list[Path]:
    """The files that *given* names: files, folders of them, or ids of known questions.

    Nothing given means every rubric that grade knows, as the other commands see them.

    Raises:
        BadInput: a name is none of these, or there is nothing to look at.
        UnknownQuestion: a name looks like an id, and no rubric has it.
    """
    from grader.rubric.files import rubric_folders

    folders = rubric_folders(own, only_own)
    if not given:
        found = {p.stem: p for folder in reversed(folders) for p in _in(folder)}
        return [found[name] for name in sorted(found)]
    files = [path for name in given for path in _named(name, folders)]
    if not files:
        raise BadInput(f"{given[0]}: no rubric (*.toml) in this folder")
    return list(dict.fromkeys(files))


def _named(name: str, folders: Sequence[Path]) -> list[Path]:
    from grader.rubric.files import load_rubric

    path = Path(name)
    if path.is_dir():
        return _in(path)
    if path.exists():
        return [path]
    for folder in folders:
        if (known := folder / f"{name}.toml") in _in(folder):
            return [known]
    if path.suffix or len(path.parts) > 1:
        raise BadInput(f"{name}: no such file or folder")
    load_rubric(name, folders)  # knows which ids are near
    return []


def _in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*.toml") if p.is_file() and not p.name.startswith("."))


FilesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILES]...", help="Rubric files, folders of them, or ids; else every rubric."
    ),
]


def check(
    files: FilesArgument = None,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    strict: Annotated[bool, typer.Option("--strict", help="Notes count too.")] = False,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=FILE", help="Look for the quotations of document KEY in FILE."),
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the judge look for overlap, too; never an error.")
    ] = False,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
    param: ParamOption = None,
    fresh: FreshOption = False,
    weights: WeightsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """Find what is wrong with rubrics, one line a finding; needs no model.

    Exits with 1 where there are errors or warnings (with --strict also notes), else with 0.
    A finding is accepted by a comment `# accept: RULE, why` on its line or the one above.
    """
    from grader.authoring.check.run import check_all
    from grader.judge.options import options

    paths = rubric_files(files or [], rubrics, only_own=only_own)
    said = options(model, base_url, None, param or [], fresh=fresh, timeout_s=timeout)
    found = check_all(paths) + _quoted(paths, source or [])
    if judge:
        found += run(_judged(paths, said, weights))
    show(found, as_json=as_json, count=len(paths))
    raise typer.Exit(exit_code(found, strict=strict))


def _quoted(paths: Sequence[Path], given: Sequence[str]) -> "list[Finding]":
    """Quotations that are not in the texts named as ``KEY=FILE``."""
    if not given:
        return []
    from grader.authoring.check.run import quoted, readings
    from grader.authoring.draft.source import read

    named = dict(text.partition("=")[::2] for text in given)
    if "" in named.values():
        raise BadInput("--source: write it as KEY=FILE, KEY as under documents in the rubric")
    sources = {key: read(Path(file)) for key, file in named.items()}
    return [finding for reading in readings(paths) for finding in quoted(reading, sources)]


async def _judged(
    paths: Sequence[Path], said: "JudgeOptions", weights: str | None
) -> "list[Finding]":
    from dataclasses import replace

    from grader.authoring.check.run import judged, readings
    from grader.cli.options import open_bench

    async with open_bench(replace(said, plain=True), weights) as bench:
        return [
            finding for reading in readings(paths) async for finding in judged(reading, bench.ask)
        ]


def show(found: "Sequence[Finding]", *, as_json: bool, count: int) -> None:
    """Prints findings, and on stderr a line that sums them up."""
    if as_json:
        listed = [finding.to_dict() for finding in found]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    for finding in found:
        typer.echo(str(finding))
    rubrics = f"{count} rubric" + "s" * (count != 1)
    problems = f"{len(found)} finding" + "s" * (len(found) != 1)
    typer.echo(f"{rubrics} checked, {problems}", err=True)


def checked(path: Path) -> ExitCode:
    """Checks a file that was just written, shows the findings, and gives the exit code."""
    from grader.authoring.check.run import check_rubric

    found = check_rubric(path)
    show(found, as_json=False, count=1)
    return exit_code(found, strict=False)


def exit_code(found: "Sequence[Finding]", *, strict: bool) -> ExitCode:
    """1 where there are errors or warnings, or *strict* and notes; else 0."""
    from grader.authoring.check.finding import Severity

    failed = any(strict or f.severity != Severity.NOTE for f in found)
    return ExitCode.FAILED if failed else ExitCode.DONE

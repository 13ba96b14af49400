"""``grade rubric draft --hints FILE``: hints for the key points of a rubric that have none."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.authoring.draft.hints import HintDraft
    from grader.judge.options import JudgeOptions
    from grader.rubric.format import Rubric

_SMALL_MODEL = {"max_tokens": 300, "temperature": 0}


async def add_hints(
    path: Path, said: "JudgeOptions", weights: str | None, out: str | None
) -> ExitCode:
    """Adds the hints to the file, or prints it with them where *out* is ``-``; then checks it.

    Raises:
        BadRubric: the file is no rubric.
        BadInput: it cannot be written, or no line can be added to its key points.
    """
    from grader.authoring.draft.hints import with_hints
    from grader.cli.rubric_check import checked
    from grader.rubric.files import read_rubric, text_of
    from grader.util.files import new_file

    rubric = read_rubric(path)
    if all(point.hint for point in rubric.key_points):
        typer.echo(f"{path}: every key point has a hint", err=True)
        return ExitCode.DONE
    made = await _drafted(rubric, said, weights)
    content = with_hints(text_of(path), rubric, made.hints) if made.hints else ""
    _tell(made)
    if out == "-":
        typer.echo(content or text_of(path), nl=False)
    elif content:
        newline = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
        with new_file(path, newline=newline) as file:
            file.write(content)
        typer.echo(f"wrote {path}", err=True)
    return ExitCode.FAILED if made.refused else checked(path)


async def _drafted(rubric: "Rubric", said: "JudgeOptions", weights: str | None) -> "HintDraft":
    from dataclasses import replace

    from grader.authoring.draft.hints import draft_hints
    from grader.cli.options import open_bench

    async with open_bench(replace(said, plain=True), weights) as bench:
        form = _SMALL_MODEL if bench.target.ask == "per-point" else {}
        return await draft_hints(rubric, bench.ask, form | bench.options.parameters)


def _tell(made: "HintDraft") -> None:
    from grader.text.safe import one_line

    typer.echo(f"{len(made.hints)} hints added, {len(made.refused)} refused", err=True)
    for name, why in made.refused.items():
        typer.echo(f"{name}: the hint {one_line(why, 300)}", err=True)

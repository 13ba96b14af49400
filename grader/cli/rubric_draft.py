"""``grade rubric draft``: a first rubric out of notes, a page or a chapter."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import (
    AskOption,
    BaseUrlOption,
    FreshOption,
    ModelOption,
    ParamOption,
    RubricsOption,
    TimeoutOption,
    WeightsOption,
    run,
)
from grader.errors import BadInput, ExitCode, Failed

_KEYS = ("id", "met")
"""Tags of languages that are keys of a key point or of its proposal already."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.authoring.draft.proposal import Proposal
    from grader.authoring.draft.source import SourceText
    from grader.judge.choice import Bench
    from grader.judge.options import JudgeOptions


def draft(
    source: Annotated[
        Path | None, typer.Argument(metavar="SOURCE", help="Markdown, HTML or text.")
    ] = None,
    question_id: Annotated[
        str | None, typer.Option("--q", metavar="ID", help="Id of the question.")
    ] = None,
    question: Annotated[
        str, typer.Option(metavar="TEXT", help="The question; else the model words one.")
    ] = "",
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Where to write, or -; else ID.toml.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
    languages: Annotated[
        list[str] | None,
        typer.Option(
            "--language", metavar="TAG", help="Of the texts, such as de; several may be given."
        ),
    ] = None,
    hints: Annotated[
        Path | None,
        typer.Option(
            "--hints",
            metavar="FILE",
            help="In place of SOURCE: add a hint to each key point of this rubric lacking one.",
        ),
    ] = None,
    rubrics: RubricsOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
    ask: AskOption = None,
    param: ParamOption = None,
    fresh: FreshOption = False,
    weights: WeightsOption = None,
) -> None:
    """Draft a rubric from a text, for a person to edit.

    Every key point carries a quotation that code found in SOURCE, with its place; what cannot be
    found is not written. Doubtful and contradictory statements become comments. An existing file
    is compared, and only overwritten with --force. The draft is then checked.
    Exits with 1 where the file was not written, a hint was refused or the check has findings.
    """
    from grader.authoring.draft.assemble import assemble
    from grader.authoring.draft.file import toml, trust
    from grader.authoring.draft.source import read
    from grader.cli.rubric_hints import add_hints
    from grader.judge.options import options

    said = options(model, base_url, ask, param or [], fresh=fresh, timeout_s=timeout)
    if hints is not None:
        if source or question_id or languages:
            raise BadInput("--hints FILE: it takes no SOURCE, --q or --language")
        raise typer.Exit(run(add_hints(hints, said, weights, out)))
    if source is None or question_id is None:
        raise BadInput("name a SOURCE to draft from and --q ID, or a rubric with --hints FILE")
    path = _path(question_id, out, rubrics)
    tags = _languages(languages or [])
    text = read(source)
    proposal, by, how = run(_proposal(text, question, said, weights, tags))
    found = assemble(proposal, text, question_id, tags)
    content = toml(found, f"{by} from {source.name} ({text.digest[:19]})", trust(how))
    count = f"{len(found.rubric.key_points)} key points, {len(found.doubts)} doubtful statements"
    typer.echo(f"{count}, {len(found.dropped)} proposals not written", err=True)
    raise typer.Exit(_write(path, content, force=force))


def _path(question_id: str, out: str | None, rubrics: Path | None) -> Path | None:
    """Where the draft goes; None for stdout."""
    import re

    from grader.rubric.format import SLUG

    if not re.fullmatch(SLUG, question_id):
        raise BadInput(f"--q {question_id}: small letters and digits joined by single hyphens")
    if out == "-":
        return None
    path = Path(out) if out else (rubrics or Path()) / f"{question_id}.toml"
    if path.stem != question_id or path.suffix != ".toml":
        raise BadInput(f"--out {path}: a rubric's file is named after its id: {question_id}.toml")
    return path


def _languages(given: "Sequence[str]") -> tuple[str, ...]:
    """The tags asked for, English and Chinese if none are."""
    import re

    from grader.authoring.draft.proposal import BOTH
    from grader.text.language import LANGUAGE_TAG

    for tag in given:
        if not re.fullmatch(LANGUAGE_TAG, tag):
            raise BadInput(f"--language {tag}: the tag of a language, such as de, ja or pt-BR")
        if tag in _KEYS:
            raise BadInput(
                f"--language {tag}: a key of rubrics is called so; write {tag}-{tag.upper()}"
            )
    return tuple(dict.fromkeys(given)) or BOTH


async def _proposal(
    source: "SourceText",
    question: str,
    said: "JudgeOptions",
    weights: str | None,
    languages: tuple[str, ...],
) -> "tuple[Proposal, str, str]":
    """The proposal, the model's name, and how it was asked."""
    from dataclasses import replace

    from grader.authoring.draft.proposal import BOTH
    from grader.cli.options import open_bench
    from grader.judge.base import language
    from grader.llm.request import Unusable

    async with open_bench(replace(said, plain=True), weights) as bench:
        how = "steps" if bench.target.ask == "per-point" else "whole"
        if how == "steps" and len(languages) > 1 and languages != BOTH:
            raise BadInput(
                f"--language {' and '.join(languages)}: {bench.model.name} drafts in English and"
                " Chinese, or in the one language of the source; name an endpoint's model"
            )
        try:
            found = await _asked(bench, source, question, how, languages)
        except Unusable as unusable:
            what = f"{unusable.cause.value}: {unusable}"
            raise Failed(f"{bench.model.name} gave no usable draft ({what})") from None
        if question:
            spoken = language(question)
            tag = spoken if spoken in languages else languages[0]
            found = type(found)(**(found.model_dump() | {f"question_{tag}": question}))
        return found, bench.model.name, how


async def _asked(
    bench: "Bench", source: "SourceText", question: str, how: str, languages: tuple[str, ...]
) -> "Proposal":
    from grader.authoring.draft.proposal import propose
    from grader.authoring.draft.steps import Steps

    parameters = bench.options.parameters
    if how == "whole":
        return await propose(source, question, bench.ask, parameters, languages)
    steps = Steps(bench.ask, parameters, languages=languages)
    found = await steps.propose(source, question)
    if steps.passed_over:
        typer.echo(f"{steps.passed_over} sentences passed over; draft from a part", err=True)
    return found


def _write(path: Path | None, content: str, *, force: bool) -> ExitCode:
    """Writes, or shows what would change; then checks. The exit code."""
    from grader.authoring.draft.file import diff
    from grader.cli.rubric_check import checked

    if path is None:
        typer.echo(content, nl=False)
        return ExitCode.DONE
    try:
        if path.exists():
            typer.echo(diff(path.read_text(encoding="utf-8"), content, path.name), nl=False)
            if not force:
                typer.echo(f"{path} exists and was left as it is; --force overwrites it", err=True)
                return ExitCode.FAILED
        path.write_text(content, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be written: {error}") from None
    typer.echo(f"wrote {path}", err=True)
    return checked(path)

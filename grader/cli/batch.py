"""``grade batch PATH...``: a whole session."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    LanguageOption,
    OnlyOption,
    RubricsOption,
)

if TYPE_CHECKING:
    from grader.session.results import Mode


@takes_judge
def batch(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Markdown with a heading ## QUESTION-ID for each answer; a folder of"
            " QUESTION-ID.txt or CANDIDATE/QUESTION-ID.md; JSONL; CSV, also as Moodle, Canvas"
            " and Google Forms export it; - for stdin.",
        ),
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A=B",
            help="question=COLUMN,answer=COLUMN,id=COLUMN,candidate=COLUMN of a table or JSONL, or"
            ' "Response 1"=QUESTION-ID for each column of answers; =- leaves one out.',
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append each record here; go on where it stopped."),
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Add to the results of another run.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Empty the file of results first.")
    ] = False,
    concurrency: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1000, help="Requests at once at most. [default: 16]"),
    ] = None,
    votes: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=15, help="Ask up to N times what is not settled."),
    ] = 1,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", min=0, help="Stop before this is passed.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate calls, tokens and price; send nothing.")
    ] = False,
    pass_mark: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT", min=0, max=100, help="Exit with 4 if one does not surely reach it."
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write Markdown.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a table.")] = None,
    hints: Annotated[
        bool, typer.Option("--hints", help="Page and Markdown: hints for points not met.")
    ] = False,
    csv_for: Annotated[
        str | None,
        typer.Option(metavar="moodle|canvas", help="Write the table as its gradebook takes it."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit XML.")] = None,
    judge: JudgeWords = BY_DEFAULT,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: LanguageOption = "en",
    via: Annotated[
        str,
        typer.Option(metavar="HOW", help="`live`, `files` (shards to be run), `batch` or `ray`."),
    ] = "live",
    shards: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where --via files and batch keep shards.")
    ] = None,
    step: Annotated[
        str | None, typer.Option(metavar="STEP", help="Only `submit`, `status` or `collect`.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="With --via: ask anew for what got no reply.")
    ] = False,
    poll: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Between two looks at a batch.")
    ] = 30.0,
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The Ray cluster to join.")
    ] = None,
    actors: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many grade at once on Ray.")
    ] = None,
    parquet: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where Ray writes. [default: beside --out]")
    ] = None,
) -> None:
    """Grade many answers; nothing is paid for twice, and nothing paid for is lost.

    Exit codes: 0 all graded, 1 the grader or the model failed, 2 wrong call, 3 something could
    not be graded, 4 below the pass mark, 130 interrupted.
    """
    import asyncio

    from grader.cli.batch_run import run
    from grader.cli.batch_wanted import BatchWanted, Session, platform
    from grader.cli.batch_wanted import via as carried
    from grader.errors import BadInput
    from grader.judge.options import LOCAL
    from grader.llm import address as address_of
    from grader.rubric.files import rubric_folders
    from grader.session.exports.columns import read_columns

    asked = [name for name in (*(judge.model or []), judge.then) if name and name != LOCAL]
    wanted_model = asked[0] if asked else os.environ.get("GRADER_MODEL")
    # Shards are made without an endpoint, too
    unnamed = via == "files" and not address_of.names_one(os.environ, wanted_model)
    if append and overwrite:
        raise BadInput("--append and --overwrite: choose one")
    mode: Mode = "append" if append else "overwrite" if overwrite else "resume"
    wanted = BatchWanted(
        session=Session(
            tuple(paths), rubric_folders(rubrics, only_own), read_columns(columns or [])
        ),
        said=judge.options(base_url=address_of.NOWHERE if unnamed else None),
        weights=judge.weights,
        out=out,
        mode=mode,
        concurrency=concurrency,
        votes=votes,
        max_cost=max_cost,
        dry_run=dry_run,
        pass_mark=pass_mark,
        reports={"html": html, "markdown": markdown, "csv": csv, "junit": junit},
        language=language,
        hints=hints,
        csv_for=platform(csv_for, csv),
        via=None
        if via == "live"
        else carried(
            via,
            shards,
            step,
            again=again,
            poll_s=poll,
            address=address,
            actors=actors,
            output=parquet,
        ),
    )
    raise typer.Exit(asyncio.run(run(wanted)))

"""What several commands share: options, the language of a report, opening the judge, running it."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from grader.cli import completion
from grader.errors import BadInput

if TYPE_CHECKING:
    from grader.judge.choice import Bench
    from grader.judge.options import JudgeOptions

RubricsOption = Annotated[
    Path | None,
    typer.Option(
        "--rubrics",
        metavar="DIR",
        envvar="GRADER_RUBRICS",
        help="Your own rubrics, beside the shipped ones.",
    ),
]
OnlyOption = Annotated[
    bool, typer.Option("--only-own", help="Leave the shipped rubrics out.", show_default=False)
]


def _endpoint(ctx: typer.Context, value: str | None) -> str | None:
    from grader.cli.config_defaults import warn_of_endpoint

    return warn_of_endpoint(ctx, value)


ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A model of the endpoint, or `local`. [env: GRADER_MODEL]",
        autocompletion=completion.models,
    ),
]
ModelsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A model of the endpoint, or `local`; several judge together. [env: GRADER_MODEL]",
        autocompletion=completion.models,
    ),
]
CombineOption = Annotated[
    str | None,
    typer.Option(
        "--combine",
        metavar="HOW",
        help="How several decide: by `majority`, or nearest their `mean`. [default: majority]",
    ),
]
ThenOption = Annotated[
    str | None,
    typer.Option(
        "--then",
        metavar="NAME",
        help="A second model for what the first, `local` if none is named, is unsure of.",
    ),
]
UnsureBelowOption = Annotated[
    float | None,
    typer.Option(
        "--unsure-below",
        metavar="0..1",
        min=0,
        max=1,
        help="Confidence below which a verdict is asked again or sent on. [default: 0.75]",
        show_default=False,
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="OpenAI-compatible endpoint. [env: OPENAI_BASE_URL]",
        callback=_endpoint,
    ),
]
AskOption = Annotated[
    str | None,
    typer.Option(
        "--ask",
        metavar="FORM",
        help="`one-call`, `per-point` (log-probabilities), or `trained` (a server with the shipped"
        " adapter: grade model export).",
    ),
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="KEY=VALUE",
        help="A parameter of the request, such as temperature=0; sent only if given.",
    ),
]
FreshOption = Annotated[
    bool, typer.Option("--no-cache", help="Ask anew; both replies are kept.", show_default=False)
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        min=0.1,
        help="How long an endpoint may take to reply. [default: 120]",
        show_default=False,
    ),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(
        "--calibration",
        metavar="FILE",
        envvar="GRADER_CALIBRATION",
        help="Your team's level, made by grade calibrate fit.",
    ),
]
ConfidenceOption = Annotated[
    Path | None,
    typer.Option(
        "--confidence",
        metavar="FILE",
        help="A model's own confidence, made by grade rubric test --fit-confidence.",
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option("--weights", metavar="FILE", help="The embedded model's file, if you have it."),
]


def _language(ctx: typer.Context, value: str | None) -> str | None:
    """The tag that was given, in its usual letters; says what of a report is not in it."""
    if value is None:
        return None
    from grader.text.language import as_tag, interface, primary

    tag = as_tag(value)
    if tag is None:
        raise BadInput(
            f"--lang {value}: not the tag of a language; write it as en, zh, de or pt-BR"
        )
    source = ctx.get_parameter_source("language")
    # Whoever has it in a settings file knows it already.
    if interface(tag) != primary(tag) and source is not None and source.name == "COMMANDLINE":
        typer.echo(f"grade: --lang {tag}: texts of rubrics in it, all else in English", err=True)
    return tag


_LANG = typer.Option(
    "--lang",
    metavar="TAG",
    help="Language of the report: en, zh, or any other, as de, for the rubrics' texts.",
    callback=_language,
)
LanguageOption = Annotated[str, _LANG]
AnswersLanguageOption = Annotated[str | None, _LANG]
"""Left out, the report is in the language of the answer."""

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """What *work* gives, in an event loop of its own."""
    import asyncio  # a third of the time that --help takes

    return asyncio.run(work)


@asynccontextmanager
async def open_bench(said: "JudgeOptions", weights: str | None = None) -> "AsyncIterator[Bench]":
    """The judge that *said* and the environment name, over the user's ledger."""
    from grader.llm.endpoint import Endpoint
    from grader.report import progress
    from grader.session import grader

    given = Path(weights) if weights else None
    with progress.Spinner() as spinner:
        opened = grader.open_bench(
            said, given, bring=progress.bring_weights, starting=spinner.starting
        )
        async with opened as bench:
            for part in bench.parts:
                if warning := bench.ledger.warning(part.info):
                    judge = f"the judge {part.model.name}" if bench.others else "this judge"
                    typer.echo(f"grade: careful with {judge}: {warning} (grade doctor)", err=True)
                if isinstance(part.model, Endpoint):
                    part.model.tell = lambda words: typer.echo(f"grade: {words}", err=True)
            _warn_of_confidence(bench, said)
            yield bench


def _warn_of_confidence(bench: "Bench", said: "JudgeOptions") -> None:
    if said.confidence and not any(part.stated for part in bench.parts):
        fitted, model = said.confidence.model, bench.model.name
        typer.echo(f"grade: the confidence fitted to {fitted} is not used for {model}", err=True)

"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="NAME", help="A model of the endpoint, or `local`. [env: GRADER_MODEL]"
    ),
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="OpenAI-compatible endpoint. [env: OPENAI_BASE_URL]"
    ),
]
AskOption = Annotated[
    str | None,
    typer.Option("--ask", metavar="FORM", help="`one-call` or `per-point` (log-probabilities)."),
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
CalibrationOption = Annotated[
    Path | None,
    typer.Option(
        "--calibration",
        metavar="FILE",
        envvar="GRADER_CALIBRATION",
        help="Your team's level, made by grade calibrate fit.",
    ),
]
WeightsOption = Annotated[
    str | None,
    typer.Option("--weights", metavar="FILE", help="The embedded model's file, if you have it."),
]

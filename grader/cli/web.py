"""``grade web``: a small web application on one's own machine."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import AnswersLanguageOption

if TYPE_CHECKING:
    from grader.web.room import Room


def web(
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Of this machine; 0: any."),
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Only print the address.", show_default=False)
    ] = False,
    language: AnswersLanguageOption = None,
) -> None:
    """Open a small web application, for this machine alone, until Ctrl-C."""
    _need_extra()
    from grader.text.language import interface
    from grader.web.serve import serve

    serve(_rooms(), port, language and interface(language), typer.echo, browse=not no_open)


def _rooms() -> list["Room"]:
    """The rooms that the given files open."""
    return []


def _need_extra() -> None:
    from grader.errors import Failed

    if not all(map(find_spec, ("starlette", "uvicorn"))):
        raise Failed("grade web needs the extra `web`: pip install 'answer-grader[web]'")

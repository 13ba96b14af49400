"""Lets a settings file stand behind the options of every command: command line over
environment over file."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from grader.cli.config_place import VARIABLE, find_config
from grader.llm.address import AZURE, BASE_URLS
from grader.text.safe import one_line

if TYPE_CHECKING:
    from typer._click import Command, Context

    from grader.cli.config_file import ConfigFile


def load_config(named: str | None) -> "ConfigFile | None":
    """Returns the settings file that holds here, None where there is none.

    Raises:
        BadInput: the file is not there, or says what is no setting.
    """
    path = find_config(named, os.environ)
    if path is None:
        return None
    from grader.cli.config_file import read_config

    return read_config(path, named=bool(named or os.environ.get(VARIABLE)))


def apply_config(ctx: "Context", config: "ConfigFile", commands: "Mapping[str, Command]") -> None:
    """Lets *config* stand behind the options of *commands*, and its prices hold, until *ctx*
    is closed."""
    from grader.llm.price import use_prices

    values = {name: v for name, v in config.values.items() if variable_of(name) is None}
    ctx.obj = config
    ctx.default_map = _defaults(commands, values)
    use_prices(config.settings.prices)
    ctx.call_on_close(lambda: use_prices({}))


def warn_of_endpoint(ctx: "Context", value: str | None) -> str | None:
    """Says on stderr that answers and the key go to an address that a file names which the user
    did not: a folder from elsewhere may have brought it."""
    config: ConfigFile | None = ctx.find_root().obj
    model, named = ctx.params.get("model"), config is None or config.named
    source = ctx.get_parameter_source("base_url")
    from_file = source is not None and source.name == "DEFAULT_MAP"
    asks = model not in ("local", ["local"]) and ctx.info_name != "config"
    if config and value and from_file and not named and asks:
        typer.echo(f"grade: endpoint {one_line(value)}, by {config.place('endpoint')}", err=True)
    return value


def variable_of(parameter: str) -> str | None:
    """Returns the environment variable that is set for *parameter* and read later than options
    are, or None."""
    if parameter == "model":
        return "GRADER_MODEL" if os.environ.get("GRADER_MODEL") else None
    if parameter != "base_url":
        return None
    azure = AZURE[0] if all(os.environ.get(name) for name in AZURE[:2]) else None
    return next((name for name in BASE_URLS if os.environ.get(name, "").strip()), azure)


def _defaults(commands: "Mapping[str, Command]", values: Mapping[str, object]) -> dict[str, Any]:
    """Returns typer's map of defaults: *values* for the parameters that each command has."""
    made: dict[str, Any] = {}
    for name, command in commands.items():
        below: Mapping[str, Command] | None = getattr(command, "commands", None)
        # An option that may be given several times takes a list.
        own = {p.name: bool(getattr(p, "multiple", False)) for p in command.params}
        mine = {k: [v] if own[k] else v for k, v in values.items() if k in own}
        made[name] = mine | (_defaults(below, values) if below else {})
    return made

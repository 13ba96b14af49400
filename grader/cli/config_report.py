"""What ``grade config`` tells: each setting that holds, and where it comes from."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer
from pydantic import Field

from grader.cli.config_defaults import variable_of
from grader.cli.config_file import OPTIONS, ConfigFile
from grader.errors import BadInput
from grader.judge.choice import target
from grader.judge.options import options
from grader.llm.endpoint import TIMEOUT_S
from grader.util.frozen import Frozen

if TYPE_CHECKING:
    from grader.llm.price import OwnPrice

_VARIABLES = {"rubrics": "GRADER_RUBRICS"}
"""Of the options that read theirs themselves."""


class SettingInForce(Frozen):
    """One setting.

    ``source`` is ``option``, a variable's name, ``FILE:LINE`` or ``default``.
    """

    name: str
    value: str | float | None
    source: str


class ConfigReport(Frozen):
    """All settings; ``file`` is None where no settings file was found."""

    schema_: Literal["config/1"] = Field(default="config/1", alias="schema")
    file: str | None
    settings: tuple[SettingInForce, ...]
    prices: tuple[SettingInForce, ...]


def report_of(
    ctx: typer.Context, given: Mapping[str, str | float | Path | None], env: Mapping[str, str]
) -> ConfigReport:
    """Returns the settings that hold for the command of *ctx* in *env*.

    Args:
        given: the value of each option, by the name of its setting.
    """
    config: ConfigFile | None = ctx.find_root().obj
    by_default = _defaults(given, env)
    settings = []
    for key, value in given.items():
        source = _source(ctx, config, key, given=value is not None)
        held = by_default.get(key) if source == "default" else value
        held = env[source] if held is None and source in env else held
        shown = str(held) if isinstance(held, Path) else held
        settings.append(SettingInForce(name=key, value=shown, source=source))
    path = str(config.path) if config else None
    return ConfigReport(file=path, settings=tuple(settings), prices=tuple(_prices(config)))


def _source(ctx: typer.Context, config: ConfigFile | None, key: str, *, given: bool) -> str:
    parameter = OPTIONS[key]
    if not given:
        return variable_of(parameter) or "default"
    source = ctx.get_parameter_source(parameter)
    by = source.name if source else ""
    if by == "ENVIRONMENT":
        return _VARIABLES[parameter]
    return config.place(key) if config and by == "DEFAULT_MAP" else "option"


def _defaults(
    given: Mapping[str, str | float | Path | None], env: Mapping[str, str]
) -> dict[str, str | float]:
    """What holds where nobody says anything; the judge's, as far as the rest names it."""
    made: dict[str, str | float] = {"timeout": TIMEOUT_S, "language": "the answer's, else en"}
    parts = {key: given[key] for key in ("model", "endpoint", "ask")}
    words = {key: None if value is None else str(value) for key, value in parts.items()}
    try:
        said = options(words["model"], words["endpoint"], words["ask"], ())
        judge = target(said, env)
    except BadInput:  # the settings make no judge: the command that asks one says why
        return made
    where = judge.base_url or "on this machine"
    return made | {"model": judge.model, "endpoint": where, "ask": judge.ask}


def _prices(config: ConfigFile | None) -> Iterator[SettingInForce]:
    prices: dict[str, OwnPrice] = config.settings.prices if config else {}
    for model, price in prices.items():
        cached = "" if price.cached is None else f", ${price.cached:g} cached"
        value = f"${price.input:g} in{cached}, ${price.output:g} out"
        place = config.place(f"prices.{model}") if config else ""
        yield SettingInForce(name=f"prices.{model}", value=value, source=place)

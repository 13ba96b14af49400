"""Reads a settings file: ``grade.toml``, or the table ``[tool.grade]`` of ``pyproject.toml``."""

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from grader.cli.config_place import PROJECT, TABLE
from grader.errors import BadInput
from grader.llm.price import OwnPrice
from grader.text.language import as_tag
from grader.util import complaint
from grader.util.frozen import Frozen
from grader.util.text_file import read_text
from grader.util.toml import Place, nearest_line, parse_toml, value_lines

_MOST_BYTES = 1 << 20
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)
_Name = Annotated[str, Field(min_length=1)]


def _tag(text: str) -> str:
    tag = as_tag(text)
    if tag is None:
        raise ValueError("must be the tag of a language, as en, zh, de or pt-BR")
    return tag


class UserSettings(Frozen):
    """What a settings file may say; None where it does not."""

    model_config = ConfigDict(strict=True)

    model: _Name | None = None
    endpoint: _Name | None = None
    """The address of an OpenAI-compatible endpoint."""
    ask: Literal["one-call", "per-point", "trained"] | None = None
    timeout: float | None = Field(default=None, ge=0.1, allow_inf_nan=False)
    """Seconds."""
    rubrics: _Name | None = None
    """A folder, from the file's own folder."""
    confidence: _Name | None = None
    """A file of a model's own confidence, from the file's own folder."""
    language: Annotated[str, AfterValidator(_tag)] | None = None
    """Of reports, by its tag."""
    pass_mark: float | None = Field(default=None, ge=0, le=100)
    """Per cent."""
    prices: dict[str, OwnPrice] = Field(default={})
    """By the model's name."""


OPTIONS = {
    "model": "model",
    "endpoint": "base_url",
    "ask": "ask",
    "timeout": "timeout",
    "rubrics": "rubrics",
    "confidence": "confidence",
    "language": "language",
    "pass_mark": "pass_mark",
}
"""The settings that stand for options, with the parameters of commands that they stand for."""


@dataclass(frozen=True)
class ConfigFile:
    """A settings file that was read.

    Attributes:
        named: the user named it, by ``--config`` or the environment; it was not looked for.
        lines: of each setting, by its name, and of each price, as ``prices.MODEL``.
    """

    path: Path
    named: bool
    settings: UserSettings
    lines: dict[str, int]

    @property
    def values(self) -> dict[str, object]:
        """The settings that are there, by the name of the parameter that each stands for."""
        given = {name: getattr(self.settings, key) for key, name in OPTIONS.items()}
        for place in ("rubrics", "confidence"):
            if given[place] is not None:
                given[place] = str(self.path.parent / Path(str(given[place])).expanduser())
        return {name: value for name, value in given.items() if value is not None}

    def place(self, setting: str) -> str:
        """Returns the file and the line where *setting* stands."""
        return f"{self.path}:{self.lines[setting]}"


def read_config(path: Path, *, named: bool = False) -> ConfigFile:
    """Returns what *path* says.

    Raises:
        BadInput: it cannot be read, or says something that is no setting; the line is named.
    """
    text = read_text(path, _MOST_BYTES, "larger than 1 MiB; settings are a few lines of TOML")
    try:
        tables: Any = parse_toml(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise BadInput(f"{path}: not TOML: {error}") from None
    start: Place = TABLE if path.name == PROJECT else ()
    for key in start:
        tables = tables.get(key, {}) if isinstance(tables, dict) else {}
    places = value_lines(text)
    try:
        settings = UserSettings.model_validate(tables)
    except ValidationError as error:
        raise BadInput(_complaint(path, places, start, error.errors())) from None
    keys: list[tuple[str, ...]] = [(key,) for key in settings.model_fields_set]
    keys += [("prices", model) for model in settings.prices]
    lines = {".".join(key): nearest_line(places, (*start, *key)) for key in keys}
    return ConfigFile(path, named, settings, lines)


def _complaint(
    path: Path, places: dict[Place, int], start: Place, errors: list[ErrorDetails]
) -> str:
    """The first fault with its line; what is missing may only be misspelt, so it comes last."""
    found = [(nearest_line(places, (*start, *error["loc"])), error) for error in errors]
    line, first = min(found, key=lambda pair: (pair[1]["type"] == "missing", pair[0]))
    key = complaint.key_of(first["loc"]) or "the settings"
    said = complaint.expected(first)
    if first["type"] == "extra_forbidden":
        said = _unknown(str(first["loc"][-1]), first["loc"][0] == "prices")
    return f"{path}:{line}: {key}: {said}"


def _unknown(key: str, in_prices: bool) -> str:
    if _SECRET.search(key):
        return "no secret belongs in this file: set OPENAI_API_KEY in the environment"
    names = list((OwnPrice if in_prices else UserSettings).model_fields)
    near = difflib.get_close_matches(key.replace("-", "_"), names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    return f"is no setting; {hint}"

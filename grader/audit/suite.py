"""The attacks and the honest controls, as data: ``suite/*.toml``."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.errors import BadInput
from grader.plain import one_line
from grader.toml_file import loads

FOLDER = Path(__file__).with_name("suite")

Expect = Literal["no-credit", "no-gain", "no-loss"]
Place = Literal["whole", "append", "prepend", "around"]


class Attack(BaseModel):
    """One text that a hostile, or an honest, candidate might write.

    Attributes:
        expect: ``no-credit``: alone, it earns nothing. ``no-gain``: added to an answer, it raises
            nothing. ``no-loss``: an honest addition, which costs nothing.
        place: where it goes beside an answer; ``whole`` stands alone.
        text: ``$name`` stands for something of the rubric, see :func:`grader.audit.cases.fill`.
        source: where the kind was published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: str = Field(pattern=r"^[a-z-]+$")
    language: Literal["en", "zh", "any"] = "any"
    expect: Expect
    place: Place
    text: str
    source: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["attacks/1"] = Field(alias="schema")
    attacks: tuple[Attack, ...]


@cache
def load() -> tuple[Attack, ...]:
    """The shipped suite, in the order of its files."""
    return tuple(attack for path in sorted(FOLDER.glob("*.toml")) for attack in read(path))


def read(path: Path) -> tuple[Attack, ...]:
    """The attacks in one file.

    Raises:
        BadInput: it cannot be read, or is not of the format.
    """
    try:
        content = loads(path.read_text(encoding="utf-8"))
        return _File.model_validate(content).attacks
    except (OSError, ValueError) as error:  # ValidationError and TOMLDecodeError are ValueErrors
        raise BadInput(f"{path}: not a suite of attacks: {one_line(str(error), 200)}") from None

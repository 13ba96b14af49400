"""What the weights are, read from weights.toml: the one place that says so."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    """A place that the weights can come from: the model hub or the package index."""

    kind: str
    name: str
    repository: str = ""
    parts: str = ""


@dataclass(frozen=True)
class Weights:
    """The fact sheet of one weights file; *size* in bytes, *sha256* in lower-case hexadecimal."""

    name: str
    title: str
    file: str
    size: int
    sha256: str
    licence: str
    publisher: str
    special_tokens: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Adapter:
    """The fact sheet of the adapter that makes the weights the trained judge."""

    file: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies: inside the package."""
        return _FOLDER / self.file


@functools.cache
def adapter() -> Adapter:
    """The adapter that ships with the package."""
    return Adapter(**tomllib.loads((_FOLDER / "adapter.toml").read_text(encoding="utf-8")))


@functools.cache
def weights() -> Weights:
    """The weights that the embedded judge runs on."""
    table = tomllib.loads((_FOLDER / "weights.toml").read_text(encoding="utf-8"))
    table["special_tokens"] = tuple(table["special_tokens"])
    table["sources"] = tuple(Source(**source) for source in table["sources"])
    return Weights(**table)


def parts_file(source: Source) -> Path:
    """The hash-pinned list, in pip's requirements format, of the wheels that *source* offers."""
    return _FOLDER / source.parts

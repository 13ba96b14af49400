"""What the weights are, where they are kept, and which files were already checked.

What they are is read from weights.toml, the one place that says so. Hashing a gigabyte takes
seconds, so the digest that was found is remembered together with the file's size and time of
change, and taken again only when one of the two has changed.
"""

import contextlib
import functools
import hashlib
import json
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grader.util.files import new_bytes

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class WeightsSource:
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
    sources: tuple[WeightsSource, ...]


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
    """Returns the adapter that ships with the package."""
    return Adapter(**tomllib.loads((_FOLDER / "adapter.toml").read_text(encoding="utf-8")))


@functools.cache
def weights() -> Weights:
    """Returns the weights that the embedded judge runs on."""
    table = tomllib.loads((_FOLDER / "weights.toml").read_text(encoding="utf-8"))
    table["special_tokens"] = tuple(table["special_tokens"])
    table["sources"] = tuple(WeightsSource(**source) for source in table["sources"])
    return Weights(**table)


def parts_file(source: WeightsSource) -> Path:
    """Returns the hash-pinned list, in pip's format, of the wheels that *source* offers."""
    return _FOLDER / source.parts


def cache_path() -> Path:
    """Returns the folder of downloads: ``$XDG_CACHE_HOME/answer-grader``, or the platform's."""
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        return Path(chosen) / "answer-grader"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local or Path.home() / "AppData/Local") / "answer-grader" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/answer-grader"
    return Path.home() / ".cache/answer-grader"


def weights_path(want: Weights) -> Path:
    """Returns where the weights lie once they were brought here."""
    return cache_path() / want.file


def digest(path: Path) -> str:
    """Returns the SHA-256 of a file's content, in hexadecimal; remembered. Raises OSError."""
    known = _state(path)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(_marker(path).read_text(encoding="utf-8"))
        if {key: found[key] for key in known} == known:
            return str(found["sha256"])
    sha256 = hash_file(path)
    remember(path, sha256)
    return sha256


def remember(path: Path, sha256: str) -> None:
    """Note that *path*, as it is now, has this digest."""
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        write(_marker(path), json.dumps(_state(path) | {"sha256": sha256}))


def hash_file(path: Path) -> str:
    """Returns the SHA-256 of a file's content, in hexadecimal, read anew. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified(path: Path, want: Weights) -> bool:
    """Returns whether *path* holds the wanted weights, byte for byte."""
    try:
        # The size first, which costs nothing
        return path.stat().st_size == want.size and digest(path) == want.sha256
    except OSError:
        return False


def write(path: Path, text: str) -> None:
    """Put *text* into *path* in one step: after a cut there is the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with new_bytes(path) as file:
        file.write(text.encode())


def _state(path: Path) -> dict[str, str | int]:
    state = path.stat()
    return {
        "path": str(path.resolve()),
        "size": state.st_size,
        "inode": state.st_ino,
        "changed_ns": state.st_mtime_ns,
    }


def _marker(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    return cache_path() / "verified" / f"{name[:16]}.json"

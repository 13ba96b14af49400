"""Files that appear whole or not at all, and where the shipped data lies."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from grader.errors import BadInput


@contextmanager
def new_file(path: Path, encoding: str = "utf-8", newline: str | None = "\n") -> Iterator[TextIO]:
    """Opens a text file that takes *path*'s place when the block ends well, else leaves it.

    It is written as :func:`new_bytes` writes.

    Raises:
        BadInput: the folder cannot be written to.
    """
    try:
        handle, new = _made_beside(path)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
    with _placed(handle, new, path) as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline=newline)
        yield text
        # Flushed, but left open: a closed file could not be put on the disk any more
        text.detach()


@contextmanager
def new_bytes(path: Path) -> Iterator[BinaryIO]:
    """Opens a file that takes *path*'s place when the block ends well, else leaves it as it was.

    It is written beside *path*, with its mode, and put on the disk before it is renamed, so that
    neither a crash nor a full disk leaves half a file.

    Raises:
        OSError: it cannot be written.
    """
    with _placed(*_made_beside(path), path) as file:
        yield file


def _made_beside(path: Path) -> tuple[int, Path]:
    # In the same folder, for a rename is one step only within a file system
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    return handle, Path(name)


@contextmanager
def _placed(handle: int, new: Path, path: Path) -> Iterator[BinaryIO]:
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes a file that its owner alone may read
        new.chmod(_mode(path))
        new.replace(path)
    # Ctrl-C leaves nothing behind either
    except BaseException:
        new.unlink(missing_ok=True)
        raise


class Held(OSError):
    """Another process holds the lock of a file."""


def lock(file: BinaryIO, what: str, *, wait: bool = False) -> None:
    """Locks an open file until it is closed, where the system can.

    Args:
        what: says what another process that holds it does.
        wait: waits until nobody else holds it.

    Raises:
        Held: another process holds it, and it is not waited for.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Held(what) from None


def _mode(path: Path) -> int:
    """The mode that *path* has, or that a new file would have."""
    if path.exists():
        return path.stat().st_mode & 0o777
    # The mask can be read only by setting it
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def owner_only(name: str, flags: int) -> int:
    """Opens for :func:`open`: a new file can be read and written by its owner alone."""
    return os.open(name, flags, 0o600)


_PACKAGE = Path(__file__).parents[1]


def data_folder(name: str) -> Path:
    """Returns the folder of shipped data called *name* (``rubrics`` or ``prompts``)."""
    # A wheel carries the data inside the package, an editable install finds it beside
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name

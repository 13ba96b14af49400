"""The publisher's own repository on the model hub."""

import importlib.util
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from grader.local.origin import OriginError, Tell

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

"""Shards on the disk: requests written as OpenAI Batch JSONL, replies read from whatever came.

The format is that of https://platform.openai.com/docs/api-reference/batch, which ``vllm
run-batch`` and other providers share.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from grader.errors import BadInput, OutFailed
from grader.llm.request import Reply, Request
from grader.session.elsewhere.reply_line import parse
from grader.session.elsewhere.shards import Shard, Shards, line
from grader.util.files import lock

# OpenAI's limits of a batch
MOST_LINES = 50_000
MOST_BYTES = 200_000_000
_AT_ONCE = 500


@dataclass
class _Unfinished:
    """A shard that is being written.

    Attributes:
        unnoted: requests in it that the ledger does not know of yet.
    """

    shard: Shard
    file: BinaryIO
    lines: int = 0
    size: int = 0
    unnoted: list[Request] = field(default_factory=list)


class ShardWriter:
    """Writes requests into shards of a folder, each in the ledger before its shard is.

    Every model has shards of its own: a provider's batch is for one model.

    Attributes:
        requests: how many were written.
        made: the shards that they went into.
    """

    def __init__(
        self,
        shards: Shards,
        folder: Path,
        most_lines: int = MOST_LINES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Gets the folder ready; shards that a crash left unfinished there are forgotten.

        Raises:
            OutFailed: it cannot be written, or another run is writing it.
        """
        self.requests = 0
        self.made: list[Shard] = []
        self._shards, self._folder = shards, folder.absolute()
        self._most = (most_lines, most_bytes)
        self._unfinished: dict[tuple[str, str], _Unfinished] = {}
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _locked(self._folder)
        except OSError as error:
            raise self._failed(error) from error
        self._forget_unfinished()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._unfinished.values():
            each.file.close()
        self._lock.close()

    def _forget_unfinished(self) -> None:
        for shard in self._shards.list("writing", folder=self._folder):
            _beside(shard.path).unlink(missing_ok=True)
            shard.path.unlink(missing_ok=True)
            self._shards.drop(shard)

    def add(self, request: Request) -> int:
        """Writes one request; gives its shard.

        Raises:
            OutFailed: the disk does not take it.
        """
        text, place = line(request), (request.endpoint, request.model)
        current = self._unfinished.get(place)
        if current and (current.lines >= self._most[0] or current.size + len(text) > self._most[1]):
            self._finish(place)
        try:
            current = self._unfinished.get(place) or self._begin(place)
            current.file.write(text)
        except OSError as error:
            raise self._failed(error) from error
        current.lines, current.size = current.lines + 1, current.size + len(text)
        current.unnoted.append(request)
        if len(current.unnoted) >= _AT_ONCE:
            self._note(current)
        self.requests += 1
        return current.shard.id

    def finish(self) -> None:
        """Completes the shards that are being written: each appears whole, under its own name.

        Raises:
            OutFailed: the disk does not take it.
        """
        for place in list(self._unfinished):
            self._finish(place)

    def _begin(self, place: tuple[str, str]) -> _Unfinished:
        shard = self._shards.make(self._folder, *place)
        self._unfinished[place] = _Unfinished(shard, _beside(shard.path).open("wb"))
        return self._unfinished[place]

    def _finish(self, place: tuple[str, str]) -> None:
        ready = self._unfinished[place]
        # Before it has its name: what a shard asks is never unknown to the ledger
        self._note(ready)
        try:
            ready.file.flush()
            os.fsync(ready.file.fileno())
            ready.file.close()
            _beside(ready.shard.path).replace(ready.shard.path)
        except OSError as error:
            raise self._failed(error) from error
        self.made.append(self._shards.update(ready.shard, "written", lines=ready.lines))
        del self._unfinished[place]

    def _note(self, unfinished: _Unfinished) -> None:
        self._shards.hold(unfinished.shard, unfinished.unnoted)
        unfinished.unnoted.clear()

    def _failed(self, error: OSError) -> OutFailed:
        return OutFailed(f"--shards {self._folder}: {error.strerror or error}")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _locked(folder: Path) -> BinaryIO:
    """Keeps a second run from writing shards there, where the system can."""
    file = (folder / ".lock").open("ab")
    try:
        lock(file, "another run is writing shards there")
    except OSError:
        file.close()
        raise
    return file


@dataclass
class Read:
    """What files of replies held.

    Attributes:
        new: replies and failures that were not known yet.
        known: those that were.
        strange: lines that answer no request of this ledger.
        broken: places of lines that cannot be read, the first of them.
    """

    new: int = 0
    known: int = 0
    strange: int = 0
    broken: list[str] = field(default_factory=list)
    broken_lines: int = 0

    def add_broken(self, place: str) -> None:
        """Counts a line that cannot be read."""
        self.broken_lines += 1
        if len(self.broken) < 5:
            self.broken.append(place)


def read_folder(shards: Shards, folder: Path) -> Read:
    """Brings every file of replies in *folder* into the ledger.

    Those are all that end in ``.jsonl`` and are no shard. Shards whose every request is settled
    are closed.

    Raises:
        BadInput: a file cannot be read.
    """
    found, folder = Read(), folder.absolute()
    for path in sorted(folder.glob("*.jsonl")):
        if not path.name.startswith(("requests-", ".")):
            read_replies(shards, path, found)
    for shard in shards.list("written", folder=folder):
        if not shards.waiting(shard):
            shards.update(shard, "collected")
    return found


def read_replies(shards: Shards, path: Path, found: Read) -> None:
    """Brings a file of replies into the ledger; memory does not grow with it.

    Lines may be in any order, stand twice, lack, or be cut off.

    Raises:
        BadInput: the file cannot be read.
    """
    some: list[tuple[str, Reply]] = []
    try:
        # An old file must not settle what waits for a newer shard
        written = path.stat().st_mtime
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if not raw.strip():
                    continue
                reply = parse(raw)
                if reply is None:
                    found.add_broken(f"{path}:{number}")
                    continue
                some.append(reply)
                if len(some) >= _AT_ONCE:
                    _keep(shards, some, written, found)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
    _keep(shards, some, written, found)


def _keep(shards: Shards, some: list[tuple[str, Reply]], written: float, found: Read) -> None:
    new, strange = shards.keep(some, written)
    found.new += new
    found.strange += strange
    found.known += len(some) - new - strange
    some.clear()

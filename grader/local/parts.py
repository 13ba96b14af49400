"""A file that grows part by part and survives a cut between any two bytes."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import IO, Self

from grader.local.cache import write
from grader.local.origin import Tell

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
            read = hashlib.sha256()
            while chunk := self._file.read(min(_CHUNK, length - self._file.tell())):
                read.update(chunk)
            if self._file.tell() == length and read.hexdigest() == sha256:
                self.parts, self.length, self._digest = parts, length, read

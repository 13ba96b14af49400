"""Collects what is wrong with a file, so that all of it is told at once."""

from pathlib import Path

from grader.errors import Faulty

MOST = 20
"""Faults that are told in full; the rest are counted."""


class Faults:
    """The faults of one file, each with its line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[str] = []
        self._count = 0

    def add(self, line: int, fault: str) -> None:
        """Notes *fault* on *line*."""
        self._count += 1
        if self._count <= MOST:
            self._found.append(f"{self.path}:{line}: {fault}")

    def complain(self) -> None:
        """Tells all faults, a line each.

        Raises:
            Faulty: there is at least one.
        """
        if self._count > MOST:
            self._found.append(f"{self.path}: and {self._count - MOST} more")
        if self._found:
            raise Faulty(*self._found)

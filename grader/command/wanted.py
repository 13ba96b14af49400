"""What ``grade batch`` was asked to do."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import session
from grader.choice import Options
from grader.command.via import Via
from grader.entry import Entry, Problem, Questions
from grader.results import Mode


@dataclass(frozen=True)
class Session:
    """Where the answers and the rubrics are."""

    paths: tuple[str, ...]
    folders: tuple[Path, ...]

    def read(self, questions: Questions) -> Iterator[Entry | Problem]:
        """The answers, and what cannot be graded. See :func:`grader.session.read`."""
        return session.read(self.paths, questions, sys.stdin.buffer)


@dataclass(frozen=True)
class Wanted:
    """What ``grade batch`` was asked to do."""

    session: Session
    said: Options
    weights: str | None
    out: Path | None
    mode: Mode
    concurrency: int | None
    votes: int
    max_cost: float | None
    dry_run: bool
    pass_mark: float | None
    reports: dict[str, Path | None]
    language: str
    via: Via | None = None

    @property
    def by_ray(self) -> bool:
        """Whether Ray reads the session itself, from wherever it lies."""
        return self.via is not None and self.via.kind == "ray"

"""``grade`` in a process of its own, forked from a warm one: no second is spent on imports.

What a cold start does (what it imports, what was installed) is seen with ``subprocess``; signals,
limits and several runs at once are the same here.
"""

import contextlib
import itertools
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["grader.cli.app", "grader.cli.batch_run", "openai", "httpx2"])
_numbers = itertools.count()


class GradeProcess:
    """A run of ``grade`` in the current folder, with the interface of ``Popen``.

    Args:
        environment: the whole of it; nothing is taken over from the caller's.
        folder: takes what the process prints.
        first: is called in the process before anything else; a function that can be pickled.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        first: Callable[[], None] | None = None,
    ) -> None:
        number = next(_numbers)
        self._printed = tuple(str(folder / f"printed-{number}.{name}") for name in ("out", "err"))
        given = ([*arguments], dict(environment), str(Path.cwd()), self._printed, first)
        self._process = _context.Process(target=_run, args=given)
        self._process.start()
        self._looking = threading.Lock()

    @property
    def returncode(self) -> int | None:
        """The exit code, or below zero the signal that ended it; none while it runs."""
        with self._looking:  # the code can be read once: of two threads one would get none
            return self._process.exitcode

    def poll(self) -> int | None:
        """Returns the same as ``returncode``."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, where the process still runs."""
        if self._process.pid is not None and self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def wait(self, seconds: float | None = None) -> int | None:
        """Waits for the end, but not longer than *seconds*; returns the exit code."""
        connection.wait([self._process.sentinel], seconds)
        return self.returncode

    def communicate(self) -> tuple[str, str]:
        """Waits for the end; returns what was printed to standard output and to errors."""
        self.wait()
        out, err = (
            Path(path).read_text("utf-8", "replace") if Path(path).exists() else ""
            for path in self._printed
        )
        return out, err


def _run(
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
    printed: tuple[str, ...],
    first: Callable[[], None] | None,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in enumerate(printed, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    if first is not None:
        first()
    from grader.cli.app import main

    sys.argv = ["grade", *arguments]
    main()


def limit_files(size: int) -> None:
    """No file that this process writes may grow over *size* bytes: a full disk, for one alone."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

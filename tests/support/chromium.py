"""A real Chromium without a window, for tests of pages; tests that need it are marked `browser`."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.places import ROOT

PROGRAM = next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="there is no chromium: apt-get install chromium"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="there is no playwright"),
]
"""Marks of a module whose tests drive a browser: ``pytestmark = NEEDED``."""
_PATIENCE = 60


def script(name: str) -> str:
    """The JavaScript in ``tests/support/scripts``, to be run in a page."""
    return (Path(__file__).with_name("scripts") / name).read_text(encoding="utf-8")


class WebProcess:
    """``grade web`` in a process of its own, until the block ends.

    Attributes:
        address: the one-time address that it printed.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        command = [sys.executable, "-m", "grader", "web", "--no-open", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()

    def end(self, signal: int) -> int:
        """Sends *signal* and returns the exit code."""
        self.process.send_signal(signal)
        try:
            return self.process.wait(_PATIENCE)
        finally:
            if self.process.stdout:
                self.process.stdout.close()


@contextmanager
def killed_at_end(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Ends *process* with the block, if it still runs."""
    try:
        yield process
    finally:
        process.kill()
        process.wait(_PATIENCE)


def chromium_on_its_own(folder: Path) -> tuple["subprocess.Popen[bytes]", str]:
    """A browser in a process that a test may kill, and the address to drive it by."""
    assert PROGRAM
    flags = [*FLAGS, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(
        [PROGRAM, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    told = folder / "DevToolsActivePort"
    until = time.monotonic() + _PATIENCE
    while not (told.exists() and "\n" in told.read_text()):
        assert time.monotonic() < until, "chromium does not start"
        time.sleep(0.05)
    return process, f"http://127.0.0.1:{told.read_text().splitlines()[0]}"

"""``grade`` at a terminal of its own, with somebody who types."""

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

_PATIENCE_S = 60.0
# The terminal becomes the process's own, so that Ctrl-C reaches it
_TAKE_TERMINAL = """
import fcntl, runpy, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("grader", run_name="__main__", alter_sys=True)
"""


class AtTerminal:
    """A run of ``grade`` whose input and output are a terminal. End it with :meth:`end`."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self.printed = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**environment, "COLUMNS": "80", "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def wait_for(self, pattern: str) -> None:
        """Reads until *pattern* was printed, after what was waited for before."""
        begin, until = len(self.printed), time.monotonic() + _PATIENCE_S
        while not re.search(pattern, self.printed[begin:]):
            assert time.monotonic() < until, self.printed
            assert self._read(), f"no {pattern!r} in: {self.printed}"

    def end(self) -> int:
        """Reads to the end and gives the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self.process.wait(_PATIENCE_S)

    def _read(self) -> bool:
        try:
            piece = os.read(self._ours, 65_536)
        except OSError:  # the other end is closed
            return False
        self.printed += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(piece)

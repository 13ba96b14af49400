"""Starts the model in a process of its own and gives its OpenAI-compatible address.

A process of its own, because loading takes up to half a minute on a cold disk and the engine holds
the interpreter's lock all the while: in this process, Ctrl-C, time limits and progress bars would
stand still, and an engine that runs out of memory would take the grades down with it.
"""

import contextlib
import functools
import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import unicodedata
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from grader.errors import ModelFailed
from grader.llm.embedded import weights_file

_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical(cpus: Path = _CPUS, quota: Path = _QUOTA) -> int:
    """Returns how many physical cores this process may use, at least 1.

    Two threads on one core slow the engine down. Linux tells which processors share a core
    (*cpus*) and how much of them a container may use (*quota*); elsewhere every processor counts.
    """
    return max(1, min(_unshared(cpus), _allowed(quota)))


def _unshared(cpus: Path) -> int:
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    files = [cpus / f"cpu{n}/topology/thread_siblings_list" for n in os.sched_getaffinity(0)]
    return len({file.read_text() if file.exists() else file for file in files})


def _allowed(quota: Path) -> int:
    try:
        limit, period = quota.read_text().split()
        return round(int(limit) / int(period))
    except (OSError, ValueError):  # no such limit here, or "max"
        return os.cpu_count() or 1


CONTEXT = 8192
"""Tokens of prompt and reply together. 28 KiB of memory each; about 30 KB of English or 11,000
Chinese characters of answer fit. A longer prompt is HTTP 400 ``exceed_context_size_error``."""

_CACHE_MIB = 256  # finished prompts kept aside, so that coming back to an answer is quick
_ERROR = re.compile(r"^[\d.]+ E (.+)$", re.MULTILINE)  # the engine's log: time, level, text
# By default idle threads spin for long, and beside another busy process generation crawls; where
# they sleep at once, half of the time of a token goes into waking them.
_WAITING = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "10000"}
_SCRIPT = Path(__file__).with_name("server.py")


@functools.cache
def _special_token_starts() -> re.Pattern[str]:
    tokens = "|".join(re.escape(token) for token in weights_file.weights().special_tokens)
    # The look-ahead consumes one character only: a token that begins inside another is found too.
    return re.compile(f"(?=(?:{tokens})).", re.DOTALL)


def escape(text: str) -> str:
    """Returns *text* so that the tokeniser finds no special token in it.

    The engine tokenises the whole prompt with special tokens allowed, so ``<|im_start|>`` inside
    an answer would open a real turn. One space after the first character of each breaks it. No
    special token holds a space, so breaking one never makes another. Other text is unchanged.
    """
    return _special_token_starts().sub(lambda found: found[0] + " ", text)


def as_read(prompt: str) -> str:
    """Returns a prompt that this engine and every server cut into the same tokens.

    No special token is in it. Its characters are composed (NFC), as the tokenisers of some
    servers make them, and others do not.
    """
    return escape(unicodedata.normalize("NFC", prompt))


class Engine:
    """Serves the model on a free port of the loopback interface while the context is open.

    >>> with Engine(path) as engine:  # doctest: +SKIP
    ...     client = openai.OpenAI(base_url=engine.base_url, api_key=engine.api_key)

    Raises :class:`~grader.errors.ModelFailed` on entering when the engine is not installed, does
    not start, or is not ready within *timeout* seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        adapter: Path | None = None,
        name: str | None = None,
        context: int = CONTEXT,
        threads: int | None = None,
        timeout: float = 180,
    ) -> None:
        self.path = path
        self.adapter = adapter
        self.context = context
        self.threads = threads or physical()
        self.timeout = timeout
        # Without a key any page in a browser may ask the engine
        self.api_key = secrets.token_urlsafe(32)
        self.model = name or weights_file.weights().name
        self._address = ""
        self._log: IO[bytes]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT/v1``."""
        if not self._address:
            raise ModelFailed("the local model is not running: use Engine in a with statement")
        return f"{self._address}/v1"

    @property
    def pid(self) -> int | None:
        """The process that holds the model, for those who measure it."""
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        if importlib.util.find_spec("xllamacpp") is None:
            raise ModelFailed(
                "the local judge needs an extra: run `pip install 'answer-grader[local]'`, "
                "or name a model of an endpoint"
            )
        # A file, since nobody reads meanwhile: a pipe that is full would hold the engine up
        self._log = tempfile.TemporaryFile()
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the model's process. Safe to call twice."""
        self._address = ""
        if self._process:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):  # settings that nobody read
                    cast("IO[bytes]", pipe).close()
            self._process = None
        self._log.close()

    def _start(self) -> None:
        # -P: nothing that lies in the current folder is imported.
        command = [sys.executable, "-P", str(_SCRIPT)]
        self._process = subprocess.Popen(  # noqa: S603 - our own script, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=os.environ | _WAITING,
        )
        self._send(cast("IO[bytes]", self._process.stdin))
        reply = self._reply(cast("IO[bytes]", self._process.stdout))
        if not reply:
            raise ModelFailed(self._why(self._process.wait()))
        self._address = json.loads(reply)["address"]

    def _send(self, pipe: IO[bytes]) -> None:
        # The key goes through the pipe: arguments and environment are open to other users.
        settings = {
            "path": str(self.path),
            "adapter": str(self.adapter) if self.adapter else None,
            "name": self.model,
            "key": self.api_key,
            "context": self.context,
            "threads": self.threads,
            "cache_mib": _CACHE_MIB,
        }
        with contextlib.suppress(BrokenPipeError):  # it died at once: the log says of what
            pipe.write(json.dumps(settings).encode() + b"\n")
            pipe.flush()

    def _reply(self, pipe: IO[bytes]) -> bytes:
        lines: list[bytes] = []
        # In a thread: to read a line knows no time limit
        reader = threading.Thread(target=lambda: lines.append(pipe.readline()), daemon=True)
        reader.start()
        reader.join(self.timeout)
        if not lines:
            raise ModelFailed(
                f"the local model was not ready within {self.timeout:g} seconds: "
                "close other programs, or name a model of an endpoint"
            )
        return lines[0]

    def _why(self, code: int) -> str:
        self._log.seek(0)
        log = self._log.read().decode(errors="replace").strip()
        errors = _ERROR.findall(log) or log.splitlines()[-1:]
        why = errors[0] if errors else f"exit code {code}"
        return (
            f"the local model could not be started from {self.path}: {why} "
            "(it needs 1.8 GB of free memory; `grade model` checks its file)"
        )

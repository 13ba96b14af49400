"""The ways that a session takes to its model, and the usual one: live."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from grader.cli.batch_display import RunDisplay
from grader.cli.batch_wanted import BatchWanted
from grader.judge.choice import Bench, OpenJudge
from grader.record import Usage
from grader.session.entry import Entry, Problem, Questions
from grader.session.grader import live_run
from grader.session.keep import keep_in
from grader.session.requests import Asking
from grader.session.results import Results
from grader.text.catalogue import Catalogue


class Price(Protocol):
    """Prices what a judge used."""

    def __call__(self, usage: Usage, part: OpenJudge | None = None) -> float | None:
        """US dollars for *usage* of *part*, the first judge if None; None where nobody knows."""


@dataclass(frozen=True)
class RunParts:
    """What every way is made of.

    Attributes:
        results: where records go; None keeps none.
        watch: is told of everything.
        price: US dollars for a usage of one judge, the first if none is named.
        say: the words of a session.
    """

    wanted: BatchWanted
    bench: Bench
    questions: Questions
    asking: Asking
    results: Results | None
    watch: RunDisplay
    price: Price
    say: Catalogue


class Way(Protocol):
    """One run over a session."""

    @property
    def stopped(self) -> BaseException | None:
        """Why the run ended before the session did, or None."""

    @property
    def paid(self) -> int:
        """Replies that were paid for now."""

    @property
    def waiting(self) -> int:
        """Answers that wait for replies from elsewhere."""

    @property
    def unfinished(self) -> bool:
        """Whether answers wait that this run was to grade."""

    async def run(self, entries: Iterator[Entry | Problem]) -> None:
        """Grades the answers, until they end or somebody interrupts."""

    def end(self) -> None:
        """Says what waits, and what can be done about it."""


class Live:
    """Every request goes to the model at once, and its reply is waited for."""

    waiting = 0
    unfinished = False

    def __init__(self, parts: RunParts) -> None:
        self._asking = parts.asking
        self._run = live_run(
            parts.bench,
            parts.asking,
            parts.questions,
            parts.results,
            parts.watch,
            keep_in(parts.results, parts.bench.ledger),
            parts.wanted.votes,
        )

    @property
    def stopped(self) -> BaseException | None:
        """Why the run ended before the session did, or None."""
        return self._run.stopped

    @property
    def paid(self) -> int:
        """Replies that were paid for now."""
        return self._asking.paid

    async def run(self, entries: Iterator[Entry | Problem]) -> None:
        """Grades the answers."""
        with stopping(self._run.stop):
            await self._run.run(entries)

    def end(self) -> None:
        """Nothing waits."""


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C, or a wish to terminate, calls *stop*; the next one ends the process."""
    loop = asyncio.get_running_loop()

    def stop_once() -> None:
        stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    # Windows has no such handlers: there the first Ctrl-C ends the process.
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop_once)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

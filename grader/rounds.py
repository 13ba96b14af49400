"""Grades a session in rounds: gather what lacks, have it answered elsewhere, go on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from grader.entry import Entry, Problem
from grader.errors import GraderError
from grader.gather import Gather
from grader.pace import Stopped


class Carrier(Protocol):
    """Takes shards to where they are answered, and brings replies back into the ledger."""

    async def bring(self) -> None:
        """Brings what has been answered meanwhile."""

    async def carry(self) -> bool:
        """Has the shards that are ready answered; whether the session can go on now."""

    def stop(self) -> None:
        """Waits for nothing more; what is under way stays under way."""


@dataclass
class Rounds:
    """One run over a session.

    Attributes:
        read: reads the session once more.
        stopped: why the run ended early, or None.
    """

    gather: Gather
    carrier: Carrier
    read: Callable[[], Iterator[Entry | Problem]]
    stopped: BaseException | None = field(default=None, init=False)

    async def run(self, found: Iterator[Entry | Problem]) -> None:
        """Goes on until every answer is graded, or nothing more comes now."""
        try:
            await self.carrier.bring()
            await self.gather.run(found)
            while self.gather.waiting and not self.gather.stopped and await self.carrier.carry():
                await self.gather.run(self.read())
        except (GraderError, Stopped) as error:
            self.stopped = error
        self.stopped = self.stopped or self.gather.stopped

    def stop(self) -> None:
        """Ends the run; whatever is under way elsewhere goes on there."""
        self.gather.stop()
        self.carrier.stop()


@dataclass
class Files:
    """Shards that the user has answered: replies are read from the folder that they are in."""

    read: Callable[[], object]

    async def bring(self) -> None:
        """Reads every file of replies."""
        self.read()

    async def carry(self) -> bool:
        """Nothing comes before somebody has run the shards."""
        return False

    def stop(self) -> None:
        """Nothing is waited for."""

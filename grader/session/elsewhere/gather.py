"""Grades a session in rounds from the ledger alone.

What lacks a reply is gathered and answered elsewhere; then the next round goes on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from grader.errors import GraderError
from grader.judge.choice import OpenJudge
from grader.ledger.ledger import Ledger
from grader.record import JudgeInfo, Usage
from grader.session.elsewhere.replies import JudgesInShards, ShardReplies
from grader.session.entry import Entry, Problem, Questions
from grader.session.keep import KeptTogether
from grader.session.pace import Stopped
from grader.session.results import Results
from grader.session.run import SessionRun, Watch


@dataclass
class Gather:
    """Goes through a session, as often as there are rounds.

    A record goes out once nothing of it waits for a reply.

    Attributes:
        opened: makes the judge.
        votes: samples of a reply at most.
        results: where records go; they are not judged again.
        price: US dollars for what a judge used.
    """

    questions: Questions
    opened: OpenJudge
    votes: int
    ledger: Ledger
    replies: ShardReplies
    results: Results | None
    watch: Watch
    price: Callable[[Usage, JudgeInfo], float | None]

    def __post_init__(self) -> None:
        judges = JudgesInShards(self.opened, self.replies, self.ledger, self.votes)
        self._kept = KeptTogether(self.results, self.ledger)
        # One answer after another, so that its requests stand together in a shard.
        self._run = SessionRun(
            self.questions.find,
            judges.of,
            self.results,
            self.watch,
            self._kept.keep,
            price=self.price,
        )

    @property
    def waiting(self) -> int:
        """Answers that lacked a reply when the session was last gone through."""
        return self._run.waiting

    @property
    def stopped(self) -> BaseException | None:
        """Why the run ended early, or None."""
        return self._run.stopped

    async def run(self, entries: Iterator[Entry | Problem]) -> None:
        """Grades what can be graded and writes the requests that lack into shards.

        Raises:
            OutFailed: records or shards cannot be written.
            LedgerFailed: the ledger cannot be written.
        """
        await self._run.run(entries)
        if isinstance(self.stopped, GraderError):
            raise self.stopped
        await self._kept.finish()
        self.replies.writer.finish()
        if not self.waiting and not self.stopped:
            shards = self.replies.shards
            # Not before every record is kept: until then replies count as paid for now
            for shard in shards.list("collected"):
                shards.update(shard, "used")

    def stop(self) -> None:
        """Ends the run after the answer under way."""
        self._run.stop()


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

    async def run(self, entries: Iterator[Entry | Problem]) -> None:
        """Goes on until every answer is graded, or nothing more comes now."""
        try:
            await self.carrier.bring()
            await self.gather.run(entries)
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

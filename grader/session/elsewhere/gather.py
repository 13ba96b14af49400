"""Grades a session in rounds from the ledger alone.

What lacks a reply is gathered and answered elsewhere; then the next round goes on.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from grader import grading
from grader.answer import Answer
from grader.errors import BadInput, GraderError, LedgerFailed
from grader.grading import Attempt
from grader.judge.base import Judge, Judgement
from grader.ledger.ledger import Ledger
from grader.llm.price import guess
from grader.llm.request import Ask, Model, Reply, Request
from grader.record import Cause, Grade, JudgeInfo, Usage
from grader.rubric.format import Rubric
from grader.session.budget import Budget
from grader.session.elsewhere.files import ShardWriter
from grader.session.elsewhere.shards import Shards
from grader.session.entry import Entry, Problem, Questions
from grader.session.pace import Stopped
from grader.session.results import Results
from grader.session.run import Interrupted, Watch
from grader.util.digest_set import Seen

_WRITES_AT_ONCE = 250


class _Unknown(Exception):
    """What is asked hangs on a reply that is not there yet."""


@dataclass(frozen=True)
class _Waiting:
    """A judge whose judgement counts only if no reply lacked: there is nothing to add up else."""

    judged: Judge
    lacking: list[int]

    @property
    def info(self) -> JudgeInfo:
        return self.judged.info

    @property
    def prompt_digest(self) -> str:
        return self.judged.prompt_digest

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        judgement = await self.judged.judge(rubric, answer)
        if self.lacking:
            raise _Unknown
        return judgement


@dataclass
class Gather:
    """Goes through a session, as often as there are rounds.

    A record goes out once nothing of it waits for a reply. What is asked only because of a reply
    (an unusable item once more, evidence, a further vote) is gathered once that is there.

    Attributes:
        judge: makes the judge from a function that gives the replies of a sample.
        results: where records go; they are not judged again.
        again: write anew what came back without a reply from an earlier run's shards.
        price: US dollars for a usage.
        waiting: answers that lacked a reply when the session was last gone through.
        unanswered: requests that came back without a reply.
        usage: estimated, of the requests written.
        paid: replies from shards that went into a grade for the first time.
    """

    questions: Questions
    model: Model
    ledger: Ledger
    shards: Shards
    writer: ShardWriter
    judge: Callable[[Callable[[int], Ask]], Judge]
    results: Results | None
    watch: Watch
    budget: Budget
    price: Callable[[Usage], float | None]
    again: bool = False
    waiting: int = 0
    unanswered: int = 0
    paid: int = 0
    usage: Usage = field(default_factory=Usage)
    stopped: BaseException | None = None
    _round: int = 0
    _lacking: list[int] = field(default_factory=list)
    """The samples of the answer under way whose replies lack."""
    _done: Seen = field(default_factory=Seen)
    _used: Seen = field(default_factory=Seen)
    _written_now: Seen = field(default_factory=Seen)
    _writes: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self, found: Iterator[Entry | Problem]) -> None:
        """Grades what can be graded and writes the requests that lack into shards.

        Raises:
            OutFailed: records or shards cannot be written.
            LedgerFailed: the ledger cannot be written.
        """
        self.waiting = 0
        judge = _Waiting(self.judge(self._sample), self._lacking)
        for one in found:
            if self.stopped:
                break
            if isinstance(one, Entry):
                await self._grade(one, judge)
            elif not self._round:
                self.watch.problem(one)
            await asyncio.sleep(0)  # so that a wish to stop is heard
        await self._written(len(self._writes))
        self.writer.finish()
        self._round += 1
        if not self.waiting and not self.stopped:
            for shard in self.shards.list("collected"):
                self.shards.update(shard, "used")

    def stop(self) -> None:
        """Ends the run after the answer under way."""
        self.stopped = self.stopped or Interrupted()

    async def _grade(self, entry: Entry, judge: Judge) -> None:
        name = hashlib.blake2b(entry.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if name in self._done:
            return
        rubric = self.questions.find(entry.question)
        try:
            attempt = entry.attempt()
        except BadInput as error:
            self._done.add(name)
            message = str(error).removeprefix(f"{entry.place}: ")
            self.watch.problem(Problem(entry.place, message))
            return
        digest, prompt = attempt.answer.digest, judge.prompt_digest
        if self.results and self.results.has(rubric.id, entry.id, digest, rubric.digest, prompt):
            self._done.add(name)
            self.watch.skipped()
            return
        grade = await self._judged(rubric, attempt, judge)
        if grade is None:
            self.waiting += 1
            return
        self._done.add(name)
        await self._out(grade)

    async def _judged(self, rubric: Rubric, attempt: Attempt, judge: Judge) -> Grade | None:
        """The record, or None where a reply lacks."""
        self._lacking.clear()
        try:
            return await grading.grade(rubric, attempt, judge)
        except _Unknown:
            return None

    async def _out(self, grade: Grade) -> None:
        if self.results is not None:
            self.results.append(grade)
        self.watch.graded(grade)
        # A commit takes milliseconds, however many grades are in it.
        self._writes.append(asyncio.ensure_future(self.ledger.add_grade(grade)))
        if len(self._writes) >= 2 * _WRITES_AT_ONCE:  # the first of them have long been written
            await self._written(_WRITES_AT_ONCE)

    async def _written(self, most: int) -> None:
        writes, self._writes = self._writes[:most], self._writes[most:]
        for ended in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(ended, LedgerFailed):
                raise ended

    def _sample(self, number: int) -> Ask:
        async def ask(body: dict[str, Any]) -> Reply:
            if self._lacking and number > self._lacking[0]:
                raise _Unknown
            return self._find(Request(self.model.endpoint, self.model.name, body, number))

        return ask

    def _find(self, request: Request) -> Reply:
        found = self.shards.find(request)
        own = {shard.id for shard in self.writer.made}
        failed = found.reply is not None and found.reply.cause is not None
        if found.reply is not None and not (failed and self.again and found.shard not in own):
            return self._use(request, found.reply, found.new)
        self._lacking.append(request.sample)
        # The ledger knows those of the shard that is being written only in part.
        if not found.open and self._written_now.add(bytes.fromhex(request.key)):
            self.writer.add(request)
            used = guess(request.body)
            self.usage += used.model_copy(update={"cost_usd": 0.0})
        return Reply(cause=Cause.TIMEOUT)

    def _use(self, request: Request, reply: Reply, new: bool) -> Reply:
        first = self._used.add(bytes.fromhex(request.key))
        if reply.cause is not None:
            self.unanswered += first
            return reply
        if not new or not first:
            return replace(reply, from_ledger=True)
        self.paid += 1
        self.budget.settle(0.0, request, reply)
        return reply


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

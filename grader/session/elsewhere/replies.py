"""What a judge asks through where replies come in shards: what lacks is noted, and written."""

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from grader.answer import Answer
from grader.judge.base import Judge, Judgement
from grader.judge.choice import OpenJudge
from grader.judge.several import combine
from grader.ledger.ledger import Ledger
from grader.llm.price import guess
from grader.llm.request import Ask, Model, Reply, Request
from grader.record import Cause, JudgeInfo, Usage
from grader.rubric.format import Rubric
from grader.session.budget import Budget
from grader.session.elsewhere.files import ShardWriter
from grader.session.elsewhere.keeper import KeptReplies, LedgerKeeper
from grader.session.elsewhere.shards import Shards
from grader.session.entry import Entry
from grader.session.run import Lacking
from grader.util.digest_set import Seen


@dataclass
class ShardReplies:
    """Replies that are in the ledger; requests that lack one go into shards, each once.

    Attributes:
        again: write anew what came back without a reply from an earlier run's shards.
        unanswered: requests that came back without a reply.
        usage: estimated, of the requests written, by endpoint and model.
        paid: replies from shards that went into a grade for the first time.
    """

    shards: Shards
    writer: ShardWriter
    budget: Budget
    again: bool = False
    unanswered: int = 0
    paid: int = 0
    usage: dict[tuple[str, str], Usage] = field(default_factory=dict)
    _used: Seen = field(default_factory=Seen)
    _written_now: Seen = field(default_factory=Seen)

    def find(self, request: Request) -> Reply | None:
        """Returns the reply, or None where it lacks: then the request waits in a shard.

        Raises:
            OutFailed: the shard cannot be written.
        """
        known = self.shards.find(request)
        own = {shard.id for shard in self.writer.made}
        failed = known.reply is not None and known.reply.cause is not None
        if known.reply is not None and not (failed and self.again and known.shard not in own):
            return self._use(request, known.reply, known.new)
        # The ledger knows those of the shard that is being written only in part.
        if not known.open and self._written_now.add(bytes.fromhex(request.key)):
            self.writer.add(request)
            self._estimate(request)
        return None

    def _estimate(self, request: Request) -> None:
        place = (request.endpoint, request.model)
        used = guess(request.body).model_copy(update={"cost_usd": 0.0})
        self.usage[place] = self.usage.get(place, Usage()) + used

    def _use(self, request: Request, reply: Reply, new: bool) -> Reply:
        first = self._used.add(bytes.fromhex(request.key))
        if reply.cause is not None:
            self.unanswered += first
            return reply
        # A reply that serves several answers was paid for by the first
        if not new or not first:
            return replace(reply, from_ledger=True)
        self.paid += 1
        self.budget.settle(0.0, request, reply)
        return reply


@dataclass(frozen=True)
class NotedReplies:
    """What a model's judge of one answer asks through.

    What is asked only because of a reply (an unusable item once more, evidence, a further vote)
    is asked once that is there.

    Attributes:
        lacking: the samples whose replies lack, in the order of the asking.
    """

    shards: ShardReplies
    model: Model
    lacking: list[int] = field(default_factory=list)

    def sample(self, number: int) -> Ask:
        """Returns what gives reply *number* to a body, 0 the first."""
        return partial(self._reply, number)

    async def _reply(self, number: int, body: dict[str, Any]) -> Reply:
        # Whether a later sample is wanted hangs on the one that lacks
        if self.lacking and number > self.lacking[0]:
            raise Lacking
        reply = self.shards.find(Request(self.model.endpoint, self.model.name, body, number))
        if reply is None:
            self.lacking.append(number)
            # Any cause will do: what is judged without a reply is thrown away
            return Reply(cause=Cause.TIMEOUT)
        return reply


@dataclass(frozen=True)
class CompleteJudge:
    """A judge whose judgement counts only if no reply lacked: there is nothing to add up else."""

    judged: Judge
    replies: NotedReplies

    @property
    def info(self) -> JudgeInfo:
        """Who judges and how it is asked."""
        return self.judged.info

    @property
    def prompt_digest(self) -> str:
        """Digest of the words it is asked with."""
        return self.judged.prompt_digest

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """Judges the answer.

        Raises:
            Lacking: a reply is not there yet.
        """
        judgement = await self.judged.judge(rubric, answer)
        if self.replies.lacking:
            raise Lacking
        return judgement


@dataclass
class JudgesInShards:
    """Makes the judges of answers: models of endpoints are asked in shards, the embedded one here.

    Of several judges each waits for its own replies, so that the second of a cascade is asked
    about what the first, once all its replies are there, leaves open.
    """

    opened: OpenJudge
    shards: ShardReplies
    ledger: Ledger
    votes: int = 1

    def __post_init__(self) -> None:
        self._keeper = LedgerKeeper(self.ledger)
        self._gate = asyncio.Semaphore(self.opened.slots)

    def of(self, entry: Entry) -> Judge:
        """Returns the judge of one answer, over the replies that have come."""
        return combine([self._part(part, entry) for part in self.opened.parts], self.opened.options)

    def _part(self, part: OpenJudge, entry: Entry) -> Judge:
        if part.target.kind == "local":
            name = f"{entry.question}\0{entry.id}"
            here = KeptReplies(self._keeper, part.model, self._gate, name)
            return part.judge_alone(here, self.votes)
        replies = NotedReplies(self.shards, part.model)
        return CompleteJudge(part.judge_alone(replies, self.votes), replies)

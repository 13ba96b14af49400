"""One ledger for judges in other processes: a keeper asks it for them, and knows who paid."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self

from grader.ledger.ledger import Ledger
from grader.llm.request import Ask, Model, Reply, Request
from grader.util.digest_set import Seen


class Keeper(Protocol):
    """Keeps replies, here or in another process."""

    async def find(self, request: Request, answer: int) -> Reply | None:
        """Returns the reply to *request*, marked as paid for earlier unless *answer* paid."""

    async def keep(self, request: Request, reply: Reply, answer: int) -> None:
        """Keeps what came back; done when it is on the disk."""


class LedgerKeeper:
    """Has the ledger open for all."""

    def __init__(self, ledger: Path | Ledger) -> None:
        # A path, where the keeper lives in a process of its own
        self._ledger = Ledger(ledger) if isinstance(ledger, Path) else ledger
        self._paid = Seen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()

    async def find(self, request: Request, answer: int) -> Reply | None:
        """Returns the reply to *request*, marked as paid for earlier unless *answer* paid.

        An answer that is graded once more, because a node was lost, so gets the same record.
        """
        kept = self._ledger.find(request)
        if kept is None:
            return None
        return replace(kept, from_ledger=self._paid.get(bytes.fromhex(request.key)) != answer)

    async def keep(self, request: Request, reply: Reply, answer: int) -> None:
        """Keeps what came back; done when it is on the disk."""
        await self._ledger.keep(request, reply)
        if reply.cause is None:
            self._paid.add(bytes.fromhex(request.key), answer)


@dataclass(frozen=True)
class KeptReplies:
    """What one answer's judge asks through: the keeper's ledger, or the model here.

    Attributes:
        gate: lets so many requests of a process through at once.
        answer_id: whose judge it is.
    """

    keeper: Keeper
    model: Model
    gate: asyncio.Semaphore
    answer_id: str

    def sample(self, number: int) -> Ask:
        """Returns what gives reply *number* to a body, 0 the first."""
        return partial(self._reply, number)

    async def _reply(self, number: int, body: dict[str, Any]) -> Reply:
        request = Request(self.model.endpoint, self.model.name, body, number)
        async with self.gate:
            kept = await self.keeper.find(request, self._answer)
            if kept is not None:
                return kept
            reply = await self.model.send(request)
            await self.keeper.keep(request, reply, self._answer)
            return reply

    @property
    def _answer(self) -> int:
        digest = hashlib.sha256(self.answer_id.encode("utf-8", "surrogatepass")).digest()
        # As many bits as a set of digests keeps beside each
        return int.from_bytes(digest[:8], "big")

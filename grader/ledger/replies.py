"""Replies from the ledger, or else from the model: what was paid for once is never paid again."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from grader.ledger.ledger import Ledger
from grader.llm.request import Ask, Model, Reply, Request


@dataclass(frozen=True)
class LiveReplies:
    """Asks one request at a time, as they come.

    Attributes:
        fresh: ask anew, as a further sample, although the ledger holds a reply, and keep both.
    """

    ledger: Ledger
    model: Model
    fresh: bool = False

    def sample(self, number: int) -> Ask:
        """Returns what gives reply *number* to a body, 0 the first."""
        return partial(self._reply, number)

    def to(self, model: Model) -> "LiveReplies":
        """Returns the same, with *model* asked."""
        return replace(self, model=model)

    async def _reply(self, number: int, body: dict[str, Any]) -> Reply:
        return await self.get_or_ask(Request(self.model.endpoint, self.model.name, body, number))

    async def get_or_ask(self, request: Request) -> Reply:
        """Returns the reply from the ledger, or else from the model, kept before it is returned.

        Raises:
            ModelFailed: no request to this model can succeed.
            LedgerFailed: the ledger cannot be written.
        """
        if self.fresh:
            request = replace(request, sample=self.ledger.samples(request))
        kept = self.ledger.find(request)
        if kept is not None:
            return kept
        self.ledger.sent(request)
        reply = await self.model.send(request)
        await self.ledger.keep(request, reply)
        return reply

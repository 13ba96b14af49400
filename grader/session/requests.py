"""Asks for a whole session: shares replies, paces requests, keeps within the budget."""

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from grader.errors import LedgerFailed, ModelFailed
from grader.ledger.ledger import Ledger
from grader.llm.request import Ask, Model, Reply, Request
from grader.record import Cause
from grader.session.budget import Budget
from grader.session.pace import Pace, Stopped
from grader.util.digest_set import Seen

HOPELESS = 20
"""Requests in a row that came to nothing: an endpoint that is down, not one that stumbles."""
HEAD_START_S = 3.0
"""How long the first request with a prompt's beginning goes alone: a provider's prefix cache
holds the beginning once the reply to it begins, however long the reply then takes."""


@dataclass
class Asking:
    """Every request of a run passes here.

    Attributes:
        fresh: ask anew although the ledger holds a reply; within the run each once.
    """

    model: Model
    ledger: Ledger
    pace: Pace
    budget: Budget
    fresh: bool = False
    _paid: int = 0
    _failed_in_a_row: int = 0
    _flying: dict[str, asyncio.Future[Reply]] = field(default_factory=dict)
    _leads: dict[str, asyncio.Event] = field(default_factory=dict)
    _others: list["Asking"] = field(default_factory=list)
    _first_sample: Seen = field(default_factory=Seen)

    @property
    def paid(self) -> int:
        """Requests, to whichever model, that were answered now and had to be paid."""
        return self._paid + sum(each.paid for each in self._others)

    def to(self, model: Model) -> "Asking":
        """Returns the same run with *model* asked: one pace and one budget hold for all."""
        other = replace(self, model=model, _paid=0, _failed_in_a_row=0, _leads={}, _others=[])
        self._others.append(other)
        return other

    def sample(self, number: int) -> Ask:
        """Returns what gives reply *number* to a body, 0 the first."""
        return partial(self._ask, number)

    async def _ask(self, number: int, body: dict[str, Any]) -> Reply:
        """The reply, from the ledger, from the same request under way, or paid for.

        Raises:
            Stopped: the run is ending and this one was not sent.
        """
        request = self._request(body, number)
        flying = self._flying.get(request.key)
        if flying is not None:
            return replace(await asyncio.shield(flying), from_ledger=True)
        kept = self.ledger.find(request)
        if kept is not None:
            return kept
        flying = asyncio.get_running_loop().create_future()
        self._flying[request.key] = flying
        try:
            reply = await self._after_the_first(request)
        except BaseException as error:
            flying.set_exception(error if isinstance(error, Exception) else Stopped())
            flying.exception()  # nobody else may be waiting for it
            raise
        finally:
            del self._flying[request.key]
        flying.set_result(reply)
        return reply

    def _request(self, body: dict[str, Any], number: int) -> Request:
        request = Request(self.model.endpoint, self.model.name, body, number)
        if not self.fresh:
            return request
        digest = bytes.fromhex(request.content)
        first = self._first_sample.get(digest)
        if first is None:
            first = self.ledger.samples(request)
            self._first_sample.add(digest, first)
        return replace(request, sample=first + number)

    async def _after_the_first(self, request: Request) -> Reply:
        """Waits while another request with the same beginning has its head start."""
        beginning = request.beginning
        lead = self._leads.get(beginning)
        if lead is not None:
            if not lead.is_set():
                await _wait(lead)
            return await self._pay(request)
        lead = self._leads[beginning] = asyncio.Event()
        try:
            return await self._pay(request)
        finally:
            lead.set()

    async def _pay(self, request: Request) -> Reply:
        async with self.pace:
            # It may have waited long, and another process may have asked the same meanwhile.
            kept = self.ledger.find(request)
            if kept is not None:
                return kept
            if self.budget.most_usd is None:
                reply = await self._send(request)
                self.budget.settle(0.0, request, reply)
                return reply
            return await self._within_budget(request)

    async def _within_budget(self, request: Request) -> Reply:
        try:
            reserved = await self.budget.reserve(request)
        except Stopped as spent:
            self.pace.stop(spent)
            raise
        reply = None
        try:
            reply = await self._send(request)
        finally:
            self.budget.settle(reserved, request, reply)
        return reply

    async def _send(self, request: Request) -> Reply:
        self.ledger.sent(request)
        try:
            reply = await self.model.send(request)
        except (ModelFailed, Stopped) as error:
            self.pace.stop(error)
            await self._keep(request, Reply(cause=Cause.HTTP_ERROR))
            raise
        await self._keep(request, reply)
        self._paid += reply.cause is None
        self._stop_if_hopeless(reply)
        return reply

    def _stop_if_hopeless(self, reply: Reply) -> None:
        if reply.cause not in (Cause.HTTP_ERROR, Cause.TIMEOUT):
            self._failed_in_a_row = 0
            return
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= HOPELESS:
            self.pace.stop(
                ModelFailed(
                    f"{HOPELESS} requests in a row came to nothing, the last: {reply.detail};"
                    " the same command goes on from here"
                )
            )

    async def _keep(self, request: Request, reply: Reply) -> None:
        """A ledger that cannot be written ends the run, but what was paid for is still used."""
        try:
            await self.ledger.keep(request, reply)
        except LedgerFailed as error:
            self.pace.stop(error)


async def _wait(event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), HEAD_START_S)
    except TimeoutError:
        return

"""Keeps a run below a sum of money: what is under way counts as spent until it is known."""

import asyncio
from collections.abc import Callable

from grader.llm.price import guess
from grader.llm.request import Reply, Request, usage
from grader.record import Cause, Usage
from grader.session.pace import Stopped

_SAFETY = 1.25
"""A request may cost this much more, byte for byte, than the dearest so far."""
_ROUNDING = 1e-12


class Spent(Stopped):
    """The next request might pass the limit."""


class Budget:
    """Admits requests while they fit.

    Attributes:
        most_usd: never to be passed; None admits everything.
        spent_usd: what was paid so far, as far as prices are known.
        price: US dollars for a usage; None where nobody knows.
    """

    def __init__(
        self,
        most_usd: float | None,
        price: Callable[[Usage], float | None],
        price_of: Callable[[Usage, Request], float | None] | None = None,
    ) -> None:
        """Makes a budget; *price_of* is given where requests go to models of other prices."""
        self.most_usd = most_usd
        self.spent_usd = 0.0
        self.price = price
        self._price_of = price_of or (lambda used, _: price(used))
        self._reserved = 0.0
        self._dearest: float | None = None
        self._changed = asyncio.Event()

    async def reserve(self, request: Request) -> float:
        """Sets aside what *request* may cost, in US dollars.

        The first request goes alone: only its reply tells what requests cost, since nobody
        can know how long a model thinks. Where a request does not fit, those under way are
        waited for: they may turn out cheaper than feared.

        Raises:
            Spent: it does not fit, and nothing is under way.
        """
        if self.most_usd is None:
            return 0.0
        while True:
            cost = self._expected(request)
            room = self.most_usd - self.spent_usd - self._reserved
            alone = self._reserved == 0
            if cost <= room and (alone or self._dearest is not None):
                self._reserved += cost
                return cost
            if alone:
                raise Spent
            await self._changed.wait()

    def settle(self, reserved: float, request: Request, reply: Reply | None) -> None:
        """Replaces what was set aside by what it came to; None where nothing was replied."""
        cost = self._cost(request, reply)
        self.spent_usd += cost
        if self.most_usd is None:
            return
        self._reserved -= reserved
        if self._reserved < _ROUNDING:
            self._reserved = 0.0
        if cost:
            self._dearest = max(self._dearest or 0.0, cost / len(request.payload))
        self._changed.set()
        self._changed = asyncio.Event()

    def _cost(self, request: Request, reply: Reply | None) -> float:
        if reply is None or reply.cause not in (None, Cause.TIMEOUT):
            return 0.0
        # A request that timed out may have been paid for all the same.
        used = guess(request.body) if reply.cause else usage(reply)
        return self._price_of(used, request) or 0.0

    def _expected(self, request: Request) -> float:
        if self._dearest is None:
            return max(self._price_of(guess(request.body), request) or 0.0, 2 * _ROUNDING)
        return _SAFETY * self._dearest * len(request.payload)

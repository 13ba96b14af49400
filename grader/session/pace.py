"""How many requests go out at once: fewer when the endpoint refuses, more again when it copes.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), as TCP does it: each round
without a refusal adds one, a refusal halves, at most once in a while, since all that was under
way at that moment is refused together.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType

_BETWEEN_CUTS_S = 1.0
_CUT = 0.5


class Stopped(Exception):
    """Nothing more is sent: the run is ending."""


class Ending:
    """Whether a run is ending.

    Attributes:
        stopped: why nothing more is begun, or None.
    """

    def __init__(self) -> None:
        self.stopped: BaseException | None = None

    def stop(self, reason: BaseException) -> None:
        """Lets nothing more begin. What is under way goes on; the first reason stays."""
        self.stopped = self.stopped or reason


class Pace(Ending, AbstractAsyncContextManager[None]):
    """A gate that every request passes, as ``async with pace``; also a model's Throttle.

    Attributes:
        most: requests at once, never more.
        limit: requests at once just now, at least 1.
    """

    def __init__(
        self, most: int, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    ) -> None:
        super().__init__()
        self.most = most
        self.limit = float(most)
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._stopping = asyncio.Event()
        self._sleep = sleep
        self._next_cut = 0.0
        self._held_until = 0.0

    async def __aenter__(self) -> None:
        if self.stopped is None and not self._waiting and self._open():
            self._in_flight += 1
            return
        self._check()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn  # whoever wakes it has counted it in

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in_flight -= 1
        self._wake()

    def refused(self, wait_s: float) -> None:  # noqa: ARG002 - the model does the waiting
        """Halves the limit."""
        now = self._now()
        if now >= self._next_cut:
            self.limit = max(1.0, self.limit * _CUT)
            self._next_cut = now + _BETWEEN_CUTS_S

    def accepted(self) -> None:
        """Raises the limit by one for each round of accepted requests."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def remaining(self, wait_s: float) -> None:
        """Holds new requests back while the endpoint says that it takes none."""
        if wait_s > 0:
            self._held_until = max(self._held_until, self._now() + wait_s)
            asyncio.get_running_loop().call_later(wait_s, self._wake)

    async def sleep(self, seconds: float) -> None:
        """Waits between two attempts, holding its place.

        Raises:
            Stopped: the run is ending; there is no use in another attempt.
        """
        self._check()
        sleeping = asyncio.ensure_future(self._sleep(seconds))
        stopping = asyncio.ensure_future(self._stopping.wait())
        _, left = await asyncio.wait((sleeping, stopping), return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        self._check()

    def stop(self, reason: BaseException) -> None:
        """Lets nothing more out. What is under way goes on; the first reason stays."""
        super().stop(reason)
        self._stopping.set()
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(Stopped())

    def _check(self) -> None:
        if self.stopped is not None:
            raise Stopped

    def _open(self) -> bool:
        return self._in_flight < int(self.limit) and self._now() >= self._held_until

    def _wake(self) -> None:
        while self._waiting and self._open():
            turn = self._waiting.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

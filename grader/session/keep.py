"""Where grades go as they come: the results file, and the history in the ledger."""

import asyncio
from collections.abc import Awaitable, Callable

from grader.errors import LedgerFailed
from grader.ledger.ledger import Ledger
from grader.record import Grade
from grader.session.results import Results

Keep = Callable[[Grade], Awaitable[None]]
_WRITES_AT_ONCE = 250


def keep_in(results: Results | None, ledger: Ledger) -> Keep:
    """Returns what appends a grade to the results file, if there is one, and to the history.

    It raises OutFailed or LedgerFailed where the disk does not take the grade.
    """

    async def keep(grade: Grade) -> None:
        if results is not None:
            grade = results.append(grade)
        await ledger.add_grade(grade)

    return keep


class KeptTogether:
    """Keeps grades that come one after another, in far fewer commits than there are grades."""

    def __init__(self, results: Results | None, ledger: Ledger) -> None:
        self._results, self._ledger = results, ledger
        self._writes: list[asyncio.Task[None]] = []

    async def keep(self, grade: Grade) -> None:
        """Appends a grade to the results file; it is in the history some grades later.

        Raises:
            OutFailed: the results file does not take it.
            LedgerFailed: the ledger did not take an earlier one.
        """
        if self._results is not None:
            grade = self._results.append(grade)
        # A commit takes milliseconds, however many grades are in it.
        self._writes.append(asyncio.ensure_future(self._ledger.add_grade(grade)))
        if len(self._writes) >= 2 * _WRITES_AT_ONCE:  # the first of them have long been written
            await self._written(_WRITES_AT_ONCE)
        await asyncio.sleep(0)  # so that the write begins

    async def finish(self) -> None:
        """Waits until all are in the history.

        Raises:
            LedgerFailed: it does not take them.
        """
        await self._written(len(self._writes))

    async def _written(self, most: int) -> None:
        writes, self._writes = self._writes[:most], self._writes[most:]
        for ended in await asyncio.gather(*writes, return_exceptions=True):
            if isinstance(ended, LedgerFailed):
                raise ended

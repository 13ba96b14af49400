"""Grades a session: many answers at once, in a good order, each kept as it comes."""

import asyncio
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from grader import grading
from grader.errors import BadInput, GraderError, LedgerFailed
from grader.grading import Attempt
from grader.judge.base import Judge
from grader.record import Grade
from grader.rubric.format import Rubric
from grader.session.entry import Entry, Problem, Questions
from grader.session.pace import Stopped
from grader.session.requests import Asking
from grader.session.results import Results

WINDOW = 2000
"""Answers that are put in order together: more would hold more of the session in memory."""
_WINDOW_CHARS = 16_000_000


def by_question(
    found: Iterable[Entry | Problem], window: int = WINDOW
) -> Iterator[Entry | Problem]:
    """Answers to the same question one after another, so that the provider's prefix cache, which
    forgets within minutes, serves all but the first; problems come out at once.

    The first answers to each question stand before all others: while they are under way, the
    other questions' first ones can be too, and the rest then finds its prefix cached.
    """
    held: list[Entry] = []
    chars = 0
    for one in found:
        if isinstance(one, Problem):
            yield one
            continue
        held.append(one)
        chars += len(one.text)
        if len(held) >= window or chars >= _WINDOW_CHARS:
            yield from _ordered(held)
            held, chars = [], 0
    yield from _ordered(held)


def _ordered(entries: list[Entry]) -> Iterator[Entry]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.question, []).append(entry)
    for group in groups.values():
        yield group[0]
    for group in groups.values():
        yield from group[1:]


class Interrupted(Stopped):
    """Somebody wants the run to end."""


class Watch(Protocol):
    """Is told what happens."""

    def graded(self, grade: Grade) -> None:
        """An answer was judged now, by a model, the ledger or by code."""

    def skipped(self) -> None:
        """An answer was found in the results file."""

    def problem(self, problem: Problem) -> None:
        """Something of the session cannot be graded."""


@dataclass
class Batch:
    """One run over a session.

    Attributes:
        judge: judges every answer; asks through ``asking``.
        results: where records go as they come; None keeps none.
        watch: is told of everything.
        stopped: why the run ended before the session did, or None.
    """

    questions: Questions
    judge: Judge
    asking: Asking
    results: Results | None
    watch: Watch
    stopped: BaseException | None = field(default=None, init=False)

    async def run(self, found: Iterator[Entry | Problem]) -> None:
        """Grades the answers of *found*, which is read no further than needed.

        When nothing more can be sent (a model that refuses every request, a full disk, a spent
        budget, :meth:`stop`), what is under way is awaited and kept.

        Raises:
            Exception: a mistake in the program; what is under way is awaited first.
        """
        try:
            await asyncio.gather(*(self._work(found) for _ in range(self._workers)))
        finally:
            self.stopped = self.asking.pace.stopped
        if self.stopped and not isinstance(self.stopped, (GraderError, Stopped)):
            raise self.stopped

    def stop(self) -> None:
        """Sends nothing more; what is under way is awaited and kept."""
        self.asking.pace.stop(Interrupted())

    @property
    def _workers(self) -> int:
        """Answers under way at once."""
        most = self.asking.pace.most
        if self.judge.info.kind == "local":
            return 1  # its cache holds one answer
        calls = self.asking.model.slots if self.judge.info.ask == "per-point" else 1
        # A few more than can be asked about, for those that wait for the ledger's disk.
        return math.ceil(most / calls) + most // (4 * calls) + 1

    async def _work(self, found: Iterator[Entry | Problem]) -> None:
        pace = self.asking.pace
        while pace.stopped is None and (one := next(found, None)) is not None:
            try:
                if isinstance(one, Problem):
                    self.watch.problem(one)
                else:
                    await self._grade(one)
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - raised by run() when all have ended
                pace.stop(error)

    async def _grade(self, entry: Entry) -> None:
        rubric = self.questions.find(entry.question)
        try:
            attempt = entry.attempt()
        except BadInput as error:
            self.watch.problem(Problem(entry.place, str(error).removeprefix(f"{entry.place}: ")))
            return
        if self._is_done(attempt, rubric):
            self.watch.skipped()
            return
        grade = await grading.grade(rubric, attempt, self.judge)
        # A reply that came while the disk was full is in no ledger: its grade still goes out.
        try:
            if self.results is not None:
                self.results.append(grade)
        finally:
            self.watch.graded(grade)
        await self._remember(grade)

    def _is_done(self, attempt: Attempt, rubric: Rubric) -> bool:
        if self.results is None or self.asking.fresh:
            return False
        digest, prompt = attempt.answer.digest, self.judge.prompt_digest
        return self.results.has(rubric.id, attempt.id, digest, rubric.digest, prompt)

    async def _remember(self, grade: Grade) -> None:
        try:
            await self.asking.ledger.add_grade(grade)
        except LedgerFailed as error:
            self.asking.pace.stop(error)

"""Grades a session: many answers at once, each kept as it comes, stopping without a loss."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from grader import grading
from grader.asking import Asking
from grader.entry import Entry, Problem, Questions
from grader.errors import BadInput, GraderError, LedgerFailed
from grader.grading import Attempt
from grader.judge import Judge
from grader.pace import Stopped
from grader.record import Grade
from grader.results import Results
from grader.rubric import Rubric


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

"""Grades a session: many answers at once, in a good order, each kept as it comes."""

import asyncio
import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from grader import grading
from grader.errors import BadInput, GraderError
from grader.grading import Attempt
from grader.judge.base import Judge
from grader.record import Grade, JudgeInfo, Usage
from grader.rubric.format import Rubric
from grader.session.entry import Entry, Problem
from grader.session.keep import Keep
from grader.session.pace import Ending, Stopped
from grader.session.results import Kept, Results
from grader.util.digest_set import Seen

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

    def skipped(self, *, ungraded: bool) -> None:
        """An answer was found in the results file, perhaps with something *ungraded*."""

    def problem(self, problem: Problem) -> None:
        """Something of the session cannot be graded."""


class Lacking(Exception):
    """A judgement hangs on replies that are not there yet."""


@dataclass
class SessionRun:
    """The loop over a session's answers, gone through once or in rounds.

    Attributes:
        find: gives the rubric of a question.
        judge_of: gives the judge of an answer; it raises :class:`Lacking` where the answer is
            to be tried again in the next round.
        results: whose answers are not judged again; None leaves none out.
        watch: is told of everything, once over all rounds.
        keep: takes each grade.
        ending: ends the run before the session does.
        at_once: answers under way at once.
        price: US dollars for what a judge used, where it is not the live price that is paid.
        waiting: answers that lacked a reply when the session was last gone through.
    """

    find: Callable[[str], Rubric]
    judge_of: Callable[[Entry], Judge]
    results: Results | None
    watch: Watch
    keep: Keep | None = None
    ending: Ending = field(default_factory=Ending)
    at_once: int = 1
    price: Callable[[Usage, JudgeInfo], float | None] | None = None
    waiting: int = field(default=0, init=False)
    _round: int = field(default=0, init=False)
    _settled: Seen = field(default_factory=Seen, init=False)

    @property
    def stopped(self) -> BaseException | None:
        """Why the run ended before the session did, or None."""
        return self.ending.stopped

    def stop(self) -> None:
        """Begins nothing more; what is under way is awaited and kept."""
        self.ending.stop(Interrupted())

    async def run(self, entries: Iterator[Entry | Problem]) -> None:
        """Grades the answers of *entries*, which is read no further than needed.

        When nothing more can be done (a model that refuses every request, a full disk, a spent
        budget, :meth:`stop`), what is under way is awaited and kept.

        Raises:
            Exception: a mistake in the program; what is under way is awaited first.
        """
        self.waiting = 0
        await asyncio.gather(*(self._work(entries) for _ in range(self.at_once)))
        self._round += 1
        if self.stopped and not isinstance(self.stopped, (GraderError, Stopped)):
            raise self.stopped

    async def _work(self, entries: Iterator[Entry | Problem]) -> None:
        while self.stopped is None and (entry := next(entries, None)) is not None:
            try:
                await self._settle(entry)
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - raised by run() when all have ended
                self.ending.stop(error)
            await asyncio.sleep(0)  # so that a wish to stop is heard, whatever the answers need

    async def _settle(self, entry: Entry | Problem) -> None:
        if isinstance(entry, Problem):
            if not self._round:
                self.watch.problem(entry)
            return
        name = hashlib.blake2b(
            f"{entry.question}\0{entry.id}".encode("utf-8", "surrogatepass"), digest_size=8
        ).digest()
        if name in self._settled:
            return
        try:
            await self._grade(entry)
        except Lacking:
            self.waiting += 1
        else:
            self._settled.add(name)

    async def _grade(self, entry: Entry) -> None:
        rubric = self.find(entry.question)
        try:
            attempt = entry.attempt()
        except BadInput as error:
            self.watch.problem(Problem(entry.place, str(error).removeprefix(f"{entry.place}: ")))
            return
        judge = self.judge_of(entry)
        if kept := self._kept(attempt, rubric, judge.prompt_digest):
            self.watch.skipped(ungraded=kept == "ungraded")
            return
        grade = await grading.grade(rubric, attempt, judge, price=self.price)
        # A reply that came while the disk was full is in no ledger: its grade still goes out.
        try:
            if self.keep is not None:
                await self.keep(grade)
        finally:
            self.watch.graded(grade)

    def _kept(self, attempt: Attempt, rubric: Rubric, prompt: str) -> Kept | None:
        if self.results is None:
            return None
        answer = attempt.answer.digest
        return self.results.kept(rubric.id, attempt.id, answer, rubric.digest, prompt)


def answers_at_once(judge: JudgeInfo, slots: int, requests: int) -> int:
    """Returns how many answers are to be under way so that *requests* can be.

    Args:
        slots: requests under way at once for one answer, where each key point has its own.
    """
    if judge.parts:
        return max(answers_at_once(part, slots, requests) for part in judge.parts)
    if judge.kind == "local":
        return 1  # its cache holds one answer
    calls = 1 if judge.ask == "one-call" else slots
    # A few more than can be asked about, for those that wait for the ledger's disk.
    return math.ceil(requests / calls) + requests // (4 * calls) + 1

"""An open judge over the user's ledger, that grades one answer or a session.

The command line and the functions for Python grade through the same objects; the command line
adds what is shown while somebody waits.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from grader import grading
from grader.answer import Answer, from_text
from grader.grading import Attempt
from grader.judge.base import Heard, unheard
from grader.judge.choice import Bench, OpenJudge, bench
from grader.judge.options import JudgeOptions
from grader.ledger.decisions import with_earlier_decisions
from grader.ledger.ledger import Ledger, default_path
from grader.llm.embedded import weights as embedded
from grader.llm.endpoint import Endpoint
from grader.llm.price import cost
from grader.llm.request import Request
from grader.record import Grade, Usage
from grader.rubric.files import rubric_folders
from grader.rubric.format import Rubric
from grader.session.budget import Budget
from grader.session.entry import Entry, Problem, Questions
from grader.session.keep import Keep, keep_in
from grader.session.pace import Pace
from grader.session.requests import Asking
from grader.session.results import Results
from grader.session.run import Interrupted, SessionRun, Watch, answers_at_once, by_question

DEFAULT_CONCURRENCY = 16
"""Requests to an endpoint at once where nothing else is said."""

Graded = AsyncGenerator[Grade | Problem, None]
"""Grades as they are ready, and what cannot be graded."""

_T = TypeVar("_T")
_AHEAD = 64
"""Grades that wait for a caller of :func:`grade_batch` before the run waits for the caller."""


class Grader:
    """An open judge with its rubrics and the ledger. Made by :func:`open_grader`."""

    def __init__(self, bench: Bench, folders: Iterable[Path] = ()) -> None:
        self._bench = bench
        self._questions = Questions(tuple(folders))

    async def grade(
        self,
        answer: str | Answer,
        question: str | Rubric,
        *,
        id: str = "answer",  # noqa: A002 - the record's own word
        candidate: str | None = None,
        attempted_at: datetime | None = None,
        heard: Heard = unheard,
    ) -> Grade:
        """Returns the grade of one answer, which is kept in the history too.

        What people decided there on the same text and rubric counts for it.

        Args:
            answer: the text, at most 64 KiB, or what :mod:`grader.answer` read.
            question: the id of a rubric, or a rubric.
            id: names the answer in the record.
            attempted_at: when it was given; the same text at another time is another attempt.
            heard: is told each verdict as it comes.

        Raises:
            UnknownQuestion: no rubric has that id; the nearest ones are named.
            BadInput: the text is empty, binary or too long.
            ModelFailed: no request to the judge can succeed.
        """
        rubric = question if isinstance(question, Rubric) else self._questions.find(question)
        text = answer if isinstance(answer, Answer) else from_text(answer, id)
        attempt = Attempt(text, id, candidate, attempted_at)
        result = await grading.grade(rubric, attempt, self._bench.judge_heard(heard))
        result = with_earlier_decisions(self._bench.ledger, result)
        self._bench.ledger.keep_grade(result)
        return result

    async def grade_batch(
        self,
        answers: Iterable[Entry | Problem],
        *,
        results: str | Path | None = None,
        concurrency: int | None = None,
        votes: int = 1,
        max_cost: float | None = None,
    ) -> Graded:
        """Yields a grade for each answer as it is ready, and what cannot be graded.

        *answers* is read as it is needed. An answer that *results* holds is not graded again.

        Args:
            results: a JSONL file to which each record is added.
            concurrency: requests at once.
            votes: how often a verdict that is not settled is asked at most.
            max_cost: US dollars after which nothing more is sent.

        Raises:
            GraderError: the run ended early: no request can succeed, or a disk is full.
            Spent: *max_cost* is reached.
        """
        budget = session_budget(max_cost, self._bench)
        asking = paced_replies(self._bench, concurrency, budget)
        with ExitStack() as stack:
            file = None
            if results is not None:
                file = Results(Path(results), self._bench.judge_over(asking, votes).info)
                stack.callback(file.close)
            ready = _Ready(keep_in(file, self._bench.ledger))
            run = live_run(self._bench, asking, self._questions, file, ready, ready.keep, votes)
            task = asyncio.create_task(ready.until(run.run(by_question(answers))))
            try:
                async for each in ready:
                    yield each
                await task
            finally:
                run.stop()
                task.cancel()
        if run.stopped is not None and not isinstance(run.stopped, Interrupted):
            raise run.stopped


class _Ready:
    """What is ready, for whoever takes it; grading waits where nobody does."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._queue: asyncio.Queue[Grade | Problem | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_AHEAD)

    async def keep(self, grade: Grade) -> None:
        """Keeps the grade, then waits until there is room for it here."""
        try:
            await self._keep(grade)
        finally:
            await self._room.acquire()
            self._queue.put_nowait(grade)

    def problem(self, problem: Problem) -> None:
        """Something of the session cannot be graded."""
        self._queue.put_nowait(problem)

    def graded(self, grade: Grade) -> None:
        """An answer was judged now: it came by :meth:`keep`."""

    def skipped(self, *, ungraded: bool) -> None:
        """An answer was found in the results file."""

    async def until(self, work: Coroutine[object, object, None]) -> None:
        """Ends what is handed out once *work* has ended, however it ends."""
        try:
            await work
        finally:
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Grade | Problem]:
        while (each := await self._queue.get()) is not None:
            if isinstance(each, Grade):
                self._room.release()
            yield each


def paced_replies(bench: Bench, concurrency: int | None, budget: Budget) -> Asking:
    """Returns the replies of a session: at most *concurrency* requests at once, within *budget*."""
    local = all(part.target.kind == "local" for part in bench.parts)
    pace = Pace(concurrency or (bench.slots if local else DEFAULT_CONCURRENCY))
    for part in bench.parts:
        if isinstance(part.model, Endpoint):
            part.model.throttle, part.model.sleep = pace, pace.sleep
    return Asking(bench.model, bench.ledger, pace, budget, bench.options.fresh)


def live_run(
    bench: Bench,
    asking: Asking,
    questions: Questions,
    results: Results | None,
    watch: Watch,
    keep: Keep,
    votes: int = 1,
) -> SessionRun:
    """Returns the loop over a session whose requests go to the model at once.

    Args:
        results: whose answers are not judged again, unless replies are wanted anew.
    """
    judge, pace = bench.judge_over(asking, votes), asking.pace
    done = None if asking.fresh else results
    at_once = answers_at_once(judge.info, bench.slots, pace.most)
    return SessionRun(questions.find, lambda _: judge, done, watch, keep, pace, at_once)


def price_of(usage: Usage, bench: OpenJudge, *, by_batch: bool = False) -> float | None:
    """Returns US dollars for *usage*, 0 for the embedded model, None where nobody knows.

    Of several judges it is the price of the first.
    """
    if bench.target.kind == "local":
        return 0.0
    return cost(usage, bench.model.name, bench.model.endpoint, batch=by_batch)


def session_budget(
    most_usd: float | None,
    bench: Bench,
    price: Callable[[Usage, OpenJudge], float | None] = price_of,
) -> Budget:
    """Returns the budget of a session; where several judge, each request has its model's price.

    Args:
        price: US dollars for a usage of one judge, where it is not the live price.
    """
    by_model = {(part.model.endpoint, part.model.name): part for part in bench.parts}

    def price_each(usage: Usage, request: Request) -> float | None:
        return price(usage, by_model[request.endpoint, request.model])

    each = price_each if bench.others else None
    return Budget(most_usd, lambda usage: price(usage, bench), each)


@asynccontextmanager
async def open_grader(
    judge: JudgeOptions | None = None,
    *,
    rubrics: str | Path | None = None,
    weights: Path | None = None,
    ledger: Path | None = None,
) -> AsyncIterator[Grader]:
    """Opens a judge and the ledger, for any number of answers.

    Args:
        judge: which model judges and how it is asked; None decides as ``grade`` does, by the
            environment, and takes the embedded model where nothing is set.
        rubrics: a folder of rubrics of one's own, beside the shipped ones.
        weights: a model file in place of the embedded one.
        ledger: the file of replies that were paid for; None is the user's own.

    Raises:
        BadInput: the options name no judge that can be reached.
        LedgerFailed: the ledger cannot be opened.
    """
    async with open_bench(judge or JudgeOptions(), weights, ledger) as opened:
        yield Grader(opened, rubric_folders(Path(rubrics) if rubrics else None))


@asynccontextmanager
async def open_bench(
    judge: JudgeOptions,
    weights: Path | None = None,
    ledger: Path | None = None,
    bring: Callable[[Path | None], Path] = embedded.bring,
    starting: Callable[[], None] = lambda: None,
) -> AsyncIterator[Bench]:
    """Opens the judge that *judge* and the environment name, over the ledger.

    Args:
        bring: gives the path of the model file, fetching it if need be; called only where the
            embedded model must run.
        starting: is told when the embedded model is about to start.
    """
    with Ledger(ledger or default_path()) as kept:
        own = partial(embedded.own_model, weights)
        async with bench(judge, os.environ, kept, partial(bring, weights), starting, own) as opened:
            yield opened

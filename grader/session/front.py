"""The front door for Python: grades one answer or many, with or without an event loop."""

import asyncio
import threading
from collections.abc import Coroutine, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

from grader.judge.options import JudgeOptions
from grader.record import Grade
from grader.rubric.files import rubric_folders
from grader.rubric.format import Rubric
from grader.session.entry import Entry, Problem, Questions
from grader.session.exports.columns import read_columns
from grader.session.grader import Graded, open_grader
from grader.session.read import read_session

_T = TypeVar("_T")


async def agrade(
    answer: str,
    question: str | Rubric,
    judge: JudgeOptions | None = None,
    *,
    rubrics: str | Path | None = None,
    id: str = "answer",  # noqa: A002 - the record's own word
    candidate: str | None = None,
) -> Grade:
    """Returns the grade of one answer, as :func:`grade` does, inside an event loop."""
    async with open_grader(judge, rubrics=rubrics) as opened:
        return await opened.grade(answer, question, id=id, candidate=candidate)


def grade(
    answer: str,
    question: str | Rubric,
    judge: JudgeOptions | None = None,
    *,
    rubrics: str | Path | None = None,
    id: str = "answer",  # noqa: A002 - the record's own word
    candidate: str | None = None,
) -> Grade:
    """Returns the grade of one answer.

    A second call with the same answer takes the replies from the ledger: nothing is asked or
    paid. For many answers use :func:`grade_batch`, which opens the judge once.

    Args:
        answer: the text, at most 64 KiB.
        question: the id of a rubric, such as ``bank-conflict``, or a rubric.
        judge: which model judges; None decides as ``grade`` does.
        rubrics: a folder of rubrics of one's own, beside the shipped ones.
        id: names the answer in the record.

    Raises:
        UnknownQuestion: no rubric has that id; the nearest ones are named.
        BadInput: the text cannot be graded, or the options name no judge.
        ModelFailed: no request to the judge can succeed.
    """
    return _run(agrade(answer, question, judge, rubrics=rubrics, id=id, candidate=candidate))


async def agrade_batch(
    answers: Iterable[Entry | Problem],
    judge: JudgeOptions | None = None,
    *,
    rubrics: str | Path | None = None,
    results: str | Path | None = None,
    concurrency: int | None = None,
    votes: int = 1,
    max_cost: float | None = None,
) -> Graded:
    """Yields what :func:`grade_batch` does, inside an event loop."""
    async with open_grader(judge, rubrics=rubrics) as opened:
        graded = opened.grade_batch(
            answers, results=results, concurrency=concurrency, votes=votes, max_cost=max_cost
        )
        async with aclosing(graded):
            async for each in graded:
                yield each


def read_answers(
    *paths: str | Path, rubrics: str | Path | None = None, columns: Sequence[str] = ()
) -> Iterator[Entry | Problem]:
    """Yields the answers of files and folders, one after another, for :func:`grade_batch`.

    Read are the shapes that ``grade batch`` reads: Markdown with a heading for each question,
    folders of texts, documents, JSONL, CSV and what platforms export. What cannot be graded comes
    as a :class:`Problem` in its place.

    Args:
        rubrics: a folder of rubrics of one's own, beside the shipped ones.
        columns: what ``--columns`` of ``grade batch`` takes, as ``["Response 1=bank-conflict"]``.

    Raises:
        BadInput: a path does not exist, or is of no shape that is known; or *columns* say nothing.
    """
    questions = Questions(rubric_folders(Path(rubrics) if rubrics else None))
    said = read_columns([columns] if isinstance(columns, str) else columns)
    yield from read_session([str(path) for path in paths], questions, columns=said)


def grade_batch(
    answers: Iterable[Entry | Problem],
    judge: JudgeOptions | None = None,
    *,
    rubrics: str | Path | None = None,
    results: str | Path | None = None,
    concurrency: int | None = None,
    votes: int = 1,
    max_cost: float | None = None,
) -> Generator[Grade | Problem, None, None]:
    """Yields a grade for each answer as it is ready, and what cannot be graded.

    Many are graded at once, in a thread of their own, a little ahead of the caller. Leaving the
    loop early sends nothing more; what is under way is not waited for.

    Args:
        answers: read as they are needed, such as those that ``read_answers`` gives.
        judge: which model judges; None decides as ``grade`` does.
        rubrics: a folder of rubrics of one's own, beside the shipped ones.
        results: a JSONL file to which each record is added; what it holds is not graded again.
        concurrency: requests at once; None is 16, or what the embedded engine takes.
        votes: how often a verdict that is not settled is asked at most.
        max_cost: US dollars after which nothing more is sent.

    Raises:
        GraderError: the run ended early: no request can succeed, or a disk is full.
        Spent: *max_cost* is reached.
    """
    graded = agrade_batch(
        answers,
        judge,
        rubrics=rubrics,
        results=results,
        concurrency=concurrency,
        votes=votes,
        max_cost=max_cost,
    )
    # The loop runs on while the caller is busy: replies are awaited by a clock of their own.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="grader", daemon=True)
    thread.start()
    try:
        while (each := _in_loop(_next(graded), loop)) is not None:
            yield each
    finally:
        _in_loop(graded.aclose(), loop)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _next(graded: Graded) -> Grade | Problem | None:
    return await anext(graded, None)


def _in_loop(work: Coroutine[object, object, _T], loop: asyncio.AbstractEventLoop) -> _T:
    return asyncio.run_coroutine_threadsafe(work, loop).result()


def _run(work: Coroutine[object, object, _T]) -> _T:
    """What *work* gives, also where an event loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()

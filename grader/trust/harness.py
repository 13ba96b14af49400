"""Puts many texts through a judge, each exactly as anybody's answer is graded.

What measures a judge runs on this: labelled answers, the dozen of ``grade doctor``, attacks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from grader import answer
from grader.grading import Attempt, grade
from grader.judge.base import Judge
from grader.record import Grade
from grader.rubric.format import Rubric

Result = TypeVar("Result")


async def grade_text(rubric: Rubric, text: str, name: str, judge: Judge) -> Grade:
    """Returns the grade of a text that goes by *name*.

    Raises:
        BadInput: the text is no answer: empty, binary or too long.
        ModelFailed: no request to the judge can succeed.
    """
    return await grade(rubric, Attempt(answer.from_text(text, name), name), judge)


async def run_together(
    jobs: Sequence[Callable[[], Awaitable[Result]]], slots: int = 1
) -> list[Result]:
    """Returns what each job returns, in order, having run at most *slots* of them at once.

    The first error that a job raises ends the others and is raised.
    """
    gate = asyncio.Semaphore(slots)

    async def run_gated(job: Callable[[], Awaitable[Result]]) -> Result:
        async with gate:
            return await job()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run_gated(job)) for job in jobs]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]

"""What measures a judge runs its texts in order, a few at once, and stops where the judge fails."""

import asyncio
from functools import partial

import pytest

from grader.errors import EmptyAnswer, ModelFailed
from grader.trust.harness import grade_text, run_together
from tests.support.records import RUBRIC
from tests.trust.trial.test_trial import Scripted, missed


def test_results_come_in_the_order_of_the_jobs_whichever_ends_first() -> None:
    async def wait(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    jobs = [partial(wait, turns) for turns in (5, 0, 3)]
    assert asyncio.run(run_together(jobs, slots=3)) == [5, 0, 3]


@pytest.mark.parametrize("slots", [1, 3])
def test_no_more_texts_are_judged_at_once_than_there_are_slots(slots: int) -> None:
    running: list[int] = []
    most: list[int] = []

    async def work(number: int) -> None:
        running.append(number)
        most.append(len(running))
        await asyncio.sleep(0)
        running.remove(number)

    asyncio.run(run_together([partial(work, n) for n in range(8)], slots))
    assert max(most) == slots


def test_the_first_failure_of_the_judge_ends_the_rest_and_is_told_as_it_is() -> None:
    begun: list[int] = []

    async def work(number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0)
        raise ModelFailed("no such model")

    with pytest.raises(ModelFailed, match="no such model"):
        asyncio.run(run_together([partial(work, n) for n in range(50)], slots=1))
    assert len(begun) < 5


def test_a_text_is_graded_as_anybodys_answer_is() -> None:
    judge = Scripted(missed)
    graded = asyncio.run(grade_text(RUBRIC, "32 banks", "mine", judge))
    assert (graded.answer_id, graded.score.percent) == ("mine", 0)
    nothing = asyncio.run(grade_text(RUBRIC, "I don't know.", "mine", judge))
    assert nothing.judge.kind == "code"
    with pytest.raises(EmptyAnswer):
        asyncio.run(grade_text(RUBRIC, "  ", "mine", judge))

"""Every way through a session is one loop: in order, each answer once, and it ends well."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from grader.answer import Answer
from grader.errors import LedgerFailed, OutFailed
from grader.judge.base import Judge, Judgement
from grader.judge.one_call import OneCall
from grader.record import Grade, JudgeInfo
from grader.rubric.files import load_rubric
from grader.rubric.format import Rubric
from grader.session.entry import Entry, Problem
from grader.session.pace import Ending
from grader.session.run import Interrupted, Lacking, SessionRun
from grader.util.files import data_folder
from tests.support.fakes import INFO, FakeModel

RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))


@dataclass
class Told:
    """A watch that remembers."""

    graded_ids: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def graded(self, grade: Grade) -> None:
        self.graded_ids.append(grade.answer_id)

    def skipped(self, *, ungraded: bool) -> None:  # noqa: ARG002 - told to nobody
        raise AssertionError("there is no results file")

    def problem(self, problem: Problem) -> None:
        self.problems.append(problem.message)


@dataclass
class Turns:
    """A judge that takes a turn of the event loop, and remembers how many did at once."""

    most: int = 0
    before: Callable[[str], None] = lambda _: None
    _now: int = 0
    _judge: Judge = field(default_factory=lambda: OneCall(FakeModel("no JSON").ask, INFO))

    info: JudgeInfo = INFO
    prompt_digest: str = "p"

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        self.before(answer.text)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.001)
        self._now -= 1
        return await self._judge.judge(rubric, answer)


def session(count: int) -> Iterator[Entry | Problem]:
    for n in range(count):
        yield Entry("bank-conflict", f"Answer {n}: a warp hits a bank.", f"a{n}", f"s:{n}")


def loop(judge: Turns, watch: Told, at_once: int = 1) -> SessionRun:
    return SessionRun(lambda _: RUBRIC, lambda _: judge, None, watch, at_once=at_once)


def test_answers_are_taken_in_order_and_no_more_at_once_than_allowed() -> None:
    judge, watch = Turns(), Told()
    asyncio.run(loop(judge, watch, at_once=3).run(session(10)))
    assert judge.most == 3
    assert sorted(watch.graded_ids, key=lambda name: int(name[1:])) == [f"a{n}" for n in range(10)]
    alone = Told()
    asyncio.run(loop(Turns(), alone).run(session(5)))
    assert alone.graded_ids == [f"a{n}" for n in range(5)]


def test_a_wish_to_stop_lets_the_answer_under_way_finish_and_begins_no_other() -> None:
    watch = Told()
    run = loop(Turns(before=lambda text: run.stop() if "Answer 2" in text else None), watch)
    entries = session(10)
    asyncio.run(run.run(entries))
    assert watch.graded_ids == ["a0", "a1", "a2"]
    assert isinstance(run.stopped, Interrupted)
    assert len(list(entries)) == 7, "the session is read no further than needed"


def test_what_waits_for_a_reply_is_tried_in_the_next_round_and_all_else_told_once() -> None:
    def lacks(text: str) -> None:
        if "Answer 1:" in text and first:
            raise Lacking

    def entries() -> Iterator[Entry | Problem]:
        yield Problem("s:9", "no such question")
        yield Entry("bank-conflict", "\0", "binary", "s:8")
        yield from session(3)

    watch, first = Told(), True
    run = loop(Turns(before=lacks), watch)
    asyncio.run(run.run(entries()))
    assert run.waiting == 1
    first = False
    asyncio.run(run.run(entries()))
    assert run.waiting == 0
    assert watch.graded_ids == ["a0", "a2", "a1"]
    assert len(watch.problems) == 2


@pytest.mark.parametrize("error", [OutFailed("the disk is full"), LedgerFailed("the disk is full")])
def test_a_grade_that_cannot_be_kept_is_told_and_ends_the_run(error: Exception) -> None:
    async def full(_: Grade) -> None:
        raise error

    watch = Told()
    run = loop(Turns(), watch)
    run.keep = full
    asyncio.run(run.run(session(5)))
    assert run.stopped is error
    assert watch.graded_ids == ["a0"]


def test_a_mistake_in_the_program_is_raised_once_all_has_ended() -> None:
    def broken(text: str) -> None:
        if "Answer 1:" in text:
            raise ZeroDivisionError

    watch = Told()
    run = loop(Turns(before=broken), watch, at_once=2)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run.run(session(6)))
    assert watch.graded_ids == ["a0"]


def test_the_first_reason_to_end_stays() -> None:
    ending = Ending()
    ending.stop(Interrupted())
    ending.stop(OutFailed("later"))
    assert isinstance(ending.stopped, Interrupted)

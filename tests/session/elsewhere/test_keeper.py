"""Judges in other processes share a ledger, and a record says who paid whatever node is lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.ledger.ledger import Ledger
from grader.llm.request import Request
from grader.session.elsewhere.keeper import KeptReplies, LedgerKeeper
from tests.support.fakes import FakeModel, completion

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "answer"}]}


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[LedgerKeeper]:
    with LedgerKeeper(tmp_path / "ledger.sqlite") as opened:
        yield opened


def ask(keeper: LedgerKeeper, model: FakeModel, answer: str, number: int = 0) -> bool:
    """Asks as the judge of an answer does; whether its reply was paid for earlier."""

    async def work() -> bool:
        replies = KeptReplies(keeper, model, asyncio.Semaphore(2), answer)
        return (await replies.sample(number)(BODY)).from_ledger

    return asyncio.run(work())


def test_an_answer_that_is_graded_once_more_gets_its_own_reply_as_paid_for_by_it(
    keeper: LedgerKeeper,
) -> None:
    model = FakeModel(completion("a"))
    assert not ask(keeper, model, "first")
    assert not ask(keeper, model, "first"), "its node was lost: the record must stay the same"
    assert ask(keeper, model, "second"), "it asks the same, and somebody else has paid"
    assert len(model.asked) == 1


def test_what_an_earlier_run_paid_for_is_from_the_ledger(tmp_path: Path) -> None:
    model = FakeModel(completion("a"))
    with LedgerKeeper(tmp_path / "l") as keeper:
        ask(keeper, model, "first")
    with LedgerKeeper(tmp_path / "l") as keeper:
        assert ask(keeper, model, "first")
    assert len(model.asked) == 1


def test_each_sample_of_a_reply_is_asked_and_kept_for_itself(
    keeper: LedgerKeeper, tmp_path: Path
) -> None:
    model = FakeModel(completion("a"), completion("b"))
    assert not ask(keeper, model, "first", 0)
    assert not ask(keeper, model, "first", 1)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.samples(Request(model.endpoint, model.name, BODY)) == 2

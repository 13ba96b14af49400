"""Requests of a session share replies, keep the endpoint's pace, and stay within the budget."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx2
import pytest

from grader.errors import LedgerFailed, ModelFailed
from grader.ledger.ledger import Ledger
from grader.llm.endpoint import _spent
from grader.llm.request import Reply, Request
from grader.record import Cause
from grader.session.budget import Budget, Spent
from grader.session.pace import Pace, Stopped
from grader.session.requests import HOPELESS, Asking
from tests.support.fakes import completion

REPLY = completion("hello")  # 100 tokens in, 20 out


def body(text: str, beginning: str = "rules") -> dict[str, Any]:
    return {
        "messages": [
            {"role": "system", "content": beginning},
            {"role": "user", "content": text},
        ],
        "max_tokens": 20,
    }


class Slow:
    """Replies when it is told to, and remembers what was under way."""

    endpoint, name, slots = "http://slow/v1", "slow", 8

    def __init__(self, reply: Callable[[Request], Reply] = lambda _: Reply(body=REPLY)) -> None:
        self.asked: list[str] = []
        self.most = self.under_way = 0
        self._reply = reply
        self.gate = asyncio.Event()

    async def send(self, request: Request) -> Reply:
        self.asked.append(request.body["messages"][1]["content"])
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.under_way -= 1
        return self._reply(request)

    async def close(self) -> None:
        """Nothing was opened."""


def asking(model: Slow, ledger: Ledger, most: int = 8, limit: float | None = None) -> Asking:
    # A dollar a request: 100 tokens in, 20 out.
    budget = Budget(limit, lambda used: (used.input_tokens + used.output_tokens) / 120)
    return Asking(model, ledger, Pace(most), budget)


async def settle() -> None:
    """Lets everything run that can, the ledger's thread included."""
    for _ in range(20):
        await asyncio.sleep(0.002)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_the_same_request_under_way_is_sent_once(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        ask = asking(model, ledger).sample(0)
        model.gate.set()
        replies = await asyncio.gather(*(ask(body("same")) for _ in range(10)))
        assert len(model.asked) == 1
        assert sorted(reply.from_ledger for reply in replies) == [False] + [True] * 9

    run(work())


def test_the_first_with_a_beginning_goes_alone_and_another_beginning_beside_it(
    ledger: Ledger,
) -> None:
    async def work() -> None:
        model = Slow()
        ask = asking(model, ledger).sample(0)
        tasks = [
            asyncio.ensure_future(ask(body(text, text[0])))
            for text in ("a1", "a2", "a3", "b1", "b2")
        ]
        await settle()
        assert model.asked == ["a1", "b1"]
        model.gate.set()
        await asyncio.gather(*tasks)
        assert sorted(model.asked) == ["a1", "a2", "a3", "b1", "b2"]

    run(work())


def test_no_more_go_out_at_once_than_allowed(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        ask = asking(model, ledger, most=3).sample(0)
        model.gate.set()
        await asyncio.gather(*(ask(body(str(n), str(n))) for n in range(20)))
        assert model.most == 3

    run(work())


def test_a_refusal_halves_the_pace_at_most_once_a_while_and_success_restores_it() -> None:
    async def work() -> None:
        pace = Pace(16)
        for _ in range(5):
            pace.refused(1.0)
        assert pace.limit == 8
        for _ in range(500):
            pace.accepted()
        assert pace.limit == 16
        slow = Pace(1)
        slow.refused(1.0)
        assert slow.limit == 1

    run(work())


def test_while_the_endpoint_takes_none_nothing_goes_out(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        model.gate.set()
        asked = asking(model, ledger)
        asked.pace.remaining(0.05)
        task = asyncio.ensure_future(asked.sample(0)(body("x")))
        await asyncio.sleep(0.01)
        assert model.asked == []
        await task
        assert model.asked == ["x"]

    run(work())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "9s"}, 0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.5s"}, 1.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 60),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon"}, 0),
        ({"x-ratelimit-remaining-tokens": "0"}, 0),
    ],
)
def test_rate_limit_headers_are_understood(headers: dict[str, str], seconds: float) -> None:
    assert _spent(httpx2.Headers(headers)) == pytest.approx(seconds)


def test_a_stop_lets_what_is_under_way_finish_and_nothing_else_out(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        asked = asking(model, ledger, most=2)
        tasks = [asyncio.ensure_future(asked.sample(0)(body(str(n), str(n)))) for n in range(5)]
        await settle()
        asked.pace.stop(Stopped())
        model.gate.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, Stopped) for one in ended] == [False, False, True, True, True]
        assert len(model.asked) == 2
        assert ledger.find(Request(model.endpoint, model.name, body("0", "0"))) is not None

    run(work())


def test_a_wait_between_attempts_ends_with_the_run() -> None:
    async def work() -> None:
        pace = Pace(1)
        waiting = asyncio.ensure_future(pace.sleep(60))
        await asyncio.sleep(0)
        pace.stop(Stopped())
        with pytest.raises(Stopped):
            await waiting

    run(work())


def test_a_cost_limit_is_never_passed_and_what_fits_is_done(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        model.gate.set()
        asked = asking(model, ledger, limit=5.3)
        ended = await asyncio.gather(
            *(asked.sample(0)(body(f"{n:04}", str(n))) for n in range(12)), return_exceptions=True
        )
        assert asked.budget.spent_usd == pytest.approx(len(model.asked))
        assert 4 <= len(model.asked) <= 5
        assert isinstance(asked.pace.stopped, Spent)
        assert sum(isinstance(one, Reply) for one in ended) == len(model.asked)

    run(work())


def test_under_a_limit_the_first_request_tells_what_requests_cost(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        asked = asking(model, ledger, limit=100.0)
        tasks = [asyncio.ensure_future(asked.sample(0)(body(str(n), str(n)))) for n in range(6)]
        await settle()
        assert len(model.asked) == 1
        model.gate.set()
        await asyncio.gather(*tasks)
        assert model.most > 1

    run(work())


def test_a_request_that_timed_out_counts_as_paid_for(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow(lambda _: Reply(cause=Cause.TIMEOUT, detail="slow"))
        model.gate.set()
        asked = asking(model, ledger, limit=100.0)
        await asked.sample(0)(body("x"))
        assert asked.budget.spent_usd > 0

    run(work())


def test_an_endpoint_that_never_answers_ends_the_run(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow(lambda _: Reply(cause=Cause.HTTP_ERROR, detail="no route"))
        model.gate.set()
        asked = asking(model, ledger, most=1)
        await asyncio.gather(
            *(asked.sample(0)(body(str(n), str(n))) for n in range(50)), return_exceptions=True
        )
        assert len(model.asked) == HOPELESS
        assert isinstance(asked.pace.stopped, ModelFailed)

    run(work())


def test_a_reply_that_cannot_be_kept_is_used_and_ends_the_run(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise LedgerFailed("the disk is full")

    async def work() -> None:
        model = Slow()
        model.gate.set()
        asked = asking(model, ledger)
        monkeypatch.setattr(ledger, "keep", full)
        reply = await asked.sample(0)(body("x"))
        assert reply.body == REPLY
        assert isinstance(asked.pace.stopped, LedgerFailed)

    run(work())


def test_a_price_that_is_not_known_costs_nothing_where_nothing_is_limited(ledger: Ledger) -> None:
    async def work() -> None:
        model = Slow()
        model.gate.set()
        asked = Asking(model, ledger, Pace(2), Budget(None, lambda _: None))
        await asked.sample(0)(body("x"))
        assert asked.budget.spent_usd == 0

    run(work())

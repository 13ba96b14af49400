"""Stand-ins that are passed in: a model that replies as scripted."""

import json
from collections.abc import Callable
from typing import Any

from grader.llm.request import Ask, Reply, Request
from grader.record import JudgeInfo
from grader.rubric.format import Rubric

INFO = JudgeInfo(kind="endpoint", model="fake", endpoint="http://fake/v1")


def completion(
    content: str | None,
    *,
    refusal: str | None = None,
    finish_reason: str = "stop",
    logprobs: dict[str, float] | None = None,
) -> str:
    """The body of a chat completion; *logprobs* are the first token's alternatives."""
    top = [{"token": t, "logprob": p} for t, p in (logprobs or {}).items()]
    tokens = {"content": [{**top[0], "top_logprobs": top}]} if top else None
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": tokens}
    used = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    used |= {"prompt_tokens_details": {"cached_tokens": 40}}  # type: ignore[dict-item]
    return json.dumps({"model": "fake-2026", "choices": [choice], "usage": used})


def completed(text: str, *tops: dict[str, float]) -> str:
    """The body of a completed prompt as llama.cpp's server sends it.

    Args:
        tops: the alternatives of each token, the one that was written first; none, and no
            log-probabilities came back.
    """
    tokens = [
        {
            "token": next(iter(top)),
            "logprob": next(iter(top.values())),
            "top_logprobs": [{"token": t, "logprob": p} for t, p in top.items()],
        }
        for top in tops
    ]
    choice = {"text": text, "index": 0, "finish_reason": "length"}
    choice["logprobs"] = {"content": tokens} if tokens else None
    used = {"prompt_tokens": 100, "completion_tokens": 3, "total_tokens": 103}
    return json.dumps({"model": "fake-2026", "choices": [choice], "usage": used})


def judgement(rubric: Rubric, **items: dict[str, Any]) -> dict[str, Any]:
    """A whole reply in which everything is missed and nothing asserted but for *items*.

    Keyword names are item ids with ``_`` for ``-``.
    """
    given = {name.replace("_", "-"): value for name, value in items.items()}
    missed = {"quotes": [], "reason": "not said", "verdict": "missed"}
    held = {"quotes": [], "reason": "not said", "asserted": False}
    return {
        "key_points": {p.id: given.get(p.id, missed) for p in rubric.key_points},
        "misconceptions": {m.id: given.get(m.id, held) for m in rubric.misconceptions},
        "feedback": "Say how padding helps.",
    }


class FakeModel:
    """Replies from a script and remembers what it was asked.

    Attributes:
        asked: the requests, in order.
    """

    endpoint = "http://fake/v1"
    name = "fake"
    slots = 1

    def __init__(self, *script: Reply | str | Callable[[Request], Reply]) -> None:
        self._script = list(script)
        self.asked: list[Request] = []

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, str):
            return Reply(body=step)
        return step if isinstance(step, Reply) else step(request)

    async def close(self) -> None:
        """Nothing was opened."""

    async def ask(self, body: dict[str, Any]) -> Reply:
        """Straight, past any ledger."""
        return await self.sample(0)(body)

    def sample(self, number: int) -> Ask:
        """What asks for sample *number*, straight."""

        async def ask(body: dict[str, Any]) -> Reply:
            return await self.send(Request(self.endpoint, self.name, body, number))

        return ask

"""What a replay promises: the replies that were read, in their order, as the engine words them."""

import asyncio
import json
from typing import Any

from grader.trust.fit import Rated
from training.replay import Replay, draws

ITEM: dict[str, Any] = {
    "found": [[-0.1, -3.0, -4.0, -5.0], [-5.0, -3.0, -0.1, -4.0]],
    "lines": [2, 0],
}


def asked(replay: Replay, prompt: str) -> dict[str, Any]:
    reply = asyncio.run(replay.ask({"prompt": prompt}))
    choice: dict[str, Any] = json.loads(reply.body)["choices"][0]
    return choice


def test_each_claim_gets_the_log_probabilities_that_were_read_for_it() -> None:
    replay = Replay(ITEM)
    for four in ITEM["found"]:
        tops = asked(replay, "a claim")["logprobs"]["content"][0]["top_logprobs"]
        assert [top["logprob"] for top in tops] == four


def test_a_claim_that_is_made_names_its_line_and_a_missed_one_none() -> None:
    replay = Replay(ITEM)
    assert asked(replay, "a claim")["text"] == "Yes [2"
    assert asked(replay, "a claim")["text"] == "No"


def test_the_line_is_told_again_when_it_is_asked_for_alone() -> None:
    replay = Replay(ITEM)
    asked(replay, "a claim")
    assert asked(replay, "a claim\n\nHalf [")["text"] == "2"


def test_levels_are_measured_on_answers_that_they_were_not_fitted_on() -> None:
    answers = [
        Rated(("q", str(n)), (1,), ((share, 0.0, 1 - share, 0.0),), round(share), ("p",))
        for n, share in enumerate([0.1, 0.9] * 15)
    ]
    assert draws(answers, 20, count=3) == [1.0, 1.0, 1.0]

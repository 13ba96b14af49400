"""Tells whether a server really is the trained judge, and how to start one that is.

A dozen decisions were made by the embedded judge once and for all. Whatever server is given the
same base model and the same adapter makes them again, but for what its number formats lose.
"""

import asyncio
import functools
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grader.errors import Failed
from grader.judge import prompts
from grader.judge.choice import Bench, Target
from grader.judge.served import as_served
from grader.llm.embedded import weights_file
from grader.llm.embedded.export import BASE
from grader.llm.request import Ask, Reply, Request, Unusable, read
from grader.report.blocks import Check
from grader.util.frozen import Frozen

_FILE = Path(__file__).with_name("served.toml")
_NAME = "trained judge"
_UNSEEN = -20.0
_ASKED = {"max_tokens": 1, "temperature": 0, "logprobs": 20}
MOST_DIFFERENT = 1
"""Decisions of the dozen that may come out otherwise: those near a threshold do."""
MOST_APART = 0.05
"""How far the probabilities may be apart on average."""
_FOLDER = "judge-adapter"
_WAY_OUT = "start it with the adapter: the first command once, then one of the others"

Chances = tuple[float, ...]


class FixedDecision(Frozen):
    """A request's prompt, and the probabilities of the four words that the embedded judge gave."""

    prompt: str
    chances: Chances


class FixedDecisions(Frozen):
    """What a server is held against; *adapter* is the SHA-256 of the adapter that decided."""

    adapter: str
    decisions: tuple[FixedDecision, ...]


@functools.cache
def fixed_decisions() -> FixedDecisions:
    """Returns the decisions that come with the package."""
    return FixedDecisions.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Likeness:
    """How a server's probabilities of the four words stand to the known ones."""

    known: Sequence[Chances]
    given: Sequence[Chances]

    @property
    def different(self) -> int:
        """Decisions whose likeliest word is another."""
        pairs = zip(self.known, self.given, strict=True)
        return sum(_likeliest(one) != _likeliest(other) for one, other in pairs)

    @property
    def apart(self) -> float:
        """How far the probabilities are apart, 0 to 1: the mean over words and decisions."""
        pairs = zip(self.known, self.given, strict=True)
        each = [abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True)]
        return sum(each) / len(each)

    @property
    def check(self) -> Check:
        """The finding of ``grade doctor``."""
        count = len(self.known)
        figures = (
            f"{count - self.different} of {count} fixed decisions as the embedded judge makes"
            f" them, probabilities {self.apart:.3f} apart on average"
        )
        if self.different <= MOST_DIFFERENT and self.apart <= MOST_APART:
            return Check(_NAME, True, figures)
        why = "another model, or one without the adapter"
        return Check(_NAME, False, f"{figures}: {why}", _WAY_OUT)


def chances_of(four: Sequence[float]) -> Chances:
    """Returns the probabilities of the four words among each other, from their logarithms."""
    most = max(four)
    odds = [math.exp(each - most) for each in four]
    return tuple(each / sum(odds) for each in odds)


def _likeliest(chances: Chances) -> int:
    return max(range(len(chances)), key=lambda n: chances[n])


async def is_the_trained_judge(bench: Bench) -> Check:
    """Whether the server makes the dozen fixed decisions as the embedded judge does."""

    # Past the ledger: what a server said before it was started anew tells nothing
    async def asked(body: dict[str, Any]) -> Reply:
        return await bench.model.send(Request(bench.model.endpoint, bench.model.name, body))

    known = fixed_decisions().decisions
    try:
        given = await _given(as_served(asked), [d.prompt for d in known], bench)
    except Failed as error:
        return Check(_NAME, False, str(error), _WAY_OUT)
    except Unusable as unusable:
        found = f"it gave none of the four words' log-probabilities: {unusable}"
        return Check(_NAME, False, found, _WAY_OUT)
    return Likeness([d.chances for d in known], given).check


async def _given(ask: Ask, asked: Sequence[str], bench: Bench) -> list[Chances]:
    async def decide(prompt: str) -> Chances:
        reply = await ask({"prompt": prompt, **_ASKED, **bench.options.parameters})
        seen = {top.token: top.logprob for top in read(reply).first_token.top_logprobs}
        return chances_of([seen.get(word, _UNSEEN) for word in prompts.WORDS.values()])

    return list(await asyncio.gather(*map(decide, asked)))


def how_to_start(target: Target) -> list[str]:
    """Returns the commands that start the trained judge where *target* looks for it, a line each:
    the adapter's export first, then one for each of three servers."""
    name = target.model.rpartition(":")[2]
    port = urlsplit(target.base_url).port or 8000
    weights = weights_file.weights_path(weights_file.weights())
    return [
        f"grade model export {_FOLDER}",
        f"vllm serve {BASE} --enable-lora --max-lora-rank 8 --lora-modules {name}={_FOLDER}"
        f" --enable-prefix-caching --generation-config vllm --max-model-len 8192 --port {port}",
        f"python -m sglang.launch_server --model-path {BASE} --enable-lora"
        f" --lora-paths {name}={_FOLDER} --max-loras-per-batch 1 --sampling-defaults openai"
        f" --context-length 8192 --port {port}  # and --model {BASE}:{name}",
        f"llama-server -m {weights} --lora {_FOLDER}/adapter.gguf --alias {name} -c 32768 -np 4"
        f" --port {port}",
    ]

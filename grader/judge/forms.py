"""The two forms in which one claim at a time is asked, each read from log-probabilities.

In both the answer stands first and the claim last, so that all questions on one answer share the
longest part of their prompt, which is read once. The trained form says everything in one call; a
model that was not trained is asked for a yes or no, and once more for the sentence.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from grader.judge import prompts
from grader.judge.curves import Chances, Curves, YesNo, odds_of_yes
from grader.judge.prompts import Message
from grader.llm.request import Ask, Completion, Reply, Token, TopToken, Unusable, read
from grader.record import Cause
from grader.rubric.format import KeyPoint, Misconception, Rubric

_TOP = 20
_UNSEEN = -20.0
"""Log-probability of a word that is not among the likeliest."""
_NUMBER = re.compile(r"\d{1,4}")
_YES = {"yes", "是"}
_NO = {"no", "否"}


@dataclass
class Transcript:
    """What came back so far, and the model that says it replied."""

    ask: Ask
    parameters: dict[str, Any]
    replies: list[Reply] = field(default_factory=list)
    replied: str | None = None

    async def get(self, body: dict[str, Any]) -> Completion:
        """Asks once. Raises Unusable where nothing can be read."""
        reply = await self.ask({**body, **self.parameters})
        self.replies.append(reply)
        completion = read(reply)
        self.replied = completion.model or self.replied
        return completion


@dataclass(frozen=True)
class ClaimReading:
    """What a form says of one claim.

    Attributes:
        chances: of the four verdicts; for a misconception, of being asserted first.
        line: the number, from 1, of the line that the model pointed at, if it did.
    """

    chances: Chances
    line: int | None = None


class Form(Protocol):
    """How one answer is asked about, claim by claim."""

    async def point(self, point: KeyPoint) -> ClaimReading:
        """Returns what the answer does with a key point. Raises Unusable."""

    async def claim(self, claim: Misconception) -> ClaimReading:
        """Returns whether the answer asserts a misconception. Raises Unusable."""

    async def line(self, claim: KeyPoint | Misconception, word: str) -> int:
        """Returns the number of the line that *word* ("Yes", "Half", "Wrong") rests on.

        Raises:
            Unusable: no line that is there was named.
        """


@dataclass(frozen=True)
class Trained:
    """The form in which the embedded judge was trained: one call a claim."""

    asked: Transcript
    rubric: Rubric
    lines: Sequence[str]
    curves: Curves

    async def point(self, point: KeyPoint) -> ClaimReading:
        """See :class:`Form`."""
        four, line = await self._said(prompts.suffix(point.text("en"), point.notes.partial))
        return ClaimReading(self.curves.point.chances(four, binary=point.binary), line)

    async def claim(self, claim: Misconception) -> ClaimReading:
        """See :class:`Form`."""
        # Few are asserted: the sentence is asked for only then.
        four, _ = await self._said(prompts.suffix(claim.text("en")), length=1)
        chance = self.curves.claim.chance(odds_of_yes(four))
        return ClaimReading((chance, 0.0, 1 - chance, 0.0))

    async def line(self, claim: KeyPoint | Misconception, word: str) -> int:
        """See :class:`Form`."""
        partial = claim.notes.partial if isinstance(claim, KeyPoint) else None
        begun = self._prefix + prompts.suffix(claim.text("en"), partial) + word + " ["
        body = {"prompt": begun, "max_tokens": len(str(len(self.lines)))}
        completion = await self.asked.get(body | {"temperature": 0, "logprobs": _TOP})
        line = self._number(completion.written, completion.tokens)
        if line is None:
            raise Unusable(Cause.QUOTE_NOT_FOUND, "it named no sentence of the answer")
        return line

    @cached_property
    def _prefix(self) -> str:
        return prompts.prefix(self.rubric.question.text("en"), self.lines)

    async def _said(
        self, suffix: str, length: int | None = None
    ) -> tuple[Sequence[float], int | None]:
        # A word, " [" and the digits of a line's number; a lone No ends by itself.
        most = length or 2 + len(str(len(self.lines)))
        body = {"prompt": self._prefix + suffix, "max_tokens": most, "temperature": 0}
        completion = await self.asked.get(body | {"logprobs": _TOP})
        seen = {top.token: top.logprob for top in completion.first_token.top_logprobs}
        four = [seen.get(word, _UNSEEN) for word in prompts.WORDS.values()]
        if seen.keys().isdisjoint(prompts.WORDS.values()):
            raise Unusable(Cause.WRONG_SHAPE, "none of the four words")
        return four, self._number(completion.written, completion.tokens[2:])

    def _number(self, written: str, tokens: Sequence[Token]) -> int | None:
        """The line that is named; of fewer than ten lines the likeliest that is there."""
        found = _NUMBER.search(written)
        if found and 1 <= int(found[0]) <= len(self.lines):
            return int(found[0])
        there = {str(number) for number in range(1, min(len(self.lines), 9) + 1)}
        for top in tokens[0].top_logprobs if tokens else ():
            if top.token in there:
                return int(top.token)
        return None


@dataclass(frozen=True)
class YesOrNo:
    """The form for a model that was not trained: a yes or no, then the sentence."""

    asked: Transcript
    lines: Sequence[str]
    curves: YesNo

    async def point(self, point: KeyPoint) -> ClaimReading:
        """See :class:`Form`."""
        odds = await self._log_odds("per-point", point.text("en"))
        return ClaimReading(self.curves.chances(odds, binary=point.binary))

    async def claim(self, claim: Misconception) -> ClaimReading:
        """See :class:`Form`."""
        chance = self.curves.claim.chance(await self._log_odds("per-claim", claim.text("en")))
        return ClaimReading((chance, 0.0, 1 - chance, 0.0))

    async def line(self, claim: KeyPoint | Misconception, word: str) -> int:  # noqa: ARG002
        """See :class:`Form`; whatever the verdict, a yes is what is asked about."""
        if len(self.lines) == 1:
            return 1
        template = "per-point" if isinstance(claim, KeyPoint) else "per-claim"
        messages = [
            *self._question(template, claim.text("en")),
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": prompts.fill("per-point-evidence").strip()},
        ]
        completion = await self.asked.get({"messages": messages, "max_tokens": 4, "temperature": 0})
        named = _NUMBER.search(completion.written)
        if named is None or not 1 <= int(named[0]) <= len(self.lines):
            raise Unusable(Cause.QUOTE_NOT_FOUND, "it named no sentence of the answer")
        return int(named[0])

    async def _log_odds(self, template: str, text: str) -> float:
        parameters = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": _TOP}
        messages = self._question(template, text)
        completion = await self.asked.get({"messages": messages, **parameters})
        return log_odds(completion.first_token)

    @cached_property
    def _shown(self) -> str:
        """The answer, its sentences numbered, as it stands before every question."""
        numbered = "".join(
            prompts.fill("per-point-sentence", number=str(number), sentence=line)
            for number, line in enumerate(self.lines, 1)
        )
        return prompts.fill("per-point-answer", answer=numbered.rstrip("\n"))

    def _question(self, template: str, text: str) -> list[Message]:
        system = prompts.fill("per-point-system").strip()
        asked = self._shown + prompts.fill(template, text=text).strip()
        return [{"role": "system", "content": system}, {"role": "user", "content": asked}]


def log_odds(token: Token) -> float:
    """Natural logarithm of P(yes) / P(no) at one token.

    Where one of the two is not among the alternatives that were returned, its probability is
    taken to be that of the least likely one: it cannot be more.

    Raises:
        Unusable: neither a yes nor a no was considered.
    """
    seen = token.top_logprobs or (token,)
    yes, no = _probability(seen, _YES), _probability(seen, _NO)
    if yes == no == 0:
        raise Unusable(Cause.WRONG_SHAPE, "neither yes nor no")
    least = math.exp(min(top.logprob for top in seen))
    return math.log(yes or least) - math.log(no or least)


def _probability(seen: Iterable[TopToken], words: set[str]) -> float:
    return sum(math.exp(t.logprob) for t in seen if t.token.strip().lower() in words)

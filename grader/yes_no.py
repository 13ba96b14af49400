"""The yes/no questions about one answer, and the sentence that a yes rests on.

The answer stands first and the claim last, so that all questions on one answer share the longest
part of their prompt, which is read once. Small models judge well in this form and badly in every
longer one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader import prompt
from grader.assertion import Wording, without_emphasis, wording
from grader.calibrated import log_odds
from grader.nearest import nearest
from grader.own_words import Line, denial
from grader.prompt import Message
from grader.record import Cause, Evidence
from grader.request import Ask, Completion, Reply, Unusable, read
from grader.rubric import KeyPoint, Misconception
from grader.segment import Span

_TOP = 20
_NUMBER = re.compile(r"\d{1,4}")
_POINT, _CLAIM = "per-point", "per-claim"


@dataclass
class Questions:
    """What is asked about one answer.

    Attributes:
        lines: the sentences that the judge is shown.
        languages: those in which each key point is asked; their log-odds are averaged.
        parameters: further parameters of each request.
        replies: all that came back so far.
        replied: the model that says it replied.
    """

    ask: Ask
    lines: tuple[Line, ...]
    languages: tuple[str, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    replied: str | None = None

    async def point_log_odds(self, point: KeyPoint) -> float:
        """Log-odds that the answer makes the key point, the mean over the languages.

        Raises:
            Unusable: the reply holds no yes and no no.
        """
        odds = [await self._log_odds(_POINT, getattr(point, name)) for name in self.languages]
        return sum(odds) / len(odds)

    async def claim_log_odds(self, claim: Misconception) -> float:
        """Log-odds that the answer asserts the claim.

        Raises:
            Unusable: the reply holds no yes and no no.
        """
        return await self._log_odds(_CLAIM, claim.en)

    async def point_evidence(self, point: KeyPoint) -> Evidence:
        """The sentence that makes the key point: the nearest in words, else the model's choice.

        Raises:
            Unusable: no word is shared, and the model named no sentence that is there.
        """
        wordings = (point.en, point.zh, point.notes.met, point.notes.partial or "")
        return await self._evidence(_POINT, getattr(point, self.languages[-1]), wordings)

    async def claim_evidence(self, claim: Misconception) -> Evidence:
        """The sentence that asserts the claim: the nearest in words, else the model's choice.

        Raises:
            Unusable: no word is shared, and the model named no sentence that is there.
        """
        return await self._evidence(_CLAIM, claim.en, (claim.en, claim.zh))

    def denied(self, point: KeyPoint) -> Evidence | None:
        """The sentence that denies the key point word for word: that needs no question."""
        found = denial(self.lines, self._said, (wording(point.en), wording(point.zh)))
        return _as_evidence(found) if found else None

    async def _log_odds(self, template: str, text: str) -> float:
        parameters = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": _TOP}
        completion = await self._ask(self._question(template, text), parameters)
        return log_odds(completion.first_token)

    async def _evidence(self, template: str, text: str, wordings: Sequence[str]) -> Evidence:
        spans = [line.span for line in self.lines]
        place = 0 if len(spans) == 1 else nearest(wordings, [line.shown for line in self.lines])
        if place is not None:
            return _as_evidence(spans[place])
        messages = [
            *self._question(template, text),
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": prompt.fill("per-point-evidence").strip()},
        ]
        completion = await self._ask(messages, {"max_tokens": 4, "temperature": 0})
        named = _NUMBER.search(completion.written)
        if named is None or not 1 <= int(named[0]) <= len(spans):
            raise Unusable(Cause.QUOTE_NOT_FOUND, "it named no sentence of the answer")
        return _as_evidence(spans[int(named[0]) - 1])

    @cached_property
    def _said(self) -> list[Wording]:
        return [wording(line.shown) for line in self.lines]

    @cached_property
    def _shown(self) -> str:
        """The answer, its sentences numbered, as it stands before every question. A small model
        takes emphasis for content: it is left out."""
        lines = (
            prompt.fill("per-point-sentence", number=str(n), sentence=without_emphasis(line.shown))
            for n, line in enumerate(self.lines, 1)
        )
        return prompt.fill("per-point-answer", answer="".join(lines).rstrip("\n"))

    def _question(self, template: str, text: str) -> list[Message]:
        asked = self._shown + prompt.fill(template, text=text).strip()
        system = prompt.fill("per-point-system").strip()
        return [{"role": "system", "content": system}, {"role": "user", "content": asked}]

    async def _ask(self, messages: list[Message], parameters: dict[str, Any]) -> Completion:
        reply = await self.ask({"messages": messages, **parameters, **self.parameters})
        self.replies.append(reply)
        completion = read(reply)
        self.replied = completion.model or self.replied
        return completion


def _as_evidence(span: Span) -> Evidence:
    return Evidence(text=span.text, start=span.start, end=span.end)

"""Drafting with a small model: short questions about single sentences of the source.

A small model cannot write a rubric, but it can tell which sentences answer a question, and
translate one. So key points are sentences of the source, as they stand; what the model adds is
the other language and, for the first few, a wrong claim to look out for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.authoring.check.wording import CHINESE, LONGEST
from grader.authoring.check.words import numbers, pattern, tokens
from grader.authoring.draft.assemble import hedged, restates
from grader.authoring.draft.file import texts
from grader.authoring.draft.proposal import (
    BOTH,
    Importance,
    Proposal,
    ProposedClaim,
    ProposedDoubt,
    ProposedPoint,
)
from grader.authoring.draft.source import Quotation, SourceText
from grader.judge import prompts
from grader.judge.forms import log_odds
from grader.judge.items import object_schema
from grader.llm.objects import object_in
from grader.llm.request import Ask, Reply, Unusable, read

MOST_ASKED = 60
"""Sentences that the model is asked about; of a longer source the first ones."""
POINTS = 6
CLAIMS = 2
_FEWEST_TOKENS = {"en": 5, "zh": 7}
"""Fewer are a label, not a statement."""
_ITEM = re.compile(r"^\s*(?:[-*+•·▪◦‣]|[(（]?\d{1,2}[.)、)])\s*")
_LOOSE = ";,\uff1b\uff0c"
_PAUSE = re.compile(r"[\uff0c\uff1b]|[,;](?=[\s\u3400-\u9fff])")


@dataclass
class Steps:
    """Drafts in small steps.

    Attributes:
        languages: English and Chinese, or one language, which the source is then taken to be in.
        passed_over: how many sentences were left out because there are too many.
    """

    ask: Ask
    parameters: dict[str, Any] = field(default_factory=dict)
    passed_over: int = 0
    languages: Sequence[str] = BOTH

    async def propose(self, source: SourceText, question: str) -> Proposal:
        """A proposal of which every key point is a sentence of the source.

        Raises:
            Unusable: the model gives no log-probabilities, or replies nothing that can be read.
            ModelFailed: no request to the model can succeed.
        """
        question = question or _ITEM.sub("", source.title)
        asked = [s for s in source.statements if _can_stand_alone(s)]
        self.passed_over = max(len(asked) - MOST_ASKED, 0)
        unsure = [s for s in source.statements if hedged(s)]
        ranked = await self._ranked(question, asked[:MOST_ASKED])
        points = await self._points(ranked)
        claims = [await self._claim(point) for point in points[:CLAIMS]]
        return Proposal(
            **_named(await self._texts(question), "question"),
            key_points=tuple(points),
            misconceptions=tuple(claim for claim in claims if claim),
            doubts=tuple(ProposedDoubt(quote=s.text, why=_hedge(s)) for s in unsure),
        )

    async def _ranked(self, question: str, asked: Sequence[Quotation]) -> list[Quotation]:
        """The sentences, those that answer the question best first."""
        odds = []
        for said in asked:
            text = prompts.fill("draft-fact", question=question, sentence=said.text)
            form = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 20}
            odds.append(log_odds(read(await self._send(text, form)).first_token))
        order = sorted(range(len(asked)), key=lambda n: -odds[n])
        return [asked[n] for n in order]

    async def _points(self, ranked: Sequence[Quotation]) -> list[ProposedPoint]:
        """The first sentences that the model can say in both languages."""
        found: list[ProposedPoint] = []
        for said in ranked[: 2 * POINTS]:
            if len(found) == POINTS:
                break
            if point := await self._point(said, len(found)):
                found.append(point)
        return found

    async def _point(self, said: Quotation, rank: int) -> ProposedPoint | None:
        """The sentence as a key point, or its first clause where the whole is too long; None
        where the model cannot say it in the other language."""
        importance: Importance = "core" if rank < POINTS // 2 else "important"
        for text in _shortened(_ITEM.sub("", said.text).rstrip(_LOOSE)):
            worded = await self._texts(text)
            if all(worded.values()):
                return ProposedPoint(quote=text, importance=importance, **texts("notes"), **worded)
        return None

    async def _claim(self, point: ProposedPoint) -> ProposedClaim | None:
        """A wrong claim about what a key point says; None where the model only repeats it."""
        fact = point.said(self.languages[0])
        wrong = await self._text("draft-opposite", fact)
        if not wrong or restates(wrong, fact):
            return None
        right = {tag: point.said(tag) for tag in self.languages}
        worded = await self._texts(wrong) | _named(right, "correction")
        return ProposedClaim.model_validate({"quote": point.quote, **worded})

    async def _texts(self, text: str) -> dict[str, str]:
        """The text by language: as it stands where there is but one, else also translated."""
        if len(self.languages) == 1:
            return {self.languages[0]: text}
        return dict(zip(BOTH, await self._both(text), strict=True))

    async def _both(self, text: str) -> tuple[str, str]:
        """The text in English and in Chinese, what it is in already as it stands; empty where the
        model cannot say it in the other, short enough."""
        if not CHINESE.search(text):
            zh = await self._text("draft-into-chinese", text)
            return text, zh if _translates(zh, text, "zh") else ""
        en = await self._text("draft-into-english", text)
        return en if _translates(en, text, "en") else "", text

    async def _text(self, template: str, text: str) -> str:
        schema = object_schema({"text": {"type": "string"}})
        form = {"name": "text", "strict": True, "schema": schema}
        reply = await self._send(
            prompts.fill(template, text=text),
            {
                "max_tokens": 200,
                "temperature": 0,
                "response_format": {"type": "json_schema", "json_schema": form},
            },
        )
        try:
            return str(object_in(read(reply), lambda value: set(value) == {"text"})["text"])
        except Unusable:
            return ""  # an incomplete key point is dropped by code

    async def _send(self, text: str, form: dict[str, Any]) -> Reply:
        system = prompts.fill("per-point-system").strip()
        messages = [
            {"role": "system", "content": system},
            {"role": "user", "content": text.strip()},
        ]
        return await self.ask({"messages": messages, **form, **self.parameters})


def _named(texts: dict[str, str], name: str) -> dict[str, str]:
    return {f"{name}_{tag}": text for tag, text in texts.items()}


def _hedge(said: Quotation) -> str:
    found = hedged(said)
    return found.why if found else ""


def _shortened(text: str) -> Iterator[str]:
    """The sentence, then its first clause if that says enough to stand alone."""
    yield text
    clause = _PAUSE.split(text, maxsplit=1)[0]
    if clause != text and _says_enough(clause):
        yield clause


def _says_enough(text: str) -> bool:
    return len(tokens(text)) >= _FEWEST_TOKENS["zh" if CHINESE.search(text) else "en"]


def _translates(text: str, original: str, wanted: str) -> bool:
    """Whether *text* can be a translation: in the language, short enough, no number made up."""
    spoken = bool(CHINESE.search(text)) == (wanted == "zh")
    made_up = {n for n in numbers(text) - numbers(original) if len(n) > 1}
    return spoken and len(text) <= LONGEST[wanted] and not made_up


def _can_stand_alone(said: Quotation) -> bool:
    """Whether the sentence can be a key point: short, no question, and clear by itself."""
    text = _ITEM.sub("", said.text)
    return (
        _says_enough(text)
        and len(text) <= LONGEST["zh" if CHINESE.search(text) else "en"]
        and not text.endswith(("?", "\uff1f", ":", "\uff1a"))
        and not pattern("leans").match(text)
        and not any(pattern(name).search(text) for name in ("vague", "adds", "instructs", "hedge"))
    )

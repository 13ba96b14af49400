"""What a judge is: gives a judgement of an answer, however and wherever it is asked."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from grader.answer import Answer
from grader.judge.defences import addressed
from grader.judge.items import Place
from grader.llm.request import Reply, usage
from grader.record import Evidence, JudgeInfo, MisconceptionGrade, PointGrade, SetAside, Usage
from grader.rubric.format import Rubric
from grader.text import quotes

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@dataclass(frozen=True)
class PartUsage:
    """What one of several judges used."""

    judge: JudgeInfo
    usage: Usage


@dataclass(frozen=True)
class Judgement:
    """The verdicts on one answer, their evidence located, and what it took to get them.

    Attributes:
        points: exactly one for each key point of the rubric, in its order.
        misconceptions: exactly one for each misconception, in its order.
        replied: the model that says it replied.
        set_aside: what of the answer the judge was not shown.
        spent: the usage of each judge, where several gave the verdicts; else empty.
    """

    points: tuple[PointGrade, ...]
    misconceptions: tuple[MisconceptionGrade, ...]
    feedback: str
    replied: str | None
    usage: Usage
    set_aside: tuple[SetAside, ...] = ()
    spent: tuple[PartUsage, ...] = ()


Heard = Callable[[PointGrade | MisconceptionGrade], None]
"""Is told each verdict as it comes. What is known only at the end may still turn one."""


def unheard(_: PointGrade | MisconceptionGrade) -> None:
    """Nobody listens."""


class Judge(Protocol):
    """Anything that judges answers."""

    @property
    def info(self) -> JudgeInfo:
        """Who judges and how it is asked."""

    @property
    def prompt_digest(self) -> str:
        """Digest of the words it is asked with."""

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """Judges the answer.

        Raises:
            ModelFailed: no request can succeed.
        """


def placer(rubric: Rubric, answer: Answer) -> Place:
    """Finds quotes in the answer that are the candidate's own claim.

    The question's words, and text that the integrity flags mark as an instruction, a verdict or
    a role, are not.
    """
    question = "\n".join(rubric.question.wordings)
    barred = addressed(answer)

    def place(quote: str) -> Evidence | None:
        span = quotes.locate(quote, answer.text, question)
        if span is None or any(f.start <= span.start and span.end <= f.end for f in barred):
            return None
        return Evidence(text=span.text, start=span.start, end=span.end)

    return place


def language(text: str) -> str:
    """``zh`` for an answer with a fair share of Chinese in it, else ``en``."""
    letters = sum(map(str.isalpha, text))
    chinese = len(text) - len(_CHINESE.sub("", text))
    # One Chinese character says about as much as three Latin letters.
    return "zh" if 3 * chinese > letters - chinese else "en"


def sum_usage(parts: Iterable[Usage]) -> Usage:
    """What judgements used together, their cost left out: it is added where the price is known."""
    priced = [part.model_copy(update={"cost_usd": 0.0}) for part in parts if part.calls]
    return sum(priced, start=Usage(from_ledger=bool(priced), cost_usd=0.0))


def total_usage(replies: Sequence[Reply]) -> Usage:
    """What all replies used together."""
    parts = [usage(reply) for reply in replies]
    return Usage(
        input_tokens=sum(part.input_tokens for part in parts),
        cached_tokens=sum(part.cached_tokens for part in parts),
        output_tokens=sum(part.output_tokens for part in parts),
        calls=len(parts),
        from_ledger=bool(parts) and all(reply.from_ledger for reply in replies),
    )

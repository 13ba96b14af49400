"""Everything about an answer in one structured reply, and once more for what was unusable."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader.answer import Answer
from grader.judge import prompts
from grader.judge.base import Judgement, language, placer, total_usage
from grader.judge.items import Item, Place, claims, points, reply_schema
from grader.judge.prompts import Message
from grader.llm.request import Ask, Reply, Unusable, read
from grader.record import Cause, JudgeInfo, MisconceptionGrade, PointGrade
from grader.rubric.format import Rubric

_LONGEST_FEEDBACK = 2000


@dataclass(frozen=True)
class OneCall:
    """Asks everything at once.

    Attributes:
        parameters: further parameters of the request (temperature, ...), sent only as given.
    """

    ask: Ask
    info: JudgeInfo
    parameters: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the templates."""
        return prompts.digest(*prompts.ONE_CALL, *prompts.AGAIN)

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """One call, and one more for each item whose verdict cannot be used.

        A reply from which nothing can be read is not asked again item by item: that would cost
        as many calls as there are items, and a model that refused once refuses again.
        """
        reply = await self.ask(self.body(rubric, answer))
        items: list[Item] = [*points(rubric), *claims(rubric, language(answer.text))]
        try:
            whole, replied = _content(reply)
        except Unusable as unusable:
            return _judgement([i.ungraded(unusable.cause) for i in items], "", None, [reply])
        asked = _Asked(self, rubric, answer, placer(rubric, answer), [reply])
        grades = [await asked.settle(item, _value(whole, item)) for item in items]
        feedback = whole.get("feedback")
        text = feedback[:_LONGEST_FEEDBACK] if isinstance(feedback, str) else ""
        return _judgement(grades, text, replied, asked.replies)

    def body(self, rubric: Rubric, answer: Answer) -> dict[str, Any]:
        """The body of the request but for the model."""
        return self.request_body(prompts.one_call(rubric, answer), reply_schema(rubric))

    def request_body(self, messages: list[Message], schema: dict[str, Any]) -> dict[str, Any]:
        """A chat completion's body that asks for *schema*, strictly."""
        return {
            "messages": messages,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "judgement", "strict": True, "schema": schema},
            },
            **self.parameters,
        }


@dataclass
class _Asked:
    """The asking about one answer: settles each item, with a second call where it needs one."""

    judge: OneCall
    rubric: Rubric
    answer: Answer
    place: Place
    replies: list[Reply]

    async def settle(self, item: Item, value: object) -> PointGrade | MisconceptionGrade:
        try:
            return item.read(value, self.place)
        except Unusable as first:
            problem = "quote" if first.cause == Cause.QUOTE_NOT_FOUND else "shape"
        messages = prompts.again(self.rubric, self.answer, item.text, problem)
        reply = await self.judge.ask(self.judge.request_body(messages, item.schema))
        self.replies.append(reply)
        try:
            return item.read(_content(reply)[0], self.place)
        except Unusable as second:
            return item.ungraded(second.cause)


def _content(reply: Reply) -> tuple[dict[str, Any], str | None]:
    """The JSON object that the model wrote, and the model's name.

    Raises:
        Unusable: there is no such object, or one of its names stands twice, so that nobody
            can say which value was meant.
    """
    completion = read(reply)
    text = completion.text.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.removeprefix("```json").strip("`")
    try:
        value = json.loads(text, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError):
        raise Unusable(Cause.NOT_JSON) from None
    if not isinstance(value, dict):
        raise Unusable(Cause.WRONG_SHAPE)
    return value, completion.model


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _value(whole: dict[str, Any], item: Item) -> object:
    group = whole.get(item.group)
    return group.get(item.id) if isinstance(group, dict) else None


def _judgement(
    grades: list[PointGrade | MisconceptionGrade],
    feedback: str,
    replied: str | None,
    replies: list[Reply],
) -> Judgement:
    return Judgement(
        points=tuple(g for g in grades if isinstance(g, PointGrade)),
        misconceptions=tuple(g for g in grades if isinstance(g, MisconceptionGrade)),
        feedback=feedback,
        replied=replied,
        usage=total_usage(replies),
    )

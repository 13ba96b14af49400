"""How an endpoint is asked by default: everything about an answer in one structured reply.

What of it cannot be used is asked for once more.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader.answer import Answer
from grader.judge import prompts
from grader.judge.base import Heard, Judgement, language, placer, total_usage, unheard
from grader.judge.items import TOO_SHORT, Item, Place, claims, points, reply_schema
from grader.judge.prompts import Message
from grader.judge.stated import StatedConfidence
from grader.llm.objects import Fits, object_in, values_in
from grader.llm.request import Ask, Completion, Reply, Unusable, read
from grader.record import Cause, JudgeInfo, MisconceptionGrade, PointGrade
from grader.rubric.format import Rubric

_LONGEST_FEEDBACK = 2000
_MENDABLE = {Cause.NOT_JSON, Cause.WRONG_SHAPE, Cause.QUOTE_NOT_FOUND}
"""Causes for which the whole is asked for once more."""
ItemGrade = PointGrade | MisconceptionGrade


@dataclass(frozen=True)
class OneCall:
    """Asks everything at once.

    Attributes:
        parameters: further parameters of the request (temperature, ...), sent only as given.
        stated: the model's own probabilities of the words for its confidence, where fitted.
        heard: is told each verdict as it comes: those of the first reply together.
    """

    ask: Ask
    info: JudgeInfo
    parameters: dict[str, Any] = field(default_factory=dict)
    stated: StatedConfidence | None = None
    heard: Heard = unheard

    @cached_property
    def prompt_digest(self) -> str:
        """Digest of the templates, and of what stated words are taken for."""
        fitted = json.dumps(self.stated.chances, sort_keys=True) if self.stated else ""
        return prompts.digest(*prompts.ONE_CALL, *prompts.AGAIN, also=fitted)

    def sure_as_fitted(self, point: PointGrade) -> PointGrade:
        """Returns the grade with the model's own probability of the word that it stated."""
        if self.stated is None:
            return point
        sure = self.stated.applied(point.confidence)
        return point.model_copy(update={"confidence": sure})

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        """One call, and one more for each item whose verdict cannot be used.

        Where not one verdict can be used, the whole is asked for once more, not item by item:
        that would cost as many calls as there are items. A model that refused once refuses again,
        and is not asked.
        """
        asked = _Asked(self, rubric, answer, placer(rubric, answer), [])
        first = await asked.whole(self.body(rubric, answer))
        if first.grades:
            grades = [await asked.settle(item, grade) for item, grade in first.grades]
            return asked.judgement(grades, first)
        if first.problem is None or first.problem.cause not in _MENDABLE:
            return asked.judgement(asked.ungraded(first), first)
        messages = prompts.whole_again(rubric, answer)
        second = await asked.whole(self.request_body(messages, reply_schema(rubric)))
        if not second.grades:
            return asked.judgement(asked.ungraded(second), second)
        grades = [
            item.ungraded(grade.cause, grade.detail) if isinstance(grade, Unusable) else grade
            for item, grade in second.grades
        ]
        return asked.judgement(grades, second)

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


@dataclass(frozen=True)
class _Whole:
    """What a whole reply came to.

    Attributes:
        grades: each item's grade or why it has none; empty where not one could be used.
        problem: why not one could be used.
    """

    grades: tuple[tuple[Item, ItemGrade | Unusable], ...] = ()
    problem: Unusable | None = None
    feedback: str = ""
    replied: str | None = None


@dataclass
class _Asked:
    """The asking about one answer: settles each item, with a second call where it needs one."""

    judge: OneCall
    rubric: Rubric
    answer: Answer
    place: Place
    replies: list[Reply]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return (*points(self.rubric), *claims(self.rubric, language(self.answer.text)))

    async def whole(self, body: dict[str, Any]) -> _Whole:
        """Asks for everything at once."""
        reply = await self.judge.ask(body)
        self.replies.append(reply)
        try:
            completion = read(reply)
            value = object_in(completion, self._is_judgement)
        except Unusable as unusable:
            return _Whole(problem=unusable)
        grades = tuple((item, self._read(item, _value(value, item))) for item in self.items)
        problems = [grade for _, grade in grades if isinstance(grade, Unusable)]
        if len(problems) == len(grades):
            return _Whole(problem=problems[0])
        for _, grade in grades:
            if not isinstance(grade, Unusable):
                self.judge.heard(grade)
        feedback = value.get("feedback")
        text = feedback[:_LONGEST_FEEDBACK] if isinstance(feedback, str) else ""
        return _Whole(grades, None, text, completion.model)

    async def settle(self, item: Item, grade: ItemGrade | Unusable) -> ItemGrade:
        """The grade, asked for once more, alone, where there is none."""
        if not isinstance(grade, Unusable):
            return grade
        problem = "quote" if grade.cause == Cause.QUOTE_NOT_FOUND else "shape"
        if grade.detail == TOO_SHORT:
            problem = "short"
        messages = prompts.again(self.rubric, self.answer, item.text, problem)
        reply = await self.judge.ask(self.judge.request_body(messages, item.schema))
        self.replies.append(reply)
        try:
            settled = item.read(self._alone(item, read(reply)), self.place)
        except Unusable as second:
            settled = item.ungraded(second.cause, second.detail)
        self.judge.heard(settled)
        return settled

    def _alone(self, item: Item, completion: Completion) -> object:
        """What the reply to one item alone holds for it, though it be inside a whole judgement."""
        others = {each.id for each in self.items if each.id != item.id}
        groups = {each.group for each in self.items}
        try:
            return object_in(completion, self._is_item(item), frozenset(others | groups))
        except Unusable:
            return _value(object_in(completion, self._is_judgement), item)

    def ungraded(self, whole: _Whole) -> list[ItemGrade]:
        """Every item ungraded for the same cause."""
        problem = whole.problem or Unusable(Cause.WRONG_SHAPE)
        return [item.ungraded(problem.cause, problem.detail) for item in self.items]

    def judgement(self, grades: list[ItemGrade], whole: _Whole) -> Judgement:
        """The judgement that the grades make."""
        return Judgement(
            points=tuple(self.judge.sure_as_fitted(g) for g in grades if isinstance(g, PointGrade)),
            misconceptions=tuple(g for g in grades if isinstance(g, MisconceptionGrade)),
            feedback=whole.feedback,
            replied=whole.replied,
            usage=total_usage(self.replies),
        )

    def _read(self, item: Item, value: object) -> ItemGrade | Unusable:
        try:
            return item.read(value, self.place)
        except Unusable as unusable:
            return unusable

    @cached_property
    def _written(self) -> list[object]:
        """JSON that stands in the answer: where a reply repeats it, it is not the judge's."""
        return values_in(self.answer.text)

    def _is_judgement(self, value: dict[str, Any]) -> bool:
        known = {item.group for item in self.items if isinstance(_value(value, item), dict)}
        return bool(known) and value not in self._written

    def _is_item(self, item: Item) -> Fits:
        return lambda value: item.decision in value and value not in self._written


def _value(whole: dict[str, Any], item: Item) -> object:
    """What a reply holds for an item: under its name, or in a list under its ``id``."""
    group = whole.get(item.group)
    if isinstance(group, list):
        named = [each for each in group if isinstance(each, dict) and each.get("id") == item.id]
        return named[0] if len(named) == 1 else None
    return group.get(item.id) if isinstance(group, dict) else None

"""Grades one answer: judge, add up, and write the record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from grader import __version__, scoring
from grader.answer import Answer, has_content, points_elsewhere
from grader.judge.base import Judge, Judgement, language
from grader.judge.defences import look, own_text
from grader.judge.items import claims, points
from grader.llm.price import cost
from grader.record import Cause, Digests, Grade, JudgeInfo, PointGrade, Usage, Verdict
from grader.rubric.format import Rubric
from grader.text.catalogue import words_in

_BY_CODE = JudgeInfo(kind="code", ask="none", model="none")


@dataclass(frozen=True)
class Attempt:
    """An answer and what is known of who gave it.

    Attributes:
        id: names the answer in results and ratings.
    """

    answer: Answer
    id: str
    candidate: str | None = None
    attempted_at: datetime | None = None


async def grade(
    rubric: Rubric,
    attempt: Attempt,
    judge: Judge,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    price: Callable[[Usage, JudgeInfo], float | None] | None = None,
) -> Grade:
    """The whole record of one answer.

    An answer with nothing gradable in it, or nothing but text that speaks to the grader, is
    decided here, with no call to the judge. One that only points to a picture or a file stays
    ungraded: a person must look at that.

    Args:
        price: US dollars for what a judge used, where it is not the live price that is paid.

    Raises:
        ModelFailed: no request to the judge can succeed.
    """
    answer = attempt.answer
    info, digest = judge.info, judge.prompt_digest
    asked = rubric.question.wordings
    if points_elsewhere(answer, asked):
        judgement, info, digest = _not_here(rubric, answer), _BY_CODE, ""
    elif has_content(own_text(answer), asked):
        judgement = await judge.judge(rubric, answer)
    else:
        judgement, info, digest = _nothing_said(rubric, answer), _BY_CODE, ""
    return Grade(
        question=rubric.id,
        answer_id=attempt.id,
        candidate=attempt.candidate,
        attempted_at=attempt.attempted_at,
        score=scoring.total(judgement.points, judgement.misconceptions, rubric.scheme),
        key_points=judgement.points,
        groups=rubric.scheme.groups,
        misconceptions=judgement.misconceptions,
        feedback=judgement.feedback,
        flags=answer.flags,
        set_aside=judgement.set_aside,
        judge=info.model_copy(update={"replied": judgement.replied}),
        usage=_priced(judgement, info, price),
        digests=Digests(answer=answer.digest, rubric=rubric.digest, prompt=digest),
        graded_at=now(),
        version=__version__,
    )


def _nothing_said(rubric: Rubric, answer: Answer) -> Judgement:
    missed = tuple(
        PointGrade(id=i.id, weight=i.point.weight, verdict=Verdict.MISSED, confidence=1.0)
        for i in points(rubric)
    )
    spoken = _spoken(rubric, answer)
    held = tuple(i.grade(asserted=False) for i in claims(rubric, spoken))
    feedback = str(words_in(spoken)["feedback_nothing"])
    aside = look(answer, rubric).set_aside
    return Judgement(missed, held, feedback, None, Usage(cost_usd=0.0), aside)


def _spoken(rubric: Rubric, answer: Answer) -> str:
    """The language to speak in: the answer's, or the question's where nothing is said."""
    silent = not any(map(str.isalpha, answer.text))
    return language(rubric.question.wordings[0] if silent else answer.text)


def _not_here(rubric: Rubric, answer: Answer) -> Judgement:
    spoken = _spoken(rubric, answer)
    open_points = tuple(i.ungraded(Cause.NOT_IN_TEXT) for i in points(rubric))
    open_claims = tuple(i.ungraded(Cause.NOT_IN_TEXT) for i in claims(rubric, spoken))
    feedback = str(words_in(spoken)["feedback_not_here"])
    return Judgement(open_points, open_claims, feedback, None, Usage(cost_usd=0.0))


def _priced(
    judgement: Judgement,
    info: JudgeInfo,
    price: Callable[[Usage, JudgeInfo], float | None] | None,
) -> Usage:
    """The usage with its cost: of several judges, what each of them cost."""
    usage = judgement.usage

    def priced(used: Usage, judge: JudgeInfo) -> float | None:
        return price(used, judge) if price and judge.kind == "endpoint" else _cost(used, judge)

    if judgement.spent:
        costs = [priced(part.usage, part.judge) for part in judgement.spent if part.usage.calls]
        known = [paid for paid in costs if paid is not None]
        paid = sum(known, start=0.0) if len(known) == len(costs) else None
    else:
        paid = priced(usage, info)
    return usage.model_copy(update={"cost_usd": paid})


def _cost(usage: Usage, info: JudgeInfo) -> float | None:
    return cost(usage, info.model, info.endpoint) if info.kind == "endpoint" else 0.0

"""A model that is asked about one claim at a time, and replies by a rule."""

import asyncio
from collections.abc import Callable
from typing import Literal

from grader import answer as answers
from grader.judge.base import Judgement
from grader.judge.curves import TeamLevel
from grader.judge.per_point import PerPoint
from grader.llm.request import Reply, Request, said
from grader.record import PointGrade
from grader.rubric.files import load_rubric
from grader.rubric.format import KeyPoint, Misconception
from grader.util.files import data_folder
from tests.support.fakes import INFO, FakeModel, completed, completion

FormName = Literal["trained", "yes-no"]
FORMS: tuple[FormName, ...] = ("trained", "yes-no")
RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
ALL: tuple[KeyPoint | Misconception, ...] = (*RUBRIC.key_points, *RUBRIC.misconceptions)
LINES = ["Shared memory has 32 banks.", "Padding helps.", "同一个字的访问会广播。"]
TEXT = " ".join(LINES)
OFF_SUBJECT = (
    "To make a brown butter sauce, melt the butter over medium heat, swirl until the milk solids "
    "turn hazelnut brown, and add lemon juice with capers."
)
CLAIMS = len(ALL)


def by_rule(form: FormName, word: Callable[[str], str], line: int = 2) -> FakeModel:
    """A model that is sure of *word* of each claim, and names *line*.

    A word with `` [`` and a number behind it names that one; with ``.`` it names none.
    """

    def trained(request: Request) -> Reply:
        prompt = said(request.body)
        if prompt.endswith("["):
            return Reply(body=completed(str(line), {str(line): 0.0}))
        written, _, number = word(claim_of(request)).partition(" [")
        if written in ("No", "Yes.", "Half.", "Wrong."):
            return Reply(body=completed(written.rstrip("."), {written.rstrip("."): 0.0}))
        number = number or str(line)
        text = f"{written} [{number}"
        return Reply(body=completed(text, {written: 0.0}, {" [": 0.0}, {number: 0.0}))

    def yes_no(request: Request) -> Reply:
        if "logprobs" not in request.body:
            return Reply(body=completion(f"{line}."))
        odds = 20.0 if word(claim_of(request)).startswith("Yes") else -20.0
        return Reply(body=completion("x", logprobs={"Yes": min(odds, 0.0), "No": min(-odds, 0.0)}))

    return FakeModel(trained if form == "trained" else yes_no)


def claim_of(request: Request) -> str:
    """The key point or misconception that is asked about."""
    return next(claim.text("en") for claim in ALL if claim.text("en") in said(request.body))


def saying(form: FormName, **words: str) -> FakeModel:
    """Says the word given for an item (its id with ``_`` for ``-``), and No of all others."""
    ids = {c.en: c.id.replace("-", "_") for c in ALL}
    return by_rule(form, lambda claim: words.get(ids[claim], "No"))


def judge(
    model: FakeModel, form: FormName = "trained", text: str = TEXT, level: TeamLevel | None = None
) -> Judgement:
    judge_ = PerPoint(model.ask, INFO, form, level)
    return asyncio.run(judge_.judge(RUBRIC, answers.from_text(text, "t")))


def point(judged: Judgement, name: str) -> PointGrade:
    return next(p for p in judged.points if p.id == name)


def quotes(found: PointGrade) -> list[str]:
    for piece in found.evidence:
        assert TEXT[piece.start : piece.end] == piece.text
    return [piece.text for piece in found.evidence]

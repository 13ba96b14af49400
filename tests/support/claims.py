"""A model that is asked about one claim at a time, and replies by a rule."""

from collections.abc import Callable
from typing import Literal

from grader.llm.request import Reply, Request, said
from grader.rubric.files import load_rubric
from grader.rubric.format import KeyPoint, Misconception
from grader.util.files import data_folder
from tests.support.fakes import FakeModel, completed, completion

FormName = Literal["trained", "yes-no"]
FORMS: tuple[FormName, ...] = ("trained", "yes-no")
RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
ALL: tuple[KeyPoint | Misconception, ...] = (*RUBRIC.key_points, *RUBRIC.misconceptions)


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
    return next(claim.en for claim in ALL if claim.en in said(request.body))

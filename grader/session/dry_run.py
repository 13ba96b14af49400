"""What a run would ask for and cost, estimated without asking."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from grader import grading
from grader.errors import BadInput
from grader.grading import Attempt
from grader.judge.base import Judge
from grader.ledger.ledger import Ledger
from grader.llm.price import guess
from grader.llm.request import Ask, Model, Reply, Request
from grader.record import Cause, Usage
from grader.session.entry import Entry, Problem, Questions
from grader.session.results import Results
from grader.util.digest_set import Seen

_NO = [{"token": "No", "logprob": 0.0}, {"token": "Yes", "logprob": -20.0}]


@dataclass
class Rehearsal:
    """A run in which nothing is sent: every reply that the ledger lacks is taken for empty.

    What would be asked only because of a reply (an unusable item once more, evidence for a key
    point, a further vote) is not counted.

    Attributes:
        answers: those that would be judged.
        kept: those that the results file holds.
        problems: what cannot be graded.
        usage: estimated, of the calls that would be paid for.
    """

    model: Model
    ledger: Ledger
    answers: int = 0
    kept: int = 0
    problems: int = 0
    usage: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    _asked: Seen = field(default_factory=Seen)

    async def run(
        self,
        found: Iterable[Entry | Problem],
        questions: Questions,
        judge: Callable[[Ask], Judge],
        results: Results | None,
    ) -> None:
        """Goes through the session."""
        judging = judge(self._ask)
        for one in found:
            attempt = _attempt(one)
            if isinstance(one, Problem) or attempt is None:
                self.problems += 1
                continue
            rubric, digest = questions.find(one.question), attempt.answer.digest
            names = (rubric.id, one.id, digest, rubric.digest, judging.prompt_digest)
            if results is not None and results.has(*names):
                self.kept += 1
                continue
            self.answers += 1
            await grading.grade(rubric, attempt, judging)

    async def _ask(self, body: dict[str, Any]) -> Reply:
        request = Request(self.model.endpoint, self.model.name, body)
        kept = self.ledger.find(request)
        if kept is not None:
            return kept
        if self._asked.add(hashlib.sha256(request.key.encode()).digest()):
            used = guess(body)
            self.usage = self.usage.model_copy(
                update={
                    "calls": self.usage.calls + 1,
                    "input_tokens": self.usage.input_tokens + used.input_tokens,
                    "output_tokens": self.usage.output_tokens + used.output_tokens,
                }
            )
        if body.get("logprobs"):
            token = {**_NO[0], "top_logprobs": _NO}
            choice = {"message": {"content": "No"}, "logprobs": {"content": [token]}}
            return Reply(body=json.dumps({"choices": [choice]}))
        return Reply(cause=Cause.TIMEOUT)


def _attempt(one: Entry | Problem) -> Attempt | None:
    if isinstance(one, Problem):
        return None
    try:
        return one.attempt()
    except BadInput:
        return None

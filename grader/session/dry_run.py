"""What a run would ask for and cost, estimated without asking."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from grader.judge.base import sum_usage
from grader.judge.choice import OpenJudge
from grader.ledger.ledger import Ledger
from grader.llm.price import guess
from grader.llm.request import Ask, Model, Reply, Request
from grader.record import Cause, Grade, Usage
from grader.session.entry import Entry, Problem, Questions
from grader.session.results import Results
from grader.session.run import SessionRun
from grader.util.digest_set import Seen

_NO = [{"token": "No", "logprob": 0.0}, {"token": "Yes", "logprob": -20.0}]


@dataclass
class CountedReplies:
    """Sends nothing: every reply that the ledger lacks is counted, and taken for empty.

    What would be asked only because of a reply (an unusable item once more, evidence for a key
    point, a further vote) is not counted.

    Attributes:
        usage: estimated, of the calls that would be paid for.
        leaves_open: what lacks is taken for unanswered, not for a no.
        others: what the other models would be asked, where several judge.
        fresh: everything is asked anew, whatever the ledger holds.
    """

    ledger: Ledger
    model: Model
    usage: Usage = field(default_factory=lambda: Usage(cost_usd=0.0))
    leaves_open: bool = False
    others: "list[CountedReplies]" = field(default_factory=list)
    fresh: bool = False
    _asked: Seen = field(default_factory=Seen)

    def to(self, model: Model) -> "CountedReplies":
        """Returns the same with *model* asked, counted apart."""
        self.others.append(CountedReplies(self.ledger, model, fresh=self.fresh))
        return self.others[-1]

    @property
    def all(self) -> "tuple[CountedReplies, ...]":
        """What each model would be asked, its own first."""
        return (self, *self.others)

    def sample(self, number: int) -> Ask:
        """Returns what gives reply *number* to a body, 0 the first."""
        return partial(self._reply, number)

    async def _reply(self, number: int, body: dict[str, Any]) -> Reply:
        request = Request(self.model.endpoint, self.model.name, body, number)
        kept = None if self.fresh else self.ledger.find(request)
        if kept is not None:
            return kept
        if self._asked.add(hashlib.sha256(request.key.encode()).digest()):
            self._count(guess(body))
        if body.get("logprobs") and not self.leaves_open:
            token = {**_NO[0], "top_logprobs": _NO}
            choice = {"message": {"content": "No"}, "logprobs": {"content": [token]}}
            return Reply(body=json.dumps({"choices": [choice]}))
        return Reply(cause=Cause.TIMEOUT)

    def _count(self, used: Usage) -> None:
        update = {
            "calls": self.usage.calls + 1,
            "input_tokens": self.usage.input_tokens + used.input_tokens,
            "output_tokens": self.usage.output_tokens + used.output_tokens,
        }
        self.usage = self.usage.model_copy(update=update)


@dataclass
class Rehearsal:
    """What a run would do.

    Attributes:
        answers: those that would be judged.
        kept: those that the results file holds.
        problems: what cannot be graded.
        most_calls: of one call an answer, with all that may be asked again.
    """

    replies: CountedReplies
    opened: OpenJudge
    answers: int = 0
    kept: int = 0
    problems: int = 0
    most_calls: int = 0
    _calls: dict[int, int] = field(default_factory=dict)

    @property
    def usage(self) -> Usage:
        """Estimated, of the calls that would be paid for."""
        return sum_usage(each.usage for each in self.replies.all)

    def priced(self, price: Callable[[Usage, OpenJudge], float | None]) -> float | None:
        """Returns the US dollars of all calls, each at its own model's price."""
        costs = [price(each.usage, part) for each, part in self._by_judge]
        known = [cost for cost in costs if cost is not None]
        return sum(known, start=0.0) if len(known) == len(costs) else None

    @property
    def _by_judge(self) -> Iterator[tuple[CountedReplies, OpenJudge]]:
        return zip(self.replies.all, self.opened.parts, strict=True)

    def graded(self, grade: Grade) -> None:
        """An answer would be judged."""
        self.answers += 1
        # All but one of its items may be asked for once more, alone.
        items = len(grade.key_points) + len(grade.misconceptions)
        for number, (counted, part) in enumerate(self._by_judge):
            calls = counted.usage.calls - self._calls.get(number, 0)
            self._calls[number] = counted.usage.calls
            again = max(items - 1, 1) if part.target.ask == "one-call" else 0
            self.most_calls += calls * (1 + again)

    def skipped(self, *, ungraded: bool) -> None:  # noqa: ARG002 - an estimate counts both alike
        """An answer was found in the results file."""
        self.kept += 1

    def problem(self, problem: Problem) -> None:  # noqa: ARG002 - the run itself tells them
        """Something of the session cannot be graded."""
        self.problems += 1


async def rehearse(
    entries: Iterator[Entry | Problem],
    questions: Questions,
    opened: OpenJudge,
    ledger: Ledger,
    results: Results | None,
) -> Rehearsal:
    """Goes through a session; nothing is sent, and nothing is kept.

    Of a cascade whatever the first judge has not replied to yet is counted as sent on.

    Raises:
        GraderError: the ledger or a rubric cannot be read.
    """
    fresh, cascade = opened.options.fresh, opened.options.then is not None
    counted = CountedReplies(ledger, opened.model, leaves_open=cascade, fresh=fresh)
    rehearsal = Rehearsal(counted, opened)
    judge = opened.judge_over(counted)
    run = SessionRun(questions.find, lambda _: judge, None if fresh else results, rehearsal)
    await run.run(entries)
    if run.stopped:
        raise run.stopped
    return rehearsal

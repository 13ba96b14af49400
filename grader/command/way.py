"""The way that a session takes to its model: one by one, in rounds, or over a cluster."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from grader.asking import Asking
from grader.batch import Batch
from grader.catalogue import Catalogue
from grader.choice import Bench
from grader.command.ray import OnRay, judge_env
from grader.command.via import Carried, Via, gathering
from grader.command.wanted import Wanted
from grader.command.watch import Watch
from grader.entry import Questions
from grader.judge import Judge
from grader.order import by_question
from grader.record import Usage
from grader.request import Ask
from grader.results import Results
from grader.rounds import Rounds

Work = Batch | Rounds | OnRay


@dataclass
class Way:
    """Makes the run over a session, and knows what came of it.

    Attributes:
        judge: makes the judge from a function that gives the replies of a sample.
        price: US dollars for a usage.
        concurrency: requests at once.
    """

    wanted: Wanted
    bench: Bench
    questions: Questions
    asking: Asking
    judge: Callable[[Callable[[int], Ask]], Judge]
    price: Callable[[Usage], float | None]
    concurrency: int
    say: Catalogue
    _carried: Carried | None = field(default=None, init=False)
    _on_ray: OnRay | None = field(default=None, init=False)

    @property
    def paid(self) -> int:
        """Replies that were paid for now."""
        carried = self._carried and self._carried.gather
        return (self._on_ray or carried or self.asking).paid

    @property
    def waiting(self) -> int:
        """Answers that wait for replies from elsewhere."""
        return self._carried.gather.waiting if self._carried else 0

    @property
    def unfinished(self) -> bool:
        """Whether answers wait that this run was to grade."""
        return self._carried is not None and self._carried.unfinished

    def end(self) -> None:
        """Says what waits, and what can be done about it."""
        if self._carried:
            self._carried.end()

    def work(self, results: Results | None, watch: Watch, stack: ExitStack) -> Work:
        """The run itself; *stack* closes what it opens."""
        via = self.wanted.via
        if via is None:
            judge = self.judge(self.asking.sample)
            return Batch(self.questions, judge, self.asking, results, watch)
        if via.kind == "ray":
            self._on_ray = self._ray(via, results, watch)
            return self._on_ray
        gather = gathering(
            via,
            stack,
            self.bench.model,
            self.asking.budget,
            questions=self.questions,
            ledger=self.bench.ledger,
            judge=self.judge,
            results=results,
            watch=watch,
            price=self.price,
        )
        self._carried = Carried(via, gather, self.say)
        read = self.wanted.session.read
        return self._carried.rounds(lambda: by_question(read(self.questions)), watch.say)

    def _ray(self, via: Via, results: Results | None, watch: Watch) -> OnRay:
        wanted = self.wanted
        return OnRay(
            paths=wanted.session.paths,
            out=via.parquet(wanted.out),
            ledger=self.bench.ledger,
            results=results,
            watch=watch,
            said=wanted.said,
            env=judge_env(),
            folders=wanted.session.folders,
            votes=wanted.votes,
            concurrency=self.concurrency,
            weights=wanted.weights,
            address=via.address,
            actors=via.actors,
        )

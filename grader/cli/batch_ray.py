"""What a running session says, and ``grade batch --via ray``."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import typer

from grader.errors import BadInput, GraderError
from grader.judge.choice import Options
from grader.ledger.ledger import Ledger
from grader.record import Grade
from grader.report.progress import bring_weights
from grader.rubric.files import load_rubrics
from grader.session.budget import Budget
from grader.session.entry import Entry, Problem
from grader.session.outcome import Counts, SessionOutcome
from grader.session.results import Results
from grader.session.run import Watch
from grader.text.safe import one_line

_BETWEEN_S = 0.1
_PROBLEMS_SHOWN = 50


@dataclass
class RunDisplay:
    """Adds up and shows what happens.

    Attributes:
        update: takes the answers done and a line about them.
        cost: US dollars in words.
    """

    outcome: SessionOutcome
    update: Callable[[int, str], None]
    budget: Budget
    cost: Callable[[float | None], str]
    counts: Counts = field(default_factory=Counts)
    _shown: float = 0.0

    def graded(self, grade: Grade) -> None:
        """An answer was judged now."""
        self.outcome.add(grade)
        self.counts.add(grade)
        self._show()

    def skipped(self) -> None:
        """An answer was found in the results file."""
        self.counts.add_kept()
        self._show()

    def problem(self, problem: Problem) -> None:
        """Something of the session cannot be graded."""
        self.counts.add_problem(problem)
        if self.counts.problems <= _PROBLEMS_SHOWN:
            typer.echo(f"grade: {one_line(str(problem))}", err=True)
        elif self.counts.problems == _PROBLEMS_SHOWN + 1:
            typer.echo("grade: and more like these, counted at the end", err=True)

    def say(self, text: str) -> None:
        """Shows *text* beside the bar."""
        self.update(self.counts.done, text)

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < _BETWEEN_S:
            return
        self._shown = now
        counts = self.counts
        self.update(
            counts.done,
            f"failed {counts.failed} · from ledger {counts.from_ledger}"
            f" · {counts.tokens:,} tokens · {self.cost(self.budget.spent_usd)}",
        )


def judge_env() -> dict[str, str]:
    """The environment's words on the judge, for processes that have another environment."""
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "GRADER_MODEL")
    return {name: os.environ[name] for name in names if name in os.environ}


@dataclass
class OnRay:
    """One run over a session, on a cluster.

    Attributes:
        out: the folder of Parquet files, on any filesystem that Ray knows.
        env: what decides the judge, the key among it.
        paid: replies paid for now, as far as the records say.
        stopped: why the run ended early, or None.
    """

    paths: tuple[str, ...]
    out: str
    ledger: Ledger
    results: Results | None
    watch: Watch
    said: Options
    env: dict[str, str] = field(repr=False)
    folders: tuple[Path, ...]
    votes: int
    concurrency: int
    weights: str | None
    address: str | None
    actors: int | None
    paid: int = 0
    stopped: BaseException | None = field(default=None, init=False)

    async def run(self, found: Iterator[Entry | Problem]) -> None:  # noqa: ARG002 - Ray reads
        """Grades everything and keeps the records."""
        # Ray holds up the event loop, which would hear of Ctrl-C only afterwards.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            for one in self._graded():
                if isinstance(one, Problem):
                    self.watch.problem(one)
                else:
                    await self._keep(one)
        except GraderError as error:
            self.stopped = error
        finally:
            signal.signal(signal.SIGINT, before)

    def _graded(self) -> Iterator[Grade | Problem]:
        try:
            from grader.session.elsewhere import ray
        except ImportError as error:
            raise BadInput(
                f"--via ray: {error}; pip install 'answer-grader[ray]' here and on every node"
            ) from None
        rubrics = {one.id: one for one in load_rubrics(self.folders)}
        work = ray.Work(
            self.said,
            rubrics,
            self.env,
            bring_weights,
            self.votes,
            self.concurrency,
            self.weights,
        )
        cluster = ray.Cluster(self.address, self.actors)
        yield from ray.grade(self.paths, self.out, self.ledger.path, work, cluster)

    async def _keep(self, grade: Grade) -> None:
        self.paid += 0 if grade.usage.from_ledger else grade.usage.calls
        if self.results is not None:
            self.results.append(grade)
        self.watch.graded(grade)
        await self.ledger.add_grade(grade)

"""``grade batch --via ray``: hands the session to a cluster and takes the records back."""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader import rubric
from grader.batch import Watch
from grader.choice import Options
from grader.entry import Entry, Problem
from grader.errors import BadInput, GraderError
from grader.ledger import Ledger
from grader.progress import bring_weights
from grader.record import Grade
from grader.results import Results


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
            from grader import via_ray
        except ImportError as error:
            raise BadInput(
                f"--via ray: {error}; pip install 'answer-grader[ray]' here and on every node"
            ) from None
        rubrics = {one.id: one for one in rubric.load_all(self.folders)}
        work = via_ray.Work(
            self.said,
            rubrics,
            self.env,
            bring_weights,
            self.votes,
            self.concurrency,
            self.weights,
        )
        cluster = via_ray.Cluster(self.address, self.actors)
        yield from via_ray.grade(self.paths, self.out, self.ledger.path, work, cluster)

    async def _keep(self, grade: Grade) -> None:
        self.paid += 0 if grade.usage.from_ledger else grade.usage.calls
        if self.results is not None:
            self.results.append(grade)
        self.watch.graded(grade)
        await self.ledger.add_grade(grade)

"""``grade batch --via ray``: a session that a cluster grades."""

import os
import signal
from collections.abc import Iterator

from grader.cli.batch_wanted import Via
from grader.cli.batch_way import RunParts
from grader.errors import BadInput, GraderError
from grader.llm.address import VARIABLES
from grader.llm.price import own_prices
from grader.record import Grade
from grader.report.progress import bring_weights
from grader.rubric.files import load_rubrics
from grader.session.entry import Entry, Problem
from grader.session.keep import KeptTogether


def judge_env() -> dict[str, str]:
    """The environment's words on the judge, for processes that have another environment."""
    names = (*VARIABLES, "GRADER_MODEL")
    return {name: os.environ[name] for name in names if name in os.environ}


class OnRay:
    """One run over a session, on a cluster.

    Attributes:
        paid: replies paid for now, as far as the records say.
        stopped: why the run ended early, or None.
    """

    waiting = 0
    unfinished = False

    def __init__(self, parts: RunParts, via: Via) -> None:
        self.paid = 0
        self.stopped: BaseException | None = None
        self._parts, self._via = parts, via
        self._kept = KeptTogether(parts.results, parts.bench.ledger)

    async def run(self, entries: Iterator[Entry | Problem]) -> None:  # noqa: ARG002 - Ray reads
        """Grades everything and keeps the records."""
        # Ray holds up the event loop, which would hear of Ctrl-C only afterwards.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            for graded in self._graded():
                if isinstance(graded, Problem):
                    self._parts.watch.problem(graded)
                else:
                    await self._hand_on(graded)
            await self._kept.finish()
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
        parts, wanted = self._parts, self._parts.wanted
        rubrics = {rubric.id: rubric for rubric in load_rubrics(wanted.session.folders)}
        work = ray.Work(
            wanted.said,
            rubrics,
            judge_env(),
            bring_weights,
            wanted.votes,
            parts.asking.pace.most,
            wanted.weights,
            wanted.session.columns,
            own_prices(),
        )
        cluster = ray.Cluster(self._via.address, self._via.actors)
        out, ledger = self._via.parquet(wanted.out), parts.bench.ledger.path
        yield from ray.grade(wanted.session.paths, out, ledger, work, cluster)

    async def _hand_on(self, grade: Grade) -> None:
        self.paid += 0 if grade.usage.from_ledger else grade.usage.calls
        try:
            await self._kept.keep(grade)
        finally:
            self._parts.watch.graded(grade)

    def end(self) -> None:
        """Nothing waits."""

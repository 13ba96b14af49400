"""Grading in a thread of its own, one answer after the other, while pages watch.

The judge is opened at the first answer and stays open, so that the embedded model starts once.
What a page shows of a grading is here; what counts is in the ledger and in the draft, so that
neither a closed page nor an ended server loses anything.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from grader.errors import GraderError
from grader.judge.options import JudgeOptions
from grader.llm.embedded import weights
from grader.llm.endpoint import Endpoint
from grader.record import MisconceptionGrade, PointGrade
from grader.rubric.format import Rubric
from grader.session.exercise import Exercise
from grader.session.grader import Grader, open_bench

Stage = Literal["waiting", "fetching", "starting", "asking", "done", "failed"]
_PATIENCE_S = 5
_LOG = logging.getLogger(__name__)


@dataclass
class Grading:
    """One answer on its way to its grade. Written by the judge's thread, read by pages.

    Attributes:
        fetched: per cent of the embedded model's file that is here, while it is fetched.
        told: the verdicts so far, in the order in which they came.
        failure: why there is no grade, in words; empty where there may be one.
    """

    rubric: Rubric
    stage: Stage = "waiting"
    fetched: int = 0
    told: list[PointGrade | MisconceptionGrade] = field(default_factory=list)
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in {"done", "failed"}

    def fail(self, why: str) -> None:
        """Ends it without a grade."""
        self.failure = why
        self.stage = "failed"


class JudgeThread:
    """Grades drafts of *exercise* by the judge that *said* names.

    Args:
        given: the embedded model's file; None looks for it, and fetches it where it is not here.
        tell: is told what ``grade doctor`` found wrong with the judge, and what an endpoint does
            not take of a request.
    """

    def __init__(
        self,
        exercise: Exercise,
        said: JudgeOptions,
        given: Path | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._exercise, self._said, self._given, self._tell = exercise, said, given, tell
        self._gradings: dict[str, Grading] = {}
        self._current: Grading | None = None
        self._open = AsyncExitStack()
        self._grader: Grader | None = None
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def of(self, question: str) -> Grading | None:
        """Returns the latest grading of the question, over or not; None if there was none."""
        return self._gradings.get(question)

    def is_grading(self, question: str) -> bool:
        """Whether an answer to the question is on its way."""
        latest = self.of(question)
        return latest is not None and not latest.is_over

    def hand_in(self, rubric: Rubric) -> Grading:
        """Has the draft for the question of *rubric* graded, behind those that wait; returns its
        grading, or the one that is under way."""
        with self._guard:
            latest = self.of(rubric.id)
            if latest is not None and not latest.is_over:
                return latest
            grading = self._gradings[rubric.id] = Grading(rubric)
            self._submit(self._grade(grading))
        return grading

    def close(self) -> None:
        """Ends what is under way, and the judge with it."""
        if self._loop is None or self._thread is None:
            return
        self._submit(self._end())
        self._thread.join(_PATIENCE_S)

    def _submit(self, work: Coroutine[object, object, None]) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._run, args=(self._loop,), daemon=True)
            self._turn = asyncio.Lock()
            self._thread.start()
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.close()

    async def _grade(self, grading: Grading) -> None:
        async with self._turn:
            self._current = grading
            grading.stage = "asking"
            try:
                grader = await self._opened()
                await self._exercise.grade(grader, grading.rubric, self._heard)
                grading.stage = "done"
            except GraderError as error:
                await self._shut()
                grading.fail(str(error))
            except Exception as error:  # noqa: BLE001 - told on the page, as the server goes on
                _LOG.exception("grading %s", grading.rubric.id)
                await self._shut()
                grading.fail(f"{type(error).__name__}: {error}")
            except asyncio.CancelledError:
                grading.fail("grade web ended")
                raise

    async def _opened(self) -> Grader:
        """The judge, which is opened anew after a failure: its engine may have died."""
        if self._grader is None:
            opened = open_bench(self._said, self._given, bring=self._bring, starting=self._starting)
            bench = await self._open.enter_async_context(opened)
            for part in bench.parts:
                if warning := bench.ledger.warning(part.info):
                    self._tell(f"careful with {part.model.name}: {warning} (grade doctor)")
                if isinstance(part.model, Endpoint):
                    part.model.tell = self._tell
            self._grader = Grader(bench)
        return self._grader

    async def _shut(self) -> None:
        self._grader = None
        await self._open.aclose()

    async def _end(self) -> None:
        loop = asyncio.get_running_loop()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._shut()
        loop.stop()

    def _heard(self, graded: PointGrade | MisconceptionGrade) -> None:
        if self._current is not None:
            # The model runs, whatever was told of its start
            self._current.stage = "asking"
            self._current.told.append(graded)

    def _starting(self) -> None:
        if self._current is not None:
            self._current.stage = "starting"

    def _bring(self, given: Path | None) -> Path:
        return weights.find(given) or weights.pull(self._fetching)

    def _fetching(self, _place: str, here: int, whole: int) -> None:
        if self._current is not None:
            self._current.stage = "fetching"
            self._current.fetched = 100 * here // whole if whole else 0

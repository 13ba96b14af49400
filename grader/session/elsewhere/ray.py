"""Grades on a Ray cluster. The one module that imports ray.

Ray Data reads the rows and spreads them over actors; what is graded twice because a node was
lost costs nothing, because every request asks the ledger first. The ledger has one keeper, an
actor on the machine that the run was started from: a reply counts once the keeper has it on its
disk, whatever becomes of the node that it came from.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa  # noqa: TID253 - nobody imports this module who does not need both
import ray  # noqa: TID253
import ray.data  # noqa: TID253
from pyarrow import dataset, fs  # noqa: TID253
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: TID253

from grader.errors import BadInput, GraderError, ModelFailed
from grader.judge import choice
from grader.judge.base import Judge
from grader.judge.options import JudgeOptions
from grader.llm.embedded.weights import own_model
from grader.llm.price import OwnPrice, use_prices
from grader.llm.request import Reply, Request
from grader.record import Grade
from grader.rubric.format import Rubric
from grader.session.elsewhere.keeper import KeptReplies, LedgerKeeper
from grader.session.entry import Entry, Problem
from grader.session.exports.columns import NO_COLUMNS, Columns
from grader.session.rows import told_rows
from grader.session.run import SessionRun, answers_at_once
from grader.util.digest_set import Seen

_BATCHES_AHEAD = 8
"""Answers that an actor is given at once, in requests that it sends at once: few enough that the
loss of a node loses little, enough that the last one of them does not keep the others waiting."""
_KEEPER_CALLS = 1000
_ROWS_AT_ONCE = 500
_PARQUET = {".parquet", ".pq"}
_TEXTS = ("question", "answer_id", "candidate", "record", "problem")
_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("percent", pa.float64())])


@dataclass(frozen=True)
class Work:
    """What every actor is told.

    Attributes:
        rubrics: by question; carried along, so that no node needs the files.
        env: the environment's words on the judge, the key among them.
        concurrency: requests that one actor sends at once.
        columns: what the user said of the keys or columns of the rows.
        prices: what models cost by the user's word.
        bring: fetches the embedded model's file where it is not yet.
    """

    options: JudgeOptions
    rubrics: dict[str, Rubric]
    env: dict[str, str] = field(repr=False)
    bring: Callable[[Path | None], Path]
    votes: int = 1
    concurrency: int = 16
    weights: str | None = None
    columns: Columns = NO_COLUMNS
    prices: dict[str, OwnPrice] = field(default_factory=dict)


@dataclass(frozen=True)
class Cluster:
    """Where the work is done.

    Attributes:
        address: of a running cluster; None starts one on this machine.
        actors: how many grade at once; None lets Ray choose by the cluster's size.
    """

    address: str | None = None
    actors: int | None = None


def grade(
    paths: tuple[str, ...], out: str, ledger: Path, work: Work, cluster: Cluster
) -> Iterator[Grade | Problem]:
    """Grades the rows of *paths* and writes them as Parquet to the folder *out*.

    Gives every record, and whatever could not be graded, read back from there. *paths* and
    *out* may be on any filesystem that Ray knows, such as ``s3://``.

    Raises:
        BadInput: a path does not exist, or is of no shape that is known.
        ModelFailed: no request can succeed, or the cluster gave the work up.
    """
    own = not ray.is_initialized()
    if own:
        where = cluster.address or "local"
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
        ray.init(address=where, log_to_driver=False, logging_level=logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        _run(paths, out, ledger, work, cluster)
    except ray.exceptions.RayError as error:
        raise _plain(error) from None
    finally:
        if own:
            ray.shutdown()
    yield from read(out)


def _run(paths: tuple[str, ...], out: str, ledger: Path, work: Work, cluster: Cluster) -> None:
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    keeper: Any = (
        ray.remote(LedgerKeeper)
        .options(num_cpus=0, max_concurrency=_KEEPER_CALLS, scheduling_strategy=here)
        .remote(ledger)
    )
    try:
        strategy = ray.data.ActorPoolStrategy(size=cluster.actors)
        # A block is what an actor is given, and what is done again when its node is lost.
        size = work.concurrency * _BATCHES_AHEAD
        graded = (
            _rows(paths)
            .repartition(target_num_rows_per_block=size)
            .map_batches(
                _Grader,
                batch_size=size,
                batch_format="pyarrow",
                compute=strategy if cluster.actors else ray.data.ActorPoolStrategy(min_size=1),
                num_cpus=_cores(cluster),
                fn_constructor_args=(keeper, work),
            )
        )
        graded.write_parquet(out, mode=ray.data.SaveMode.OVERWRITE)
    finally:
        # What the keeper was told is on its disk before it says so.
        ray.kill(keeper)


def _cores(cluster: Cluster) -> float:
    """What an actor may take of a core, so that one is left to read and write: the actors never
    give theirs back, and a run whose rows nobody can read would wait for ever."""
    all_cores = float(ray.cluster_resources().get("CPU", 1.0))
    return float(min(1.0, max(all_cores - 1.0, all_cores / 2) / (cluster.actors or 1)))


def _rows(paths: tuple[str, ...]) -> Any:  # noqa: ANN401 - ray has no types
    """A dataset of the rows: ``text`` with a JSON object, or the columns of a Parquet file."""
    parquet = [Path(path).suffix.lower() in _PARQUET for path in paths]
    whole = [path if "://" in path else str(Path(path).absolute()) for path in paths]
    if all(parquet):
        return ray.data.read_parquet(whole)
    if any(parquet):
        raise BadInput("--via ray: JSONL and Parquet in one call; give them one after another")
    return ray.data.read_text(whole, drop_empty_lines=True)


def read(out: str) -> Iterator[Grade | Problem]:
    """Yields the records that a run wrote, each answer once, and its problems."""
    seen = Seen()
    where, folder = fs.FileSystem.from_uri(out) if "://" in out else (fs.LocalFileSystem(), out)
    parts = dataset.dataset(folder, filesystem=where, format="parquet")
    for batch in parts.to_batches(batch_size=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            if row["problem"]:
                yield Problem(row["answer_id"], row["problem"])
            elif seen.add(
                hashlib.sha256(f"{row['question']}\0{row['answer_id']}".encode()).digest()
            ):
                yield Grade.model_validate_json(row["record"])


def _plain(error: Exception) -> GraderError:
    """What the user is to know of an error that came over from another process."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, GraderError):
            return type(cause)(str(cause).splitlines()[-1])
        inner = getattr(cause, "cause", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__
    lines = [line for line in str(error).splitlines() if line.strip()]
    return ModelFailed(f"--via ray: {lines[-1] if lines else type(error).__name__}")


class _Actor:
    """The keeper, from wherever it runs."""

    def __init__(self, handle: Any) -> None:  # noqa: ANN401 - ray has no types
        self._handle = handle

    async def find(self, request: Request, answer: int) -> Reply | None:
        kept: Reply | None = await self._handle.find.remote(request, answer)
        return kept

    async def keep(self, request: Request, reply: Reply, answer: int) -> None:
        await self._handle.keep.remote(request, reply, answer)


class _Rows:
    """The rows that come of answers."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def graded(self, grade: Grade) -> None:
        self.rows.append(
            {
                "question": grade.question,
                "answer_id": grade.answer_id,
                "candidate": grade.candidate,
                "percent": grade.score.percent,
                "record": grade.to_json(),
            }
        )

    def skipped(self, *, ungraded: bool) -> None:
        """No actor knows the results file."""

    def problem(self, problem: Problem) -> None:
        self.rows.append({"answer_id": problem.place, "problem": problem.message})


class _Grader:
    """Grades rows, a batch at a time. One actor has one model, so also one embedded one."""

    def __init__(self, keeper: Any, work: Work) -> None:  # noqa: ANN401
        self._keeper, self._work = _Actor(keeper), work
        # One loop for all batches, for the model's connections belong to theirs
        self._loop = asyncio.new_event_loop()
        self._gate = asyncio.Semaphore(work.concurrency)
        use_prices(work.prices)  # those of the process that the run was started from
        given = Path(work.weights) if work.weights else None
        self._opened = choice.open_judge(
            work.options, work.env, lambda: work.bring(given), own=lambda: own_model(given)
        )

    def __call__(self, batch: Any) -> Any:  # noqa: ANN401
        done = self._loop.run_until_complete(self._grade_all(batch.to_pylist()))
        return pa.Table.from_pylist(done, schema=_SCHEMA)

    async def _grade_all(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        entries = [entry for row in rows for entry in self._entries(row)]
        done = _Rows()
        opened, work = self._opened, self._work
        most = answers_at_once(opened.info, opened.model.slots, work.concurrency)
        run = SessionRun(work.rubrics.__getitem__, self._judge, None, done, at_once=most)
        await run.run(iter(entries))
        if run.stopped:
            raise run.stopped
        order = {e.id if isinstance(e, Entry) else e.place: n for n, e in enumerate(entries)}
        return sorted(done.rows, key=lambda row: order.get(row["answer_id"], -1))

    def _entries(self, row: dict[str, Any]) -> Iterator[Entry | Problem]:
        given = row["text"] if list(row) == ["text"] else _values(row)
        yield from map(self._checked, told_rows(given, "", self._work.columns))

    def _checked(self, entry: Entry | Problem) -> Entry | Problem:
        if isinstance(entry, Problem):
            return Problem("a row", entry.message)
        if not entry.id:
            return Problem("a row", "no id: name each answer, so that its grade can be found")
        if entry.question not in self._work.rubrics:
            return Problem(entry.id, f"no question {entry.question!r}")
        return replace(entry, place=entry.id)

    def _judge(self, entry: Entry) -> Judge:
        replies = KeptReplies(self._keeper, self._opened.model, self._gate, entry.id)
        return self._opened.judge_over(replies, self._work.votes)


def _values(row: dict[str, Any]) -> dict[str, Any]:
    """What a Parquet row holds; what is missing is left out."""
    return {name: value for name, value in row.items() if value is not None}

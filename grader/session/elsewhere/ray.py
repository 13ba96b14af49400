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
from typing import Any, cast

import pyarrow as pa  # noqa: TID253 - nobody imports this module who does not need both
import ray  # noqa: TID253
import ray.data  # noqa: TID253
from pyarrow import dataset, fs  # noqa: TID253
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: TID253

from grader import grading
from grader.errors import BadInput, GraderError, ModelFailed
from grader.judge import choice
from grader.judge.base import Judge
from grader.judge.choice import Options
from grader.judge.voting import Voting
from grader.ledger.ledger import Ledger
from grader.llm.embedded.weights import own_model
from grader.llm.request import Model, Reply, Request
from grader.record import Grade
from grader.rubric.format import Rubric
from grader.session.entry import Problem
from grader.session.rows import single_row
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
        bring: fetches the embedded model's file where it is not yet.
    """

    options: Options
    rubrics: dict[str, Rubric]
    env: dict[str, str] = field(repr=False)
    bring: Callable[[Path | None], Path]
    votes: int = 1
    concurrency: int = 16
    weights: str | None = None


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
        ray.remote(_Keeper)
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
    """The records that a run wrote, each answer once, and its problems."""
    seen = Seen()
    where, folder = fs.FileSystem.from_uri(out) if "://" in out else (fs.LocalFileSystem(), out)
    parts = dataset.dataset(folder, filesystem=where, format="parquet")
    for batch in parts.to_batches(batch_size=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            if row["problem"]:
                yield Problem(row["answer_id"], row["problem"])
            elif seen.add(hashlib.sha256(row["answer_id"].encode()).digest()):
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


class _Keeper:
    """Has the ledger open for all actors."""

    def __init__(self, path: Path) -> None:
        self._ledger = Ledger(path)
        self._new = Seen()

    async def find(self, request: Request, answer: int) -> Reply | None:
        """The reply to *request*, marked as paid for earlier unless *answer* paid for it."""
        kept = self._ledger.find(request)
        if kept is None:
            return None
        paid_by = self._new.get(bytes.fromhex(request.key))
        return replace(kept, from_ledger=paid_by != answer)

    async def keep(self, request: Request, reply: Reply, answer: int) -> None:
        """Keeps what came back; done when it is on the disk."""
        await self._ledger.keep(request, reply)
        if reply.cause is None:
            self._new.add(bytes.fromhex(request.key), answer)


class _Asker:
    """What one answer's judge asks through: the ledger over there, or the model here."""

    def __init__(self, keeper: Any, gate: asyncio.Semaphore, answer_id: str) -> None:  # noqa: ANN401
        self._keeper = keeper
        self._gate = gate
        digest = hashlib.sha256(answer_id.encode("utf-8", "surrogatepass")).digest()
        self._answer = int.from_bytes(digest[:8], "big")

    async def get_or_ask(self, request: Request, model: Model, *, fresh: bool = False) -> Reply:
        """As :meth:`grader.ledger.ledger.Ledger.get_or_ask`; *fresh* is not for here."""
        assert not fresh  # noqa: S101 - refused before the run begins
        async with self._gate:
            kept: Reply | None = await self._keeper.find.remote(request, self._answer)
            if kept is not None:
                return kept
            reply = await model.send(request)
            await self._keeper.keep.remote(request, reply, self._answer)
            return reply


class _Grader:
    """Grades rows, a batch at a time. One actor has one model, so also one embedded one."""

    def __init__(self, keeper: Any, work: Work) -> None:  # noqa: ANN401
        self._keeper, self._work = keeper, work
        self._loop = asyncio.new_event_loop()
        self._gate = asyncio.Semaphore(work.concurrency)
        given = Path(work.weights) if work.weights else None
        self._bench = choice.bench(
            work.options,
            work.env,
            cast("Ledger", None),
            lambda: work.bring(given),
            own=lambda: own_model(given),
        )

    def __call__(self, batch: Any) -> Any:  # noqa: ANN401
        done = self._loop.run_until_complete(self._grade_all(batch.to_pylist()))
        return pa.Table.from_pylist(done, schema=_SCHEMA)

    async def _grade_all(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*map(self._grade, rows)))

    async def _grade(self, row: dict[str, Any]) -> dict[str, Any]:
        entry = single_row(row["text"] if list(row) == ["text"] else _values(row), "")
        if isinstance(entry, Problem):
            return _problem("a row", entry.message)
        if not entry.id:
            return _problem("a row", "no id: name each answer, so that its grade can be found")
        rubric = self._work.rubrics.get(entry.question)
        if rubric is None:
            return _problem(entry.id, f"no question {entry.question!r}")
        try:
            attempt = entry.attempt()
        except BadInput as error:
            return _problem(entry.id, str(error).removeprefix(": "))
        record = await grading.grade(rubric, attempt, self._judge(entry.id))
        return {
            "question": record.question,
            "answer_id": record.answer_id,
            "candidate": record.candidate,
            "percent": record.score.percent,
            "record": record.to_json(),
        }

    def _judge(self, answer_id: str) -> Judge:
        asker = cast("Ledger", _Asker(self._keeper, self._gate, answer_id))
        bench = replace(self._bench, ledger=asker)
        return Voting(bench.sampled, self._work.votes) if self._work.votes > 1 else bench.judge


def _problem(place: str, message: str) -> dict[str, Any]:
    return {"answer_id": place, "problem": message}


def _values(row: dict[str, Any]) -> dict[str, Any]:
    """What a Parquet row holds; what is missing is left out."""
    return {name: value for name, value in row.items() if value is not None}

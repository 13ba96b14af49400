"""The way that a session takes to its model, and ``grade batch --via files|batch``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

import typer

from grader.cli.batch_ray import OnRay, RunDisplay, judge_env
from grader.errors import BadInput
from grader.judge.base import Judge
from grader.judge.choice import Bench, Options
from grader.ledger.ledger import default_path
from grader.llm.endpoint import Endpoint
from grader.llm.request import Ask, Model
from grader.record import Usage
from grader.report.words import dollars
from grader.session.budget import Budget, Spent
from grader.session.elsewhere.files import Read, ShardWriter, read_folder
from grader.session.elsewhere.gather import Carrier, Files, Gather, Rounds
from grader.session.elsewhere.openai_batch import Provider, Step
from grader.session.elsewhere.shards import OPEN, Shard, Shards
from grader.session.entry import Entry, Problem, Questions
from grader.session.read import read_session
from grader.session.requests import Asking
from grader.session.results import Mode, Results
from grader.session.run import Batch, by_question
from grader.text.catalogue import Catalogue


@dataclass(frozen=True)
class Session:
    """Where the answers and the rubrics are."""

    paths: tuple[str, ...]
    folders: tuple[Path, ...]

    def read(self, questions: Questions) -> Iterator[Entry | Problem]:
        """The answers, and what cannot be graded. See :func:`grader.session.read`."""
        return read_session(self.paths, questions, sys.stdin.buffer)


@dataclass(frozen=True)
class BatchWanted:
    """What ``grade batch`` was asked to do."""

    session: Session
    said: Options
    weights: str | None
    out: Path | None
    mode: Mode
    concurrency: int | None
    votes: int
    max_cost: float | None
    dry_run: bool
    pass_mark: float | None
    reports: dict[str, Path | None]
    language: str
    via: "Via | None" = None

    @property
    def by_ray(self) -> bool:
        """Whether Ray reads the session itself, from wherever it lies."""
        return self.via is not None and self.via.kind == "ray"


Kind = Literal["files", "batch", "ray"]


@dataclass(frozen=True)
class Via:
    """How requests reach the model other than one by one.

    Attributes:
        folder: where shards are written.
        address: of a Ray cluster; None starts one on this machine.
        actors: how many grade at once on the cluster; None lets Ray choose.
        output: the folder of Parquet files that Ray writes.
        again: ask anew for what came back without a reply, or waits in shards of files.
    """

    kind: Kind
    folder: Path
    step: Step | None = None
    again: bool = False
    poll_s: float = 30.0
    address: str | None = None
    actors: int | None = None
    output: str | None = None

    def parquet(self, out: Path | None) -> str:
        """Where Ray writes: as told, or beside the results file."""
        if self.output is not None:
            return self.output if "://" in self.output else str(Path(self.output).absolute())
        return str((out or Path("graded.jsonl")).with_suffix(".parquet").absolute())


def via(kind: str, shards: Path | None, step: str | None, **more: Any) -> Via:  # noqa: ANN401
    """From the words of the command line; *more* are further fields.

    Raises:
        BadInput: they do not go together.
    """
    if kind not in get_args(Kind):
        raise BadInput(f"--via {kind}: choose live, files, batch or ray")
    if step is not None and (step not in get_args(Step) or kind != "batch"):
        raise BadInput(f"--step {step}: choose submit, status or collect, with --via batch")
    default = Path("shards") if kind == "files" else default_path().with_name("batches")
    return Via(cast("Kind", kind), shards or default, cast("Step | None", step), **more)


def check(said: Options, wanted: Via, paths: tuple[str, ...], max_cost: float | None) -> None:
    """Makes sure that the run can be made in another way than live.

    Raises:
        BadInput: it cannot.
    """
    if said.fresh:
        raise BadInput(f"--no-cache with --via {wanted.kind}: leave one of them out")
    if max_cost is not None and wanted.kind != "batch":
        raise BadInput(f"--max-cost with --via {wanted.kind}: it cannot be watched over there")
    if "-" in paths:
        raise BadInput(f"- with --via {wanted.kind}: the session is read more than once")


class Carried:
    """The parts of a run in rounds, and what is to be said at its end."""

    def __init__(self, via: Via, gather: Gather, say: dict[str, Any]) -> None:
        self._via = via
        self.gather = gather
        self._say = say
        self._shards = gather.shards
        self.read = Read()

    def rounds(
        self, read: Callable[[], Iterator[Entry | Problem]], show: Callable[[str], None]
    ) -> Rounds:
        """The run itself."""
        carrier: Carrier
        if self._via.kind == "files":
            carrier = Files(self._read)
        else:
            model = cast("Endpoint", self.gather.model)
            folder, step = self._via.folder, self._via.step
            carrier = Provider(
                self._shards,
                model,
                folder,
                step,
                self._allow,
                show,
                self._via.poll_s,
                read=self.read,
            )
        return Rounds(self.gather, carrier, read)

    @property
    def unfinished(self) -> bool:
        """Whether answers wait that this run was to grade: a submission grades none."""
        return self.gather.waiting > 0 and self._via.step != "submit"

    def _read(self) -> None:
        if self._via.again:
            for shard in self._shards.list("written", folder=self._via.folder.absolute()):
                self._shards.drop(shard)
                shard.path.unlink(missing_ok=True)
        self.read = read_folder(self._shards, self._via.folder)

    def _allow(self, ready: list[Shard]) -> None:
        """Says what is about to be submitted; refuses what may pass the limit."""
        usage, budget = self.gather.usage, self.gather.budget
        cost = self.gather.price(usage)
        requests = sum(shard.lines for shard in ready)
        typer.echo(
            self._say["submitting"].format(
                requests=f"{requests:,}",
                files=len(ready),
                input=f"{usage.input_tokens:,}",
                output=f"{usage.output_tokens:,}",
                cost=self._say["cost_unknown"] if cost is None else dollars(cost),
            ),
            err=True,
        )
        if budget.most_usd is not None and budget.spent_usd + (cost or 0.0) > budget.most_usd:
            raise Spent

    def end(self) -> None:
        """Says what was read, what waits, and what can be done about it."""
        read, say = self.read, self._say
        if read.new or read.known or read.strange or read.broken:
            typer.echo(say["read"].format(new=f"{read.new:,}", known=f"{read.known:,}"))
        if read.strange:
            typer.echo(say["strange"].format(count=f"{read.strange:,}"), err=True)
        if read.broken:
            places = ", ".join(read.broken)
            typer.echo(say["broken"].format(count=read.broken_lines, places=places), err=True)
        if self.gather.unanswered:
            typer.echo(say["unanswered"].format(count=f"{self.gather.unanswered:,}"), err=True)
        if self.gather.waiting:
            self._name_waiting()

    def _name_waiting(self) -> None:
        waiting = self.gather.waiting
        if self._via.kind == "batch":
            typer.echo(self._say["waiting_batch"].format(count=f"{waiting:,}"), err=True)
            return
        typer.echo(self._say["waiting_files"].format(count=f"{waiting:,}"), err=True)
        for shard in self._shards.list(*OPEN, folder=self._via.folder.absolute()):
            left = self._shards.waiting(shard)
            typer.echo(f"  {shard.path}: {left:,} / {shard.lines:,}", err=True)


def gathering(
    via: Via,
    stack: ExitStack,
    model: Model,
    budget: Budget,
    **parts: Any,  # noqa: ANN401
) -> Gather:
    """The gatherer of a run; *parts* are its further fields."""
    if not isinstance(model, Endpoint):
        raise BadInput(f"--via {via.kind}: name an endpoint's model, not the embedded one")
    shards = Shards(parts["ledger"])
    writer = stack.enter_context(ShardWriter(shards, via.folder))
    return Gather(
        model=model, shards=shards, writer=writer, budget=budget, again=via.again, **parts
    )


async def status(model: Endpoint, shards: Shards, folder: Path, say: dict[str, Any]) -> None:
    """Prints one line for each batch that is not collected yet."""
    provider = Provider(shards, model, folder, "status", lambda _: None, lambda _: None)
    found = shards.list(*OPEN, folder=folder.absolute())
    for shard in found:
        if shard.state != "submitted":
            typer.echo(say["not_submitted"].format(requests=f"{shard.lines:,}", path=shard.path))
            continue
        batch = await provider.retrieve(shard)
        counts = batch.request_counts
        done = counts.completed + counts.failed if counts else 0
        line = {"batch": batch.id, "status": batch.status, "done": f"{done:,}"}
        typer.echo(say["status"].format(requests=f"{shard.lines:,}", **line))
    if not found:
        typer.echo(say["no_batches"])


def price_of(usage: Usage, kind: Kind | None, model: Model) -> float | None:
    """US dollars for *usage*, at the batch price where requests go in batches."""
    from grader.llm.price import cost

    return cost(usage, model.name, model.endpoint, batch=kind == "batch")


Work = Batch | Rounds | OnRay


@dataclass
class Way:
    """Makes the run over a session, and knows what came of it.

    Attributes:
        judge: makes the judge from a function that gives the replies of a sample.
        price: US dollars for a usage.
        concurrency: requests at once.
    """

    wanted: BatchWanted
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

    def work(self, results: Results | None, watch: RunDisplay, stack: ExitStack) -> Work:
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

    def _ray(self, via: Via, results: Results | None, watch: RunDisplay) -> OnRay:
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

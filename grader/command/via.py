"""``grade batch --via files|batch``: what is set up, and what is said of it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import typer

from grader.budget import Budget, Spent
from grader.choice import Options
from grader.entry import Entry, Problem
from grader.errors import BadInput
from grader.gather import Gather
from grader.ledger import default_path
from grader.model import Endpoint
from grader.provider import Provider, Step
from grader.record import Usage
from grader.request import Model
from grader.rounds import Carrier, Files, Rounds
from grader.shard import OPEN, Shard, Shards
from grader.shard_file import Read, Writer, read_folder
from grader.totals import dollars

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
    writer = stack.enter_context(Writer(shards, via.folder))
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
    from grader.price import cost

    return cost(usage, model.name, model.endpoint, batch=kind == "batch")

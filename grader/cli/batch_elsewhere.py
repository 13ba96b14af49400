"""``grade batch --via files|batch``: requests in shards, answered elsewhere."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import typer

from grader.cli.batch_wanted import Via
from grader.cli.batch_way import RunParts, stopping
from grader.errors import BadInput
from grader.judge.choice import Bench
from grader.llm.endpoint import Endpoint
from grader.record import JudgeInfo, Usage
from grader.report.words import dollars
from grader.session.budget import Spent
from grader.session.elsewhere.files import Read, ShardWriter, read_folder
from grader.session.elsewhere.gather import Carrier, Files, Gather, Rounds
from grader.session.elsewhere.openai_batch import Provider
from grader.session.elsewhere.replies import ShardReplies
from grader.session.elsewhere.shards import OPEN, Shard, Shards
from grader.session.entry import Entry, Problem
from grader.session.run import by_question
from grader.text.safe import one_line


class InShards:
    """A run in rounds: what lacks is written into shards, answered, and read."""

    def __init__(self, parts: RunParts, via: Via, stack: ExitStack) -> None:
        """Gets the folder of shards ready; *stack* closes it.

        Raises:
            BadInput: nobody but the embedded model judges, which answers no shards.
            OutFailed: the folder cannot be written.
        """
        endpoints = endpoints_of(parts.bench)
        if not endpoints:
            raise BadInput(f"--via {via.kind}: name an endpoint's model, not the embedded one")
        self._via, self._say = via, parts.say
        self._budget, self._price = parts.asking.budget, parts.price
        self._judges = {(p.model.endpoint, p.model.name): p for p in parts.bench.parts}
        self._shards = Shards(parts.bench.ledger)
        writer = stack.enter_context(ShardWriter(self._shards, via.folder))
        self._replies = ShardReplies(self._shards, writer, self._budget, via.again)
        self._gather = Gather(
            parts.questions,
            parts.bench,
            parts.wanted.votes,
            parts.bench.ledger,
            self._replies,
            parts.results,
            parts.watch,
            self._price_of,
        )
        self._read = Read()
        read = parts.wanted.session.read
        self._rounds = Rounds(
            self._gather,
            self._carrier(endpoints, parts),
            lambda: by_question(read(parts.questions)),
        )

    def _price_of(self, usage: Usage, judge: JudgeInfo) -> float | None:
        return self._price(usage, self._judges[judge.endpoint, judge.model])

    def _carrier(self, endpoints: dict[str, Endpoint], parts: RunParts) -> Carrier:
        via = self._via
        if via.kind == "files":
            return Files(self._read_folder)
        return Provider(
            self._shards,
            endpoints,
            via.folder,
            via.step,
            self._allow,
            parts.watch.say,
            via.poll_s,
            read=self._read,
        )

    @property
    def stopped(self) -> BaseException | None:
        """Why the run ended before the session did, or None."""
        return self._rounds.stopped

    @property
    def paid(self) -> int:
        """Replies from shards that went into a grade for the first time."""
        return self._replies.paid

    @property
    def waiting(self) -> int:
        """Answers that wait for replies."""
        return self._gather.waiting

    async def run(self, entries: Iterator[Entry | Problem]) -> None:
        """Goes on until every answer is graded, or nothing more comes now."""
        with stopping(self._rounds.stop):
            await self._rounds.run(entries)

    @property
    def unfinished(self) -> bool:
        """Whether answers wait that this run was to grade: a submission grades none."""
        return self.waiting > 0 and self._via.step != "submit"

    def _read_folder(self) -> None:
        if self._via.again:
            for shard in self._shards.list("written", folder=self._via.folder.absolute()):
                self._shards.drop(shard)
                shard.path.unlink(missing_ok=True)
        self._read = read_folder(self._shards, self._via.folder)

    def _allow(self, ready: list[Shard]) -> None:
        """Says what is about to be submitted; refuses what may pass the limit."""
        each, budget = self._replies.usage, self._budget
        usage = sum(each.values(), start=Usage())
        costs = [self._price(used, self._judges[place]) for place, used in each.items()]
        known = [cost for cost in costs if cost is not None]
        cost = sum(known) if len(known) == len(costs) else None
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
        read, say = self._read, self._say
        if read.new or read.known or read.strange or read.broken:
            typer.echo(say["read"].format(new=f"{read.new:,}", known=f"{read.known:,}"))
        if read.strange:
            typer.echo(say["strange"].format(count=f"{read.strange:,}"), err=True)
        if read.broken:
            places = ", ".join(read.broken)
            typer.echo(say["broken"].format(count=read.broken_lines, places=places), err=True)
        if self._replies.unanswered:
            typer.echo(say["unanswered"].format(count=f"{self._replies.unanswered:,}"), err=True)
        if self.waiting:
            self._name_waiting()

    def _name_waiting(self) -> None:
        waiting = self.waiting
        if self._via.kind == "batch":
            typer.echo(self._say["waiting_batch"].format(count=f"{waiting:,}"), err=True)
            return
        typer.echo(self._say["waiting_files"].format(count=f"{waiting:,}"), err=True)
        for shard in self._shards.list(*OPEN, folder=self._via.folder.absolute()):
            left = self._shards.waiting(shard)
            # Of several judges each answers shards of its own, and the file's name tells of none
            of = f" ({one_line(shard.model)})" if len(self._judges) > 1 else ""
            typer.echo(f"  {shard.path}{of}: {left:,} / {shard.lines:,}", err=True)


def endpoints_of(bench: Bench) -> dict[str, Endpoint]:
    """Returns where those that judge are asked in shards, by the name that shards have of it."""
    models = [part.model for part in bench.parts]
    return {m.endpoint: m for m in models if isinstance(m, Endpoint)}


async def print_status(bench: Bench, folder: Path, say: dict[str, Any]) -> None:
    """Prints one line for each batch that is not collected yet."""
    shards = Shards(bench.ledger)
    endpoints = endpoints_of(bench)
    provider = Provider(shards, endpoints, folder, "status", lambda _: None, lambda _: None)
    waiting = shards.list(*OPEN, folder=folder.absolute())
    for shard in waiting:
        if shard.state != "submitted":
            typer.echo(say["not_submitted"].format(requests=f"{shard.lines:,}", path=shard.path))
            continue
        batch = await provider.retrieve(shard)
        counts = batch.request_counts
        done = counts.completed + counts.failed if counts else 0
        line = {"batch": batch.id, "status": batch.status, "done": f"{done:,}"}
        typer.echo(say["status"].format(requests=f"{shard.lines:,}", **line))
    if not waiting:
        typer.echo(say["no_batches"])

"""Runs a session for ``grade batch``: opens what it needs, shows it, and says how it ended."""

import asyncio
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from itertools import chain, islice
from pathlib import Path

import typer

from grader import overview, show
from grader.asking import Asking
from grader.batch import Batch, Interrupted
from grader.budget import Budget, Spent
from grader.catalogue import words_in
from grader.choice import Bench
from grader.command.bench import open_bench
from grader.command.ray import OnRay
from grader.command.reports import Reports
from grader.command.via import Via, check, price_of, status
from grader.command.wanted import Wanted
from grader.command.watch import Watch
from grader.command.way import Way, Work
from grader.entry import Entry, Problem, Questions
from grader.errors import BadInput, GraderError
from grader.judge import Judge
from grader.model import Endpoint
from grader.order import WINDOW, by_question
from grader.outcome import Outcome, add_up
from grader.pace import Pace
from grader.record import Usage
from grader.rehearsal import Rehearsal
from grader.request import Ask
from grader.results import Results
from grader.rounds import Rounds
from grader.shard import Shards
from grader.texts import Texts
from grader.totals import dollars
from grader.vote import Voting

DEFAULT_CONCURRENCY = 16
INCOMPLETE = 3
BELOW_PASS_MARK = 4
INTERRUPTED = 130


async def run(wanted: Wanted) -> int:
    """Grades the session; gives the exit code.

    Raises:
        GraderError: the call cannot be carried out.
    """
    questions = Questions(wanted.session.folders)
    found = wanted.session.read(questions) if not wanted.by_ray or wanted.dry_run else iter(())
    if wanted.via is not None:
        check(wanted.said, wanted.via, wanted.session.paths, wanted.max_cost)
    async with open_bench(wanted.said, wanted.weights) as bench:
        with ExitStack() as stack:
            running = _Running(wanted, bench, questions, stack)
            if wanted.via is not None and wanted.via.step == "status":
                return await running.status(wanted.via)
            if wanted.dry_run:
                return await running.rehearse(found)
            return await running.run(found)


class _Running:
    """One run, with everything that it opened."""

    def __init__(
        self, wanted: Wanted, bench: Bench, questions: Questions, stack: ExitStack
    ) -> None:
        self.wanted = wanted
        self.bench = bench
        self.questions = questions
        self.say = words_in(wanted.language)["session"]
        self.budget = Budget(wanted.max_cost, self._price)
        if wanted.max_cost is not None and self._price(Usage(input_tokens=1)) is None:
            raise BadInput(f"--max-cost: no price is known for {bench.model.name}; leave it out")
        self.asking = self._asking()
        self.judge = self._judge(self.asking.sample)
        self.reports = Reports(wanted.reports, wanted.language)
        self.results = self._results(stack)
        self.stack = stack
        self.way = Way(
            wanted,
            bench,
            questions,
            self.asking,
            self._judge,
            self._price,
            wanted.concurrency or self._default_concurrency,
            self.say,
        )
        self.texts = stack.enter_context(Texts()) if wanted.reports["html"] else None

    def _asking(self) -> Asking:
        model = self.bench.model
        pace = Pace(self.wanted.concurrency or self._default_concurrency)
        if isinstance(model, Endpoint):
            model.throttle, model.sleep = pace, pace.sleep
        fresh = self.wanted.said.fresh
        return Asking(model, self.bench.ledger, pace, self.budget, fresh)

    @property
    def _default_concurrency(self) -> int:
        local = self.bench.target.kind == "local"
        return self.bench.model.slots if local else DEFAULT_CONCURRENCY

    def _judge(self, sample: Callable[[int], Ask]) -> Judge:
        def sampled(number: int) -> Judge:
            return self.bench.judge_over(sample(number))

        return Voting(sampled, self.wanted.votes) if self.wanted.votes > 1 else sampled(0)

    def _price(self, usage: Usage) -> float | None:
        if self.bench.target.kind == "local":
            return 0.0
        kind = self.wanted.via.kind if self.wanted.via else None
        return price_of(usage, kind, self.bench.model)

    def _results(self, stack: ExitStack) -> Results | None:
        out, mode = self.wanted.out, self.wanted.mode
        if self.wanted.dry_run and (out is None or mode == "overwrite" or not out.exists()):
            return None
        if out is None:
            if not self.reports.wanted:
                return None
            # Reports are made from the records, which are too many to be kept in memory.
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            out, mode = Path(folder, "results.jsonl"), "overwrite"
        results = Results(out, self.judge.info, mode)
        stack.callback(results.close)
        return results

    async def rehearse(self, found: Iterator[Entry | Problem]) -> int:
        rehearsal = Rehearsal(self.bench.model, self.bench.ledger)
        await rehearsal.run(found, self.questions, self.bench.judge_over, self.results)
        usage = rehearsal.usage
        typer.echo(
            self.say["dry_run"].format(
                answers=rehearsal.answers,
                calls=usage.calls,
                input=f"{usage.input_tokens:,}",
                output=f"{usage.output_tokens:,}",
                cost=self._cost(self._price(usage)),
                kept=rehearsal.kept,
                problems=rehearsal.problems,
            )
        )
        return INCOMPLETE if rehearsal.problems else 0

    async def run(self, found: Iterator[Entry | Problem]) -> int:
        if self.results is not None and self.results.resumed and not self.wanted.by_ray:
            first = list(islice(found, WINDOW))
            ids = (one.id for one in first if isinstance(one, Entry))
            self.results.check_same_session(ids)
            found = chain(first, found)
        if self.texts is not None:
            found = _set_aside(found, self.texts)
        outcome = Outcome(self.wanted.pass_mark)
        err = show.console(stderr=True)
        with show.session_bar(self._total(err.is_terminal), err) as update:
            watch = Watch(outcome, update, self.budget, self._cost)
            batch = self.way.work(self.results, watch, self.stack)
            with nullcontext() if isinstance(batch, OnRay) else _stopping(batch):
                await batch.run(by_question(found))
        counts = watch.counts
        if not (counts.done or counts.problems or self.way.waiting or batch.stopped):
            raise BadInput(f"no answers in {', '.join(self.wanted.session.paths)}")
        outcome = self._finish(outcome)
        self._print(outcome, watch, batch)
        self.way.end()
        return self._exit_code(outcome, watch, batch.stopped)

    async def status(self, via: Via) -> int:
        """Says how far the batches are."""
        model = self.bench.model
        if isinstance(model, Endpoint):
            await status(model, Shards(self.bench.ledger), via.folder, self.say)
        return 0

    def _total(self, shown: bool) -> int | None:
        """Answers in the session, counted only where a bar shows them."""
        if not shown or "-" in self.wanted.session.paths or self.wanted.by_ray:
            return None
        return sum(isinstance(one, Entry) for one in self.wanted.session.read(self.questions))

    def _finish(self, outcome: Outcome) -> Outcome:
        if self.results is None:
            return outcome
        self.results.finish()
        # What an earlier run left in the file belongs to the session too.
        if self.results.resumed:
            outcome = add_up(self.results.grades(), self.wanted.pass_mark)
        self.reports.write(self.results.grades, outcome, self.questions, self.texts)
        return outcome

    def _print(self, outcome: Outcome, watch: Watch, batch: Work) -> None:
        out = show.console()
        for table in overview.tables(outcome, self.wanted.language):
            show.table(table, out)
        counts = watch.counts
        typer.echo("\n" + self.say["done"].format(**vars(counts)))
        spent = self._cost(self.budget.spent_usd if self._price(Usage()) is not None else None)
        tokens = f"{counts.tokens:,}"
        paid = self.way.paid
        typer.echo(self.say["spent"].format(requests=paid, tokens=tokens, cost=spent))
        if self.reports.written:
            typer.echo(self.say["written"].format(files=", ".join(self.reports.written)))
        if outcome.below:
            typer.echo(self.say["below"].format(count=outcome.below))
        self._print_end(batch.stopped)

    def _print_end(self, stopped: BaseException | None) -> None:
        if isinstance(stopped, Interrupted):
            typer.echo(self.say["interrupted"], err=True)
        elif isinstance(stopped, Spent):
            limit = dollars(self.wanted.max_cost or 0.0)
            typer.echo(self.say["spent_all"].format(limit=limit), err=True)
        elif stopped is not None:
            typer.echo(f"grade: {stopped}", err=True)

    def _exit_code(self, outcome: Outcome, watch: Watch, stopped: BaseException | None) -> int:
        if isinstance(stopped, Interrupted):
            return INTERRUPTED
        if isinstance(stopped, GraderError):
            return stopped.exit_code
        if stopped or self.way.unfinished or outcome.ungraded or watch.counts.problems:
            return INCOMPLETE
        return BELOW_PASS_MARK if outcome.below else 0

    def _cost(self, usd: float | None) -> str:
        return str(self.say["cost_unknown"]) if usd is None else dollars(usd)


def _set_aside(found: Iterator[Entry | Problem], texts: Texts) -> Iterator[Entry | Problem]:
    for one in found:
        if isinstance(one, Entry):
            texts.add(one.id, one.text)
        yield one


@contextmanager
def _stopping(batch: Batch | Rounds) -> Iterator[None]:
    """The first Ctrl-C, or a wish to terminate, ends the run; the next one ends the process."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        batch.stop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    # Windows has no such handlers: there the first Ctrl-C ends the process.
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

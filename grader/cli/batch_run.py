"""Runs a session for ``grade batch``: opens what it needs, shows it, and says how it ended."""

import asyncio
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import typer

from grader.cli.batch_elsewhere import BatchWanted, Via, Way, Work, check, price_of, status
from grader.cli.batch_ray import OnRay, RunDisplay
from grader.cli.options import open_bench
from grader.errors import BadInput, ExitCode, GraderError
from grader.judge.base import Judge
from grader.judge.choice import Bench
from grader.judge.voting import Voting
from grader.llm.endpoint import Endpoint
from grader.llm.request import Ask
from grader.record import Grade, Usage
from grader.report import blocks, terminal
from grader.report.words import dollars
from grader.rubric.format import Rubric
from grader.session.budget import Budget, Spent
from grader.session.dry_run import Rehearsal
from grader.session.elsewhere.gather import Rounds
from grader.session.elsewhere.shards import Shards
from grader.session.entry import Entry, Problem, Questions
from grader.session.outcome import SessionOutcome, add_up
from grader.session.pace import Pace
from grader.session.requests import Asking
from grader.session.results import Results
from grader.session.run import WINDOW, Batch, Interrupted, by_question
from grader.session.texts import Texts
from grader.text.catalogue import words_in

Records = Callable[[], Iterator[Grade]]


class Reports:
    """The files asked for.

    Attributes:
        written: the names of those that are there now.
    """

    def __init__(self, files: dict[str, Path | None], language: str) -> None:
        self._files = {kind: path for kind, path in files.items() if path is not None}
        self._language = language
        self.written: list[str] = []

    @property
    def wanted(self) -> bool:
        """Whether any was asked for."""
        return bool(self._files)

    def write(
        self, records: Records, outcome: SessionOutcome, questions: Questions, texts: Texts | None
    ) -> None:
        """Writes them all.

        Raises:
            BadInput: a file cannot be written.
            Failed: what makes a page is not installed.
        """
        if not self._files:
            return
        asked = (question.id for question in outcome.summary().questions)
        rubrics = {name: questions.find(name) for name in asked if questions.knows(name)}
        made = _Made(records, outcome, rubrics, texts, self._language)
        for kind, path in self._files.items():
            getattr(made, kind)(path)
            self.written.append(str(path))


@dataclass(frozen=True)
class _Made:
    """What reports are made of, and each kind of them."""

    records: Records
    outcome: SessionOutcome
    rubrics: dict[str, Rubric]
    texts: Texts | None
    language: str

    def html(self, path: Path) -> None:
        from grader.report.html.page import write_page

        texts = self.texts.of if self.texts is not None else _no_text
        write_page(path, self.records(), self.rubrics, texts, self.language)

    def markdown(self, path: Path) -> None:
        from grader.report.markdown import session_markdown
        from grader.util.files import new_file

        summary = self.outcome.summary()
        with new_file(path) as file:
            file.writelines(session_markdown(summary, self.records(), self.rubrics, self.language))

    def csv(self, path: Path) -> None:
        from grader.report.csv import write_csv

        write_csv(path, self.records())

    def junit(self, path: Path) -> None:
        from grader.report.junit import write_junit

        write_junit(path, self.records(), self.outcome.pass_mark)


def _no_text(_: Grade) -> None:
    return None


DEFAULT_CONCURRENCY = 16


async def run(wanted: BatchWanted) -> ExitCode:
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
        self, wanted: BatchWanted, bench: Bench, questions: Questions, stack: ExitStack
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

    async def rehearse(self, found: Iterator[Entry | Problem]) -> ExitCode:
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
        return ExitCode.INCOMPLETE if rehearsal.problems else ExitCode.DONE

    async def run(self, found: Iterator[Entry | Problem]) -> ExitCode:
        if self.results is not None and self.results.resumed and not self.wanted.by_ray:
            first = list(islice(found, WINDOW))
            ids = (one.id for one in first if isinstance(one, Entry))
            self.results.check_same_session(ids)
            found = chain(first, found)
        if self.texts is not None:
            found = _set_aside(found, self.texts)
        outcome = SessionOutcome(self.wanted.pass_mark)
        err = terminal.console(stderr=True)
        with terminal.session_bar(self._total(err.is_terminal), err) as update:
            watch = RunDisplay(outcome, update, self.budget, self._cost)
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

    async def status(self, via: Via) -> ExitCode:
        """Says how far the batches are."""
        model = self.bench.model
        if isinstance(model, Endpoint):
            await status(model, Shards(self.bench.ledger), via.folder, self.say)
        return ExitCode.DONE

    def _total(self, shown: bool) -> int | None:
        """Answers in the session, counted only where a bar shows them."""
        if not shown or "-" in self.wanted.session.paths or self.wanted.by_ray:
            return None
        return sum(isinstance(one, Entry) for one in self.wanted.session.read(self.questions))

    def _finish(self, outcome: SessionOutcome) -> SessionOutcome:
        if self.results is None:
            return outcome
        self.results.finish()
        # What an earlier run left in the file belongs to the session too.
        if self.results.resumed:
            outcome = add_up(self.results.grades(), self.wanted.pass_mark)
        self.reports.write(self.results.grades, outcome, self.questions, self.texts)
        return outcome

    def _print(self, outcome: SessionOutcome, watch: RunDisplay, batch: Work) -> None:
        out = terminal.console()
        for table in blocks.session_tables(outcome, self.wanted.language):
            terminal.table(table, out)
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

    def _exit_code(
        self, outcome: SessionOutcome, watch: RunDisplay, stopped: BaseException | None
    ) -> ExitCode:
        if isinstance(stopped, Interrupted):
            return ExitCode.INTERRUPTED
        if isinstance(stopped, GraderError):
            return stopped.exit_code
        if stopped or self.way.unfinished or outcome.ungraded or watch.counts.problems:
            return ExitCode.INCOMPLETE
        return ExitCode.BELOW_MARK if outcome.below else ExitCode.DONE

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

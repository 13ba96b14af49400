"""Runs a session for ``grade batch``: opens what it needs, shows it, and says how it ended."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

import typer

from grader.cli.batch_display import RunDisplay
from grader.cli.batch_reports import Gradebook, Reports
from grader.cli.batch_wanted import BatchWanted, Via, check
from grader.cli.batch_way import Live, RunParts, Way
from grader.cli.options import open_bench
from grader.errors import BadInput, ExitCode, GraderError
from grader.judge.choice import Bench, OpenJudge
from grader.record import Usage
from grader.report import blocks, terminal
from grader.report.words import dollars
from grader.session.budget import Spent
from grader.session.dry_run import rehearse
from grader.session.entry import Entry, Problem, Questions
from grader.session.grader import paced_replies, price_of, session_budget
from grader.session.outcome import SessionOutcome, add_up
from grader.session.results import Results
from grader.session.run import WINDOW, Interrupted, by_question
from grader.session.texts import Texts
from grader.text.catalogue import words_in


async def run(wanted: BatchWanted) -> ExitCode:
    """Grades the session; gives the exit code.

    Raises:
        GraderError: the call cannot be carried out.
    """
    questions = Questions(wanted.session.folders)
    reads = not wanted.by_ray or wanted.dry_run
    entries = wanted.session.read(questions) if reads else iter(())
    if wanted.via is not None:
        check(wanted.said, wanted.via, wanted.session.paths, wanted.max_cost)
    async with open_bench(wanted.said, wanted.weights) as bench:
        with ExitStack() as stack:
            running = _Running(wanted, bench, questions, stack)
            if wanted.via is not None and wanted.via.step == "status":
                return await running.status(wanted.via)
            if wanted.dry_run:
                return await running.rehearse(entries)
            return await running.run(entries)


class _Running:
    """One run, with everything that it opened."""

    def __init__(
        self, wanted: BatchWanted, bench: Bench, questions: Questions, stack: ExitStack
    ) -> None:
        self.wanted = wanted
        self.bench = bench
        self.questions = questions
        self.stack = stack
        self.say = words_in(wanted.language)["session"]
        self.budget = session_budget(wanted.max_cost, bench, self._price)
        unpriced = self._unpriced()
        if wanted.max_cost is not None and unpriced:
            raise BadInput(f"--max-cost: no price is known for {unpriced[0]}; leave it out")
        self.asking = paced_replies(bench, wanted.concurrency, self.budget)
        self.reports = Reports(
            wanted.reports, wanted.language, self._gradebook(), hints=wanted.hints
        )
        self.results = self._results()
        self.texts = stack.enter_context(Texts()) if wanted.reports["html"] else None

    def _price(self, usage: Usage, part: OpenJudge | None = None) -> float | None:
        """US dollars for *usage*, at the batch price where requests go in batches."""
        by_batch = self.wanted.via is not None and self.wanted.via.kind == "batch"
        return price_of(usage, part or self.bench, by_batch=by_batch)

    def _unpriced(self) -> list[str]:
        """The models whose price nobody knows."""
        parts = self.bench.parts
        return [p.model.name for p in parts if self._price(Usage(input_tokens=1), p) is None]

    def _gradebook(self) -> Gradebook | None:
        platform, session = self.wanted.csv_for, self.wanted.session
        if platform is None:
            return None
        return lambda grades: session.gradebook(platform, grades, self.questions)

    def _results(self) -> Results | None:
        judge = self.bench.judge_over(self.asking, self.wanted.votes).info
        out, mode, via = self.wanted.out, self.wanted.mode, self.wanted.via
        if via is not None and via.step == "status":
            return None
        if self.wanted.dry_run and (out is None or mode == "overwrite" or not out.exists()):
            return None
        if out is None:
            if not self.reports.wanted:
                return None
            # Reports are made from the records, which are too many to be kept in memory.
            folder = self.stack.enter_context(tempfile.TemporaryDirectory())
            out, mode = Path(folder, "results.jsonl"), "overwrite"
        results = Results(out, judge, mode)
        self.stack.callback(results.close)
        return results

    async def status(self, via: Via) -> ExitCode:
        """Says how far the batches are."""
        from grader.cli.batch_elsewhere import print_status

        await print_status(self.bench, via.folder, self.say)
        return ExitCode.DONE

    async def rehearse(self, entries: Iterator[Entry | Problem]) -> ExitCode:
        """Says what a run would ask for."""
        bench = self.bench
        done = await rehearse(entries, self.questions, bench, bench.ledger, self.results)
        usage, most = done.usage, done.most_calls
        more = self.say["dry_run_most"].format(calls=f"{most:,}") if most > usage.calls else ""
        typer.echo(
            self.say["dry_run"].format(
                answers=done.answers,
                calls=usage.calls,
                most=more,
                input=f"{usage.input_tokens:,}",
                output=f"{usage.output_tokens:,}",
                cost=self._cost(done.priced(self._price)),
                kept=done.kept,
                problems=done.problems,
            )
        )
        return ExitCode.INCOMPLETE if done.problems else ExitCode.DONE

    async def run(self, entries: Iterator[Entry | Problem]) -> ExitCode:
        """Grades the session and says what came of it."""
        entries = self._checked(entries)
        if self.texts is not None:
            entries = _set_aside(entries, self.texts)
        outcome = SessionOutcome(self.wanted.pass_mark)
        err = terminal.console(stderr=True)
        with terminal.session_bar(self._total(err.is_terminal), err) as update:
            watch = RunDisplay(outcome, update, self.budget, self._cost)
            way = self._way(watch)
            await way.run(by_question(entries))
        counts = watch.counts
        if not (counts.done or counts.problems or way.waiting or way.stopped):
            raise BadInput(f"no answers in {', '.join(self.wanted.session.paths)}")
        outcome = self._finish(outcome)
        self._print(outcome, watch, way)
        way.end()
        return self._exit_code(outcome, watch, way)

    def _checked(self, entries: Iterator[Entry | Problem]) -> Iterator[Entry | Problem]:
        """The session, once its first answers have shown that the results file is its own."""
        if self.results is None or not self.results.resumed or self.wanted.by_ray:
            return entries
        first = list(islice(entries, WINDOW))
        self.results.check_same_session(e.id for e in first if isinstance(e, Entry))
        return chain(first, entries)

    def _way(self, watch: RunDisplay) -> Way:
        parts = RunParts(
            self.wanted,
            self.bench,
            self.questions,
            self.asking,
            self.results,
            watch,
            self._price,
            self.say,
        )
        via = self.wanted.via
        if via is None:
            return Live(parts)
        if via.kind == "ray":
            from grader.cli.batch_ray import OnRay

            return OnRay(parts, via)
        from grader.cli.batch_elsewhere import InShards

        return InShards(parts, via, self.stack)

    def _total(self, shown: bool) -> int | None:
        """Answers in the session, counted only where a bar shows them."""
        if not shown or "-" in self.wanted.session.paths or self.wanted.by_ray:
            return None
        return sum(isinstance(e, Entry) for e in self.wanted.session.read(self.questions))

    def _finish(self, outcome: SessionOutcome) -> SessionOutcome:
        if self.results is None:
            return outcome
        self.results.finish()
        # What an earlier run left in the file belongs to the session too.
        if self.results.resumed:
            outcome = add_up(self.results.grades(), self.wanted.pass_mark)
        self.reports.write(self.results.grades, outcome, self.questions, self.texts)
        return outcome

    def _print(self, outcome: SessionOutcome, watch: RunDisplay, way: Way) -> None:
        out = terminal.console()
        for table in blocks.session_tables(outcome, self.wanted.language):
            terminal.table(table, out)
        counts = watch.counts
        typer.echo("\n" + self.say["done"].format(**vars(counts)))
        spent = self._cost(None if self._unpriced() else self.budget.spent_usd)
        tokens = f"{counts.tokens:,}"
        typer.echo(self.say["spent"].format(requests=way.paid, tokens=tokens, cost=spent))
        if self.reports.written:
            typer.echo(self.say["written"].format(files=", ".join(self.reports.written)))
        if outcome.below:
            typer.echo(self.say["below"].format(count=outcome.below))
        if self.results is not None and (count := self.results.put_aside):
            file = self.results.aside
            typer.echo(self.say["decided_aside"].format(count=count, file=file), err=True)
        self._print_end(way.stopped)

    def _print_end(self, stopped: BaseException | None) -> None:
        if isinstance(stopped, Interrupted):
            typer.echo(self.say["interrupted"], err=True)
        elif isinstance(stopped, Spent):
            limit = dollars(self.wanted.max_cost or 0.0)
            typer.echo(self.say["spent_all"].format(limit=limit), err=True)
        elif stopped is not None:
            typer.echo(f"grade: {stopped}", err=True)

    @staticmethod
    def _exit_code(outcome: SessionOutcome, watch: RunDisplay, way: Way) -> ExitCode:
        if isinstance(way.stopped, Interrupted):
            return ExitCode.INTERRUPTED
        if isinstance(way.stopped, GraderError):
            return way.stopped.exit_code
        if way.stopped or way.unfinished or outcome.ungraded or watch.counts.problems:
            return ExitCode.INCOMPLETE
        return ExitCode.BELOW_MARK if outcome.below else ExitCode.DONE

    def _cost(self, usd: float | None) -> str:
        return str(self.say["cost_unknown"]) if usd is None else dollars(usd)


def _set_aside(entries: Iterator[Entry | Problem], texts: Texts) -> Iterator[Entry | Problem]:
    for entry in entries:
        if isinstance(entry, Entry):
            texts.add(entry.question, entry.id, entry.text)
        yield entry

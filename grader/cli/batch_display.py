"""What a running session shows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import typer

from grader.record import Grade
from grader.session.budget import Budget
from grader.session.entry import Problem
from grader.session.outcome import Counts, SessionOutcome
from grader.text.safe import one_line

_BETWEEN_S = 0.1
_PROBLEMS_SHOWN = 50


@dataclass
class RunDisplay:
    """Adds up and shows what happens.

    Attributes:
        update: takes the answers done and a line about them.
        cost: US dollars in words.
    """

    outcome: SessionOutcome
    update: Callable[[int, str], None]
    budget: Budget
    cost: Callable[[float | None], str]
    counts: Counts = field(default_factory=Counts)
    _shown: float = 0.0

    def graded(self, grade: Grade) -> None:
        """An answer was judged now."""
        self.outcome.add(grade)
        self.counts.add(grade)
        self._show()

    def skipped(self, *, ungraded: bool) -> None:
        """An answer was found in the results file, perhaps with something *ungraded*."""
        self.counts.add_kept(ungraded=ungraded)
        self._show()

    def problem(self, problem: Problem) -> None:
        """Something of the session cannot be graded."""
        self.counts.add_problem(problem)
        if self.counts.problems <= _PROBLEMS_SHOWN:
            typer.echo(f"grade: {one_line(str(problem))}", err=True)
        elif self.counts.problems == _PROBLEMS_SHOWN + 1:
            typer.echo("grade: and more like these, counted at the end", err=True)

    def say(self, text: str) -> None:
        """Shows *text* beside the bar."""
        self.update(self.counts.done, text)

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < _BETWEEN_S:
            return
        self._shown = now
        counts = self.counts
        self.update(
            counts.done,
            f"failed {counts.failed} · from ledger {counts.from_ledger}"
            f" · {counts.tokens:,} tokens · {self.cost(self.budget.spent_usd)}",
        )

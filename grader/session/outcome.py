"""What a run came to, added up while its records stream past."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.decision import decided
from grader.judge.voting import flipped
from grader.record import Cause, Grade, PointGrade
from grader.scoring import surely_reaches
from grader.session.entry import Problem
from grader.session.summary import Summary
from grader.session.tally import Tally

_MOST_NAMED = 20


@dataclass
class Flips:
    """How often the samples of one key point differ."""

    sampled: int = 0
    flipped: int = 0

    @property
    def rate(self) -> float:
        """Share of the sampled answers, 0 to 1, whose samples differ."""
        return self.flipped / self.sampled if self.sampled else 0.0


@dataclass
class SessionOutcome:
    """A session so far: :meth:`add` each record.

    Attributes:
        pass_mark: the per cent below which an answer fails, or None.
        below: answers that do not surely reach it: the lower end of their score is below.
        ungraded: answers with a key point that has no verdict.
        named: the first of them by question and id, with the causes and what is known of each.
        flips: by question and key point, where more than one sample was taken.
    """

    pass_mark: float | None = None
    below: int = 0
    ungraded: int = 0
    named: list[tuple[str, str, tuple[tuple[Cause, str], ...]]] = field(default_factory=list)
    flips: dict[tuple[str, str], Flips] = field(default_factory=dict)
    _tally: Tally = field(default_factory=Tally)

    def add(self, grade: Grade) -> None:
        """Counts one record; nothing of it is kept but the ids of the first ungraded."""
        settled = decided(grade)
        self._tally.add(settled)
        if not surely_reaches(settled.score, self.pass_mark):
            self.below += 1
        if missing := settled.ungraded:
            self.ungraded += 1
            if len(self.named) < _MOST_NAMED:
                causes = Counter((p.cause, p.detail) for p in missing if p.cause is not None)
                self.named.append((grade.question, grade.answer_id, tuple(causes)))
        for point in grade.key_points:
            if len(point.votes) > 1:
                self._count(grade.question, point)

    def _count(self, question: str, point: PointGrade) -> None:
        flips = self.flips.setdefault((question, point.id), Flips())
        flips.sampled += 1
        flips.flipped += flipped(point)

    def summary(self) -> Summary:
        """The records added up."""
        return self._tally.summary()


def add_up(grades: Iterable[Grade], pass_mark: float | None) -> SessionOutcome:
    """The outcome of *grades*, which are taken once and not kept."""
    outcome = SessionOutcome(pass_mark)
    for grade in grades:
        outcome.add(grade)
    return outcome


@dataclass
class Counts:
    """What a run did, for its progress bar and its last line.

    Attributes:
        done: answers judged or found in the results file.
        kept: of those, found in the results file.
        from_ledger: of those, judged without a call.
        failed: answers with an ungraded key point, and whatever could not be read.
        tokens: read and written by the replies that were paid for now.
    """

    done: int = 0
    kept: int = 0
    from_ledger: int = 0
    failed: int = 0
    problems: int = 0
    tokens: int = 0

    def add(self, grade: Grade) -> None:
        """Counts one record."""
        self.done += 1
        self.failed += bool(decided(grade).ungraded)
        self.from_ledger += grade.usage.from_ledger
        if not grade.usage.from_ledger:
            self.tokens += grade.usage.input_tokens + grade.usage.output_tokens

    def add_kept(self, *, ungraded: bool) -> None:
        """Counts an answer of the results file."""
        self.done += 1
        self.kept += 1
        self.failed += ungraded

    def add_problem(self, problem: Problem) -> None:  # noqa: ARG002 - the same for every one
        """Counts something that could not be read."""
        self.problems += 1
        self.failed += 1

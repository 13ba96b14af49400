"""One person's practice, step by step: the next question, its draft, its grade, what changed.

The terminal and the web only dress it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from grader.answer import from_text
from grader.decision import decided
from grader.errors import BadRubric
from grader.judge.base import Heard, unheard
from grader.ledger.ledger import Ledger, default_path
from grader.record import Grade, Score, Verdict
from grader.rubric.files import load_readable, load_rubric
from grader.rubric.format import Rubric
from grader.session.answered import Answered, default_answered
from grader.session.drafts import AnswerDraft, Drafts, default_folder
from grader.session.grader import Grader
from grader.session.practice import (
    PastAttempt,
    QuestionHistory,
    histories,
    latest_grades,
    past_attempt,
)

Why = Literal["asked", "draft", "due", "new", "early"]
"""Why a question comes next: somebody asked for it, a draft of it waits, it is due, it was never
tried, or nothing else is left and it is due the soonest."""


@dataclass(frozen=True)
class NextQuestion:
    """What to practise, and why. Nothing in it tells what the key points are.

    Attributes:
        due: how many of its key points are due.
        missed: how many of these were missed or contradicted last.
        tried_at: when it was tried last, or None.
        due_at: when the first of its key points is due, or None.
        draft_at: when its draft was last changed, or None.
        urgency: how likely what is due is forgotten, by weight, from 0 to 1.
    """

    question: str
    why: Why
    due: int = 0
    missed: int = 0
    tried_at: datetime | None = None
    due_at: datetime | None = None
    draft_at: datetime | None = None
    urgency: float = 0.0


@dataclass(frozen=True)
class PointChange:
    """A key point whose verdict is another than at the attempt before."""

    id: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True)
class AttemptChange:
    """What changed since the attempt before.

    Attributes:
        since: when that attempt was made.
        points: those that were graded both times, with different verdicts.
    """

    since: datetime
    before: Score
    after: Score
    points: tuple[PointChange, ...]


@dataclass(frozen=True)
class Practised:
    """An answer that was graded.

    Attributes:
        change: None at the first attempt.
        due_at: when the first of the question's key points is due again; None if none was graded.
        draft_kept: something is ungraded, so that the answer can be handed in again.
    """

    grade: Grade
    change: AttemptChange | None
    due_at: datetime | None
    draft_kept: bool


class Exercise:
    """The practice of one person over the user's ledger.

    Args:
        folders: of rubrics, the first to win.
        candidate: whose; None takes the attempts of everybody, as ``grade progress`` does.
        ledger: None is the user's own.
        drafts: the folder of drafts; None is the one beside the ledger.
        answered: the folder of texts that were handed in; None is the one beside the ledger.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        candidate: str | None = None,
        ledger: Path | None = None,
        drafts: Path | None = None,
        answered: Path | None = None,
    ) -> None:
        self._folders = tuple(folders)
        self.candidate = candidate
        self._ledger = ledger or default_path()
        self._drafts = Drafts(drafts or default_folder(), candidate)
        self._answered = Answered(answered or default_answered())

    @cached_property
    def _readable(self) -> tuple[dict[str, Rubric], tuple[BadRubric, ...]]:
        rubrics, faults = load_readable(self._folders)
        return {rubric.id: rubric for rubric in rubrics}, faults

    @property
    def rubrics(self) -> Mapping[str, Rubric]:
        """The questions that can be asked, by id."""
        return self._readable[0]

    @property
    def faults(self) -> tuple[BadRubric, ...]:
        """What is wrong with the rubrics that cannot."""
        return self._readable[1]

    def rubric(self, question: str) -> Rubric:
        """Returns the rubric of *question*.

        Raises:
            UnknownQuestion: there is none; the nearest ids are named.
            BadRubric: its file is not of the format.
        """
        return load_rubric(question, self._folders)

    def draft(self, rubric: Rubric) -> AnswerDraft:
        """Returns the draft for the question of *rubric*, written or not."""
        return self._drafts.of(rubric)

    def choose(self, question: str, now: datetime) -> NextQuestion:
        """Returns *question* as what was asked for. Raises as :meth:`rubric`."""
        rubric = self.rubric(question)
        tried = {each.id: each for each in self._tried({question: rubric})}
        waiting = self._drafts.waiting({question: rubric})
        return _next(question, "asked", tried, waiting, now)

    def next(self, now: datetime, leave_out: Collection[str] = ()) -> NextQuestion | None:
        """Returns the question to practise at *now*; None only where all are left out.

        First those with a draft, the latest first; then what is due, as ``grade progress`` has
        it; then what was never tried, by id; then what is due the soonest.

        Raises:
            LedgerFailed: the ledger cannot be read.
        """
        return next(iter(self.plan(now, leave_out)), None)

    def plan(self, now: datetime, leave_out: Collection[str] = ()) -> tuple[NextQuestion, ...]:
        """Returns all questions in the order in which :meth:`next` gives them. Raises as that."""
        rubrics = {name: r for name, r in self.rubrics.items() if name not in leave_out}
        tried = {each.id: each for each in self._tried(rubrics)}
        waiting = self._drafts.waiting(rubrics)
        ordered = sorted(rubrics, key=lambda name: _order(name, tried, waiting, now))
        return tuple(
            _next(name, _why(name, tried, waiting, now), tried, waiting, now) for name in ordered
        )

    def histories(self) -> list[QuestionHistory]:
        """Returns what was tried of the questions that can be asked. Raises as :meth:`next`."""
        return self._tried(self.rubrics)

    def attempts(self, rubric: Rubric) -> tuple[Grade, ...]:
        """Returns the attempts at a question as graded last, the oldest first.

        Raises:
            LedgerFailed: the ledger cannot be read.
        """
        with Ledger(self._ledger) as ledger:
            return latest_grades(ledger.grades(rubric.id), self.candidate)

    def text(self, grade: Grade) -> str | None:
        """Returns the text of an attempt; None where it was not handed in by a practice."""
        return self._answered.text(grade)

    async def grade(self, grader: Grader, rubric: Rubric, heard: Heard = unheard) -> Practised:
        """Grades the draft for the question of *rubric*, keeps the grade, and ends the draft.

        The draft is kept where something is ungraded, and where this raises. Handed in again
        unchanged, it is the same attempt.

        Args:
            heard: is told each verdict as it comes.

        Raises:
            EmptyAnswer: nothing was written.
            UnreadableAnswer: it is too long.
            ModelFailed: no request to the judge can succeed.
            OutFailed: the disk is full.
        """
        draft = self._drafts.of(rubric)
        text, at = draft.text(), draft.changed_at
        answer = from_text(text, str(draft.path))
        self._answered.keep(answer)
        before = self._attempts(rubric)
        name = f"practice-{at:%Y%m%dT%H%M%S}" if at else "practice"
        grade = await grader.grade(
            answer, rubric, id=name, candidate=self.candidate, attempted_at=at, heard=heard
        )
        # What was typed while it was graded, in another window, is a new draft
        unfinished = bool(decided(grade).ungraded)
        if not unfinished and draft.text() == text:
            draft.remove()
        made = past_attempt(grade)
        earlier = [attempt for attempt in before if attempt.at < made.at]
        due_at = next((q.next_due for q in self._tried({rubric.id: rubric})), None)
        change = compare(earlier[-1], made) if earlier else None
        return Practised(grade, change, due_at, unfinished)

    def _attempts(self, rubric: Rubric) -> tuple[PastAttempt, ...]:
        return next((tried.attempts for tried in self._tried({rubric.id: rubric})), ())

    def _tried(self, rubrics: Mapping[str, Rubric]) -> list[QuestionHistory]:
        """The questions among *rubrics* that were tried, with the key points they have now."""
        only = next(iter(rubrics)) if len(rubrics) == 1 else None
        with Ledger(self._ledger) as ledger:
            tried = histories(ledger.grades(only), self.candidate)
        return [
            each.within(point.id for point in rubrics[each.id].key_points)
            for each in tried
            if each.id in rubrics
        ]


def compare(before: PastAttempt, after: PastAttempt) -> AttemptChange:
    """Returns what changed from one attempt at a question to another."""
    pairs = ((name, before.verdicts.get(name), verdict) for name, verdict in after.verdicts.items())
    moved = [(n, old, new) for n, old, new in pairs if old and new and old != new]
    points = tuple(PointChange(*each) for each in moved)
    return AttemptChange(before.at, before.score, after.score, points)


Tried = Mapping[str, QuestionHistory]
Waiting = Mapping[str, datetime]


def _why(name: str, tried: Tried, waiting: Waiting, now: datetime) -> Why:
    if name in waiting:
        return "draft"
    history = tried.get(name)
    if history is None or history.next_due is None:
        return "new"
    return "due" if history.due(now) else "early"


def _order(
    name: str, tried: Tried, waiting: Waiting, now: datetime
) -> tuple[int, bool, float, str]:
    why = _why(name, tried, waiting, now)
    place = ("draft", "due", "new", "early").index(why)
    if why == "draft":
        return (place, False, -waiting[name].timestamp(), name)
    if why == "due":
        return (place, *tried[name].rank(now))
    due_at = tried[name].next_due if why == "early" else None
    return (place, False, due_at.timestamp() if due_at else 0.0, name)


def _next(name: str, why: Why, tried: Tried, waiting: Waiting, now: datetime) -> NextQuestion:
    history = tried.get(name)
    due = history.due(now) if history else ()
    return NextQuestion(
        question=name,
        why=why,
        due=len(due),
        missed=sum(point.lapsed for point in due),
        tried_at=history.attempts[-1].at if history else None,
        due_at=history.next_due if history else None,
        draft_at=waiting.get(name),
        urgency=history.urgency(now) if history else 0.0,
    )

"""The loop of ``grade practice``: dresses the steps of :class:`Exercise` for the terminal."""

import asyncio
import shlex
from datetime import UTC, datetime

import typer

from grader.cli.grade import tell_outcome
from grader.cli.options import open_bench
from grader.cli.practice_input import AnswerInput, ask
from grader.errors import BadInput, ExitCode, GraderError
from grader.judge.base import language as language_of
from grader.judge.options import JudgeOptions
from grader.report import exercise as shown
from grader.report import terminal
from grader.rubric.format import Rubric
from grader.session.drafts import AnswerDraft
from grader.session.exercise import Exercise, NextQuestion, Practised
from grader.session.grader import Grader
from grader.text.catalogue import words_in
from grader.text.safe import one_line


class PracticeRun:
    """Questions one after another, until somebody has enough.

    Args:
        language: of what is shown; None is English, and for a report the answer's own.
    """

    hints = False
    pass_mark: float | None = None

    def __init__(
        self,
        exercise: Exercise,
        answers: AnswerInput,
        said: JudgeOptions,
        weights: str | None,
        language: str | None,
    ) -> None:
        self._exercise = exercise
        self._answers = answers
        self._said, self._weights = said, weights
        self._language = language
        self._say = words_in(language or "en")["exercise"]
        self._codes: dict[str, ExitCode] = {}
        self._asked: list[str] = []
        self._draft: AnswerDraft | None = None

    def run(self, question: str | None, count: int | None) -> ExitCode:
        """Asks *question* first, if one is named, and at most *count*; gives the exit code."""
        coming: NextQuestion | None = self._first(question)
        while coming is not None:
            self._asked.append(coming.question)
            if not self._put(coming, is_last=len(self._asked) == count):
                break
            coming = self._exercise.next(datetime.now(UTC), leave_out=self._asked)
            if coming is None:
                typer.echo(self._say["all"], err=True)
        codes = set(self._codes.values())
        # As for one answer, what is ungraded weighs more than what is below the mark
        return next(
            (c for c in (ExitCode.FAILED, ExitCode.BELOW_MARK) if c in codes), ExitCode.DONE
        )

    def tell_kept(self) -> None:
        """Says where to go on, if something that was written is not graded yet."""
        if self._draft is not None and self._draft.is_written:
            who = self._exercise.candidate
            named = "" if who is None else f" --candidate {shlex.quote(one_line(who))}"
            kept = self._say["kept"].format(question=self._draft.rubric.id + named)
            typer.echo(kept, err=True)

    def _first(self, question: str | None) -> NextQuestion:
        now = datetime.now(UTC)
        if question is not None:
            return self._exercise.choose(question, now)
        for fault in self._exercise.faults:
            typer.echo(f"grade: {fault}", err=True)
        coming = self._exercise.next(now)
        if coming is None:
            raise BadInput("no question to practise: --rubrics names a folder without a good one")
        return coming

    def _put(self, coming: NextQuestion, *, is_last: bool) -> bool:
        """Puts a question, as often as somebody wants to answer it; False when they have enough."""
        rubric = self._exercise.rubric(coming.question)
        parts = shown.question_blocks(coming, rubric, self._language or "en")
        terminal.blocks(parts, terminal.console())
        graded = self._try(rubric, "")
        while not is_last:
            match ask(self._say["then"]):
                case "a":
                    graded = self._try(rubric, graded)
                case "" | "n":
                    return True
                case "s" | "q" | None:
                    return False
        return False

    def _try(self, rubric: Rubric, graded: str) -> str:
        """Has an answer written and graded; *graded* is what can be revised, and so is the result.

        ``""`` is given where the draft is kept, which is gone on with as it is.
        """
        self._draft = draft = self._exercise.draft(rubric)
        if graded and self._answers.revises and not draft.text():
            draft.save(graded)
        try:
            wanted = self._answers.write(draft)
            text = draft.text()
            if not text or text == graded:
                draft.remove()
                typer.echo(self._say["unchanged" if text else "empty"], err=True)
                return graded
            if wanted:
                return self._grade(rubric, text)
        except GraderError:
            self.tell_kept()
            raise
        self.tell_kept()
        return ""

    def _grade(self, rubric: Rubric, text: str) -> str:
        practised = asyncio.run(self._graded(rubric))
        language = self._language or language_of(text)
        terminal.grade(practised.grade, rubric, language, terminal.console(), hints=self.hints)
        parts = shown.change_blocks(practised, rubric, language, hints=self.hints)
        terminal.blocks(parts, terminal.console())
        self._codes[rubric.id] = tell_outcome(practised.grade, language, self.pass_mark)
        self.tell_kept()
        return "" if practised.draft_kept else text

    async def _graded(self, rubric: Rubric) -> Practised:
        async with open_bench(self._said, self._weights) as bench:
            return await self._exercise.grade(Grader(bench), rubric)

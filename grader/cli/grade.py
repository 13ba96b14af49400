"""``grade FILE --q ID``: one answer."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion
from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    AnswersLanguageOption,
    OnlyOption,
    RubricsOption,
)
from grader.errors import BadInput, ExitCode
from grader.text.safe import one_line

if TYPE_CHECKING:
    from grader.answer import Answer
    from grader.judge.options import JudgeOptions
    from grader.record import Grade
    from grader.rubric.format import Rubric


@takes_judge
def one(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The answer: text or a document, or - for stdin.")
    ],
    question: Annotated[
        str,
        typer.Option(
            "--q",
            "--question",
            metavar="ID",
            help="Question id.",
            autocompletion=completion.questions,
        ),
    ],
    judge: JudgeWords = BY_DEFAULT,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    candidate: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who answered, for the record.")
    ] = None,
    pass_mark: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            min=0,
            max=100,
            help="Exit with 4 unless the score surely reaches this.",
        ),
    ] = None,
    language: AnswersLanguageOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    hints: Annotated[
        bool, typer.Option("--hints", help="Print a hint in place of each point not met.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
    for_candidate: Annotated[
        bool,
        typer.Option(
            "--for-candidate",
            help="For who answered: reasons without the rubric's notes, and how to contest them.",
        ),
    ] = False,
    contact: Annotated[
        str | None,
        typer.Option("--contact", metavar="TEXT", help="Whom a candidate asks to look again."),
    ] = None,
) -> None:
    """Grade one answer."""
    import asyncio

    # Whatever is wrong with the call is told before anything slow is imported or paid for.
    from grader.judge.base import language as language_of
    from grader.rubric.files import load_rubric, rubric_folders
    from grader.session.documents import read_answer

    look_to = _contact(contact, for_candidate=for_candidate, as_json=as_json)
    if html is not None:
        from grader.report.html.charts import need_extra

        need_extra()
    folders = rubric_folders(rubrics, only_own)
    asked = load_rubric(question, folders)
    text = read_answer(file, sys.stdin.buffer)
    said = judge.options()
    _tell_lost(text)
    shown_in = language or language_of(text.text)
    name = "stdin" if file == "-" else file
    result = asyncio.run(_grade(asked, text, name, candidate, said, judge.weights))
    shown = _Shown(result=result, asked=asked, language=shown_in, hints=hints, contact=look_to)
    if html is not None:
        shown.write_page(html, text.text)
    shown.show(as_json=as_json, as_markdown=as_markdown)
    raise typer.Exit(tell_outcome(result, shown_in, pass_mark))


def _tell_lost(text: "Answer") -> None:
    """One line on stderr where a document has what its text does not."""
    for flag in text.flags:
        if flag.kind == "converted" and ": " in flag.text:
            typer.echo(f"grade: {one_line(text.source)}: read as text, {flag.text}", err=True)


async def _grade(
    asked: "Rubric",
    text: "Answer",
    name: str,
    candidate: str | None,
    said: "JudgeOptions",
    weights: str | None,
) -> "Grade":
    from grader.cli.options import open_bench
    from grader.session.grader import Grader

    async with open_bench(said, weights) as bench:
        return await Grader(bench).grade(text, asked, id=name, candidate=candidate)


def _contact(contact: str | None, *, for_candidate: bool, as_json: bool) -> str | None:
    """Whom to ask for a second look, empty for a neutral sentence; None if it is for the team."""
    if not for_candidate:
        if contact is not None:
            raise BadInput("--contact TEXT: is for the person who answered: add --for-candidate")
        return None
    if as_json:
        raise BadInput("--for-candidate: --json is the whole record; leave one of them out")
    return contact or ""


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A grade to be shown, and to whom."""

    result: "Grade"
    asked: "Rubric"
    language: str
    hints: bool
    contact: str | None

    def show(self, *, as_json: bool, as_markdown: bool) -> None:
        """Prints it."""
        parts = (self.result, self.asked, self.language)
        if as_json:
            typer.echo(self.result.to_json(indent=2))
        elif as_markdown:
            from grader.report.markdown import grade_markdown

            typer.echo(grade_markdown(*parts, hints=self.hints, contact=self.contact))
        else:
            from grader.report import terminal

            out = terminal.console()
            terminal.grade(*parts, out, hints=self.hints, contact=self.contact)

    def write_page(self, path: Path, text: str) -> None:
        """Writes it as a page."""
        from grader.report.html.candidate_page import write_candidate_page
        from grader.report.html.page import write_page

        if self.contact is None:
            rubrics = {self.asked.id: self.asked}
            write_page(
                path, [self.result], rubrics, lambda _: text, self.language, hints=self.hints
            )
        else:
            write_candidate_page(
                path,
                self.result,
                self.asked,
                text,
                self.language,
                contact=self.contact,
                hints=self.hints,
            )


def tell_outcome(result: "Grade", language: str, pass_mark: float | None) -> ExitCode:
    """Says on stderr what is ungraded or below *pass_mark*; gives the exit code of that."""
    _tell_why(result, language)
    code = exit_code(result, pass_mark)
    if code == ExitCode.BELOW_MARK:
        from grader.decision import decided

        sure = decided(result).score.low
        typer.echo(f"grade: sure of {sure:g} %: below {pass_mark:g} %", err=True)
    return code


def _tell_why(result: "Grade", language: str) -> None:
    """One line on stderr for each reason why something is ungraded, in the provider's words."""
    from grader.report.words import why
    from grader.text.catalogue import words_in

    say = words_in(language)
    told = [(point.cause, point.detail) for point in result.key_points]
    told += [(claim.cause, claim.detail) for claim in result.misconceptions]
    for cause, detail in dict.fromkeys(told):
        if cause is not None and detail:
            typer.echo(f"grade: {why(cause, detail, say)}", err=True)


def exit_code(result: "Grade", pass_mark: float | None) -> ExitCode:
    """1 where a key point is ungraded, 4 where *pass_mark* is not surely reached, else 0.

    An interval passes only when its lower end does: doubt is never a pass.
    """
    from grader.decision import decided
    from grader.scoring import surely_reaches

    settled = decided(result)
    if settled.ungraded:
        return ExitCode.FAILED
    if not surely_reaches(settled.score, pass_mark):
        return ExitCode.BELOW_MARK
    return ExitCode.DONE

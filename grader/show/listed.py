"""Questions, rubrics, the history, findings."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from grader.catalogue import Catalogue, words_in
from grader.plain import one_line
from grader.record import Grade
from grader.rubric import KeyPoint, Rubric
from grader.show.terminal import hung

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from grader.block import Check


def questions(found: "Iterable[Rubric]", language: str, out: "Console") -> None:
    """Prints a list of questions."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for rubric in found:
        table.add_row(Text(rubric.id), Text(getattr(rubric.question, language)))
    out.print(table)


def rubric(asked: Rubric, language: str, out: "Console") -> None:
    """Prints a question with everything that its rubric says."""
    from rich.text import Text

    say = words_in(language)
    out.print(Text(asked.question.en, style="bold"))
    out.print(Text(asked.question.zh, style="bold"))
    for point in asked.key_points:
        out.print()
        out.print(hung(f"×{point.weight}", _key_point(point, language, say), "bold"))
    if asked.misconceptions:
        out.print(Text(f"\n{say['misconceptions']}", style="bold red"))
    for claim in asked.misconceptions:
        text = Text(f"{getattr(claim, language)}  ({claim.id})")
        text.append(f"\n→ {getattr(claim.correction, language)}", style="green")
        out.print(hung("✗", text, "red"))
    out.print(Text(f"\n{say['documents']}", style="bold"))
    for key, document in asked.documents.items():
        out.print(hung(f"{key}:", Text(f"{document.title} {document.url or ''}")))
    if asked.source_error:
        out.print(Text(f"\n{say['source_error']} {asked.source_error}", style="yellow"))


def _key_point(point: KeyPoint, language: str, say: Catalogue) -> "Text":
    from rich.text import Text

    text = Text(f"{getattr(point, language)}  ({point.id})")
    for name in ("met", "partial", "missed"):
        if note := getattr(point.notes, name):
            text.append(f"\n{say[name]}: {note}", style="dim")
    for source in point.sources:
        quote = f" “{source.quote}”" if source.quote else ""
        text.append(f"\n{source.document} {source.section}{quote}", style="cyan dim")
    return text


def history(grades: "Iterable[Grade]", out: "Console") -> None:
    """Prints graded answers, one a line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("graded at", "question", "answer", "score %", "judge"):
        table.add_column(name, no_wrap=name in {"graded at", "score %"}, overflow="fold")
    for one in grades:
        value = one.score
        shown = f"{value.low:g}–{value.high:g}" if value.percent is None else f"{value.percent:g}"
        when = f"{one.graded_at.astimezone():%Y-%m-%d %H:%M}"
        row = (when, one.question, one_line(one.answer_id, 40), shown, one.judge.model)
        table.add_row(*map(Text, row))
    out.print(table)


def check(found: "Check", out: "Console") -> None:
    """Prints one finding of ``grade doctor``."""
    from rich.text import Text

    sign, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "dim")}[found.good]
    text = Text(f"{sign} {found.name}: {one_line(found.found)}", style=style)
    if found.way_out:
        text.append(f"\n  → {found.way_out}", style="yellow")
    out.print(text)

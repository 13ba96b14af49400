"""Everything that is printed on the terminal. The one module that imports rich.

rich is imported inside the functions: a command that fails early never loads it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from grader.record import Grade, MisconceptionGrade, PointGrade, Verdict
from grader.report import words
from grader.report.blocks import Block, Grid, Heading, Line
from grader.rubric.format import KeyPoint, Rubric
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import one_line, plain

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.status import Status as Status  # noqa: PLC0414 - for those who may not import rich
    from rich.table import Table
    from rich.text import Text

    from grader.report.blocks import Check
    from grader.report.blocks import Table as PlainTable

_TONES = {
    "plain": "",
    "note": "dim",
    "good": "bold green",
    "fair": "bold yellow",
    "bad": "bold red",
    "strong": "bold",
}


def console(*, stderr: bool = False) -> "Console":
    """A console that colours only a terminal and obeys NO_COLOR."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False, emoji=False, markup=False)


def hung(sign: str, text: "Text", style: str = "") -> "Table":
    """*text* with a sign before it and all its lines indented alike."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(sign, style=style), text)
    return table


def fields(rows: "Iterable[tuple[str, str]]", out: "Console") -> None:
    """Prints names with their values."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    out.print(table)


def table(shown: "PlainTable", out: "Console") -> None:
    """Prints a table with its title."""
    from rich.table import Table as RichTable
    from rich.text import Text

    title = Text(f"\n{shown.title}", style="bold")
    drawn = RichTable(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left")
    for place, name in enumerate(shown.columns):
        numeric = place in shown.numbers
        justify: Literal["left", "right"] = "right" if numeric else "left"
        drawn.add_column(name, no_wrap=numeric, overflow="fold", justify=justify)
    for row in shown.rows:
        drawn.add_row(*(Text(one_line(cell)) for cell in row))
    out.print(drawn)


def blocks(parts: "Iterable[Block]", out: "Console") -> None:
    """Prints a report made of headings, lines and tables."""
    from rich.padding import Padding
    from rich.text import Text

    for part in parts:
        if isinstance(part, Heading):
            out.print(Text(f"\n{part.text}", style="bold"))
        elif isinstance(part, Line):
            text = Text(plain(part.text), style=_TONES[part.tone])
            out.print(Padding(text, (0, 0, 0, part.indent), expand=False))
        else:
            out.print(_grid(part))


def _grid(part: Grid) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=bool(part.heads), header_style="dim")
    for column in range(max(map(len, (part.heads, *part.rows)), default=0)):
        head = part.heads[column] if part.heads else ""
        number = column >= part.numbers_from
        table.add_column(head, justify="right" if number else "left", overflow="fold")
    for row in part.rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table


_STYLE = {
    Verdict.MET: ("✓", "green"),
    Verdict.PARTIAL: ("◐", "yellow"),
    Verdict.MISSED: ("○", "dim"),
    Verdict.CONTRADICTED: ("✗", "red"),
    None: ("?", "magenta"),
}
_LONGEST_EVIDENCE = 400


def grade(result: Grade, rubric: Rubric, language: str, out: "Console") -> None:
    """Prints one grade: score, key points with evidence, misconceptions, what to read next."""
    say = words_in(language)
    for part in _parts(result, rubric, language, say):
        out.print(part)


def _parts(
    result: Grade, rubric: Rubric, language: str, say: Catalogue
) -> "Iterable[RenderableType]":
    from rich.text import Text

    yield Text(getattr(rubric.question, language), style="bold")
    yield Text(words.score_line(result.score, say), style="bold")
    yield _points_table(result, rubric, language, say)
    yield from _misconceptions(result, rubric, language, say)
    yield from _reading(result, rubric, say)
    if result.feedback:
        yield Text(f"\n{plain(result.feedback)}")
    yield from _flags(result, say)
    yield from _set_aside(result, say)
    yield Text(f"\n{words.judge_line(result, say)}", style="dim")


def _points_table(result: Grade, rubric: Rubric, language: str, say: Catalogue) -> "Table":
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), expand=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    texts = {point.id: point for point in rubric.key_points}
    for point in result.key_points:
        table.add_row(
            _verdict(point, say),
            f"×{point.weight}",
            _explained(point, texts[point.id], language, say),
        )
    return table


def _verdict(point: PointGrade, say: Catalogue) -> "Text":
    from rich.text import Text

    sign, style = _STYLE[point.verdict]
    return Text(f"{sign} {words.verdict(point.verdict, say)}", style=style)


def _explained(point: PointGrade, key_point: KeyPoint, language: str, say: Catalogue) -> "Text":
    from rich.text import Text

    text = Text(getattr(key_point, language))
    for piece in point.evidence:
        text.append(f"\n“{one_line(piece.text, _LONGEST_EVIDENCE)}”", style="cyan")
    if note := words.doubt(point, say):
        text.append(f"\n{note}", style="magenta")
    if point.reason and point.verdict != Verdict.MET:
        text.append(f"\n{one_line(point.reason)}", style="dim")
    return text


def _misconceptions(
    result: Grade, rubric: Rubric, language: str, say: Catalogue
) -> "Iterable[RenderableType]":
    from rich.text import Text

    claims = {claim.id: claim for claim in rubric.misconceptions}
    held = [m for m in result.misconceptions if m.asserted]
    if held:
        yield Text(f"\n{say['misconceptions']}", style="bold red")
    for found in held:
        text = Text(getattr(claims[found.id], language))
        text.append(_quoted(found), style="cyan")
        correction = getattr(claims[found.id].correction, language)
        text.append(f"\n→ {one_line(correction)}", style="green")
        yield hung("✗", text, "red")
    if unclear := [m.id for m in result.misconceptions if m.asserted is None]:
        yield Text(say["unclear_misconceptions"].format(ids=", ".join(unclear)), style="magenta")


def _quoted(found: MisconceptionGrade) -> str:
    return "".join(f"\n“{one_line(e.text, _LONGEST_EVIDENCE)}”" for e in found.evidence)


def _reading(result: Grade, rubric: Rubric, say: Catalogue) -> "Iterable[RenderableType]":
    from rich.text import Text

    passages = words.passages(result, rubric)
    if passages:
        yield Text(f"\n{say['read_next']}", style="bold")
    for passage in passages:
        yield hung("•", Text(passage))


def _set_aside(result: Grade, say: Catalogue) -> "Iterable[Text]":
    from rich.text import Text

    if result.set_aside:
        yield Text(f"\n{say['set_aside']}", style="bold yellow")
    for piece in result.set_aside:
        line = f"• {words.set_aside(piece, say)} {one_line(piece.text, 80)}"
        yield Text(line, style="yellow")


def _flags(result: Grade, say: Catalogue) -> "Iterable[Text]":
    from rich.text import Text

    if result.flags:
        yield Text(f"\n{say['flags']}", style="bold yellow")
    for flag in result.flags:
        place = f"{flag.kind} [{flag.start}:{flag.end}]"
        yield Text(f"• {place} {one_line(flag.text, 80)}", style="yellow")


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


@contextmanager
def download_bar(total: int) -> "Iterator[Callable[[str, int, int], None]]":
    """A progress bar for a download of *total* bytes, on stderr.

    Gives a function that takes the source's name, the bytes done and the bytes in all.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    out = console(stderr=True)
    out.print(f"Fetching the embedded model once: {total / 1e9:.2f} GB.")
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda name, done, size: bar.update(
            task, description=name, completed=done, total=size
        )


@contextmanager
def session_bar(total: int | None, out: "Console") -> "Iterator[Callable[[int, str], None]]":
    """A progress bar over *total* answers, None where nobody knows; nothing but on a terminal.

    Gives a function that takes the answers done and a text to stand beside them.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (MofNCompleteColumn(), BarColumn(), "{task.description}", TimeRemainingColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, text: bar.update(task, completed=done, description=text)

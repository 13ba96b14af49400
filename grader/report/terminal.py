"""Everything that is printed on the terminal. The one module that imports rich.

rich is imported inside the functions: a command that fails early never loads it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from grader.decision import decided, people
from grader.record import Evidence, Grade
from grader.report.blocks import Block, Grid, Heading, Line
from grader.report.candidate import view_for
from grader.report.grade_view import (
    LONGEST_EVIDENCE,
    LONGEST_PLACE,
    GradeView,
    Passage,
    PointView,
)
from grader.report.words import rubric_sums
from grader.rubric.format import KeyPoint, Rubric
from grader.text.catalogue import Catalogue, words_in
from grader.text.flags import Flag
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


_VERDICT_STYLES = {
    "met": "green",
    "partial": "yellow",
    "missed": "dim",
    "contradicted": "red",
    "ungraded": "magenta",
}


def grade(
    result: Grade,
    rubric: Rubric | None,
    language: str,
    out: "Console",
    *,
    hints: bool = False,
    contact: str | None = None,
) -> None:
    """Prints one grade: score, key points with evidence, misconceptions, what to read next.

    Args:
        hints: a hint stands in place of each key point that is not met.
        contact: see :func:`grader.report.candidate.view_for`.
    """
    seen = view_for(result, rubric, language, hints=hints, contact=contact)
    for part in _parts(seen, words_in(language)):
        out.print(part)


def _parts(seen: GradeView, say: Catalogue) -> "Iterator[RenderableType]":
    from rich.text import Text

    yield Text(seen.question, style="bold")
    yield Text(seen.score, style="bold")
    yield _points_table(seen.points, say)
    yield from _misconceptions(seen, say)
    yield from _reading(seen.read_next, say)
    if seen.feedback:
        yield Text(f"\n{plain(seen.feedback)}")
    yield from _warnings(say["flags"], (_flagged(flag, say) for flag in seen.flags))
    yield from _warnings(say["set_aside"], (_aside(*each) for each in seen.set_aside))
    yield Text(f"\n{seen.judge}", style="dim")
    if seen.second_look:
        yield Text(f"\n{seen.second_look}", style="bold")


def _points_table(points: Iterable[PointView], say: Catalogue) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), expand=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for point in points:
        verdict = Text(f"{point.sign} {point.word}", style=_VERDICT_STYLES[point.verdict])
        table.add_row(verdict, f"×{point.weight}", _explained(point, say))
    return table


def _explained(point: PointView, say: Catalogue) -> "Text":
    from rich.text import Text

    text = Text(point.claim)
    text.append(_quoted(point.evidence), style="cyan")
    if point.note:
        text.append(f"\n{point.note}", style="magenta")
    if point.dissent:
        text.append(f"\n{point.opinions}", style="dim")
    if point.shortfall:
        text.append(f"\n{one_line(point.shortfall)}", style="dim")
    if point.decision:
        text.append(f"\n{point.decision}", style="bold")
    text.append(_to_read(point.to_read, say), style="cyan")
    return text


def _misconceptions(seen: GradeView, say: Catalogue) -> "Iterator[RenderableType]":
    from rich.text import Text

    if seen.claims:
        yield Text(f"\n{say['misconceptions']}", style="bold red")
    for claim in seen.claims:
        text = Text(claim.claim)
        text.append(_quoted(claim.evidence), style="cyan")
        text.append(f"\n→ {one_line(claim.correction)}", style="green")
        text.append(_to_read(claim.passages, say), style="cyan")
        text.append(f"\n{claim.decision}" if claim.decision else "", style="bold")
        yield hung("✗", text, "red")
    if seen.dismissed:
        yield Text(f"\n{say['report']['dismissed']}", style="bold")
    for claim in seen.dismissed:
        yield hung("○", Text(f"{claim.claim}\n{claim.decision}"))
    if seen.unclear:
        line = say["unclear_misconceptions"].format(ids=", ".join(seen.unclear))
        yield Text(line, style="magenta")


def _quoted(evidence: Iterable[Evidence]) -> str:
    return "".join(f"\n“{one_line(piece.text, LONGEST_EVIDENCE)}”" for piece in evidence)


def _to_read(passages: Sequence[Passage], say: Catalogue) -> str:
    cited = "; ".join(one_line(passage.citation) for passage in passages)
    return f"\n{say['read'].format(passages=cited)}" if cited else ""


def _reading(passages: Sequence[Passage], say: Catalogue) -> "Iterator[RenderableType]":
    from rich.text import Text

    if passages:
        yield Text(f"\n{say['read_next']}", style="bold")
    for passage in passages:
        yield hung("•", Text(f"{passage.citation}: {passage.url}"))


def _flagged(flag: Flag, say: Catalogue) -> str:
    if flag.end == 0:  # of the answer as a whole
        kind = say["report"]["flag_kinds"][flag.kind]
        return f"{kind} ({one_line(flag.text, LONGEST_PLACE)})" if flag.text else str(kind)
    return f"{flag.kind} [{flag.start}:{flag.end}] {one_line(flag.text, LONGEST_PLACE)}"


def _aside(why: str, text: str) -> str:
    return f"{why} {one_line(text, LONGEST_PLACE)}"


def _warnings(title: str, lines: Iterable[str]) -> "Iterator[Text]":
    """A list under its title; nothing where it is empty."""
    from rich.text import Text

    for number, line in enumerate(lines):
        if number == 0:
            yield Text(f"\n{title}", style="bold yellow")
        yield Text(f"• {line}", style="yellow")


def questions(found: "Iterable[Rubric]", language: str, out: "Console") -> None:
    """Prints a list of questions."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for rubric in found:
        table.add_row(Text(rubric.id), Text(rubric.question.text(language)))
    out.print(table)


def rubric(asked: Rubric, language: str, out: "Console") -> None:
    """Prints a question with everything that its rubric says."""
    from rich.text import Text

    say = words_in(language)
    for wording in asked.question.wordings:
        out.print(Text(wording, style="bold"))
    for point in asked.key_points:
        out.print()
        out.print(hung(f"×{point.weight}", _key_point(point, language, say), "bold"))
    for line in rubric_sums(asked, say):
        out.print(Text(f"\n{line}"))
    if asked.misconceptions:
        out.print(Text(f"\n{say['misconceptions']}", style="bold red"))
    for claim in asked.misconceptions:
        text = Text(f"{claim.text(language)}  ({claim.id})")
        text.append(f"\n→ {claim.correction.text(language)}", style="green")
        out.print(hung("✗", text, "red"))
    out.print(Text(f"\n{say['documents']}", style="bold"))
    for key, document in asked.documents.items():
        out.print(hung(f"{key}:", Text(f"{document.title} {document.url or ''}")))
    if asked.source_error:
        out.print(Text(f"\n{say['source_error']} {asked.source_error}", style="yellow"))


def _key_point(point: KeyPoint, language: str, say: Catalogue) -> "Text":
    from rich.text import Text

    text = Text(f"{point.text(language)}  ({point.id})")
    for name in ("met", "partial", "missed", "contradicted"):
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
        value = decided(one).score
        judges = " + ".join(one_line(name, 40) for name in (one.judge.model, *people(one)))
        shown = f"{value.low:g}–{value.high:g}" if value.percent is None else f"{value.percent:g}"
        when = f"{one.graded_at.astimezone():%Y-%m-%d %H:%M}"
        row = (when, one.question, one_line(one.answer_id, 40), shown, judges)
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

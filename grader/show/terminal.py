"""The terminal itself, and the shapes that everything is printed in."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from grader.block import Block, Grid, Heading, Line
from grader.plain import one_line, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from grader.overview import Table as PlainTable

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

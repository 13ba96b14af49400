"""What moves while something takes time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.show.terminal import console

if TYPE_CHECKING:
    from rich.console import Console


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

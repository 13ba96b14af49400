"""Everything that is printed on the terminal. The one package that imports rich.

rich is imported inside the functions: a command that fails early never loads it.
"""

from typing import TYPE_CHECKING

from grader.show.graded import grade
from grader.show.listed import check, history, questions, rubric
from grader.show.terminal import blocks, console, fields, table
from grader.show.waiting import download_bar, session_bar

if TYPE_CHECKING:
    from rich.status import Status as Status

__all__ = [
    "blocks",
    "check",
    "console",
    "download_bar",
    "fields",
    "grade",
    "history",
    "questions",
    "rubric",
    "session_bar",
    "table",
]

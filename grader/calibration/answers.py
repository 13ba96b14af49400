"""Brings back the texts of graded answers, to be shown beside what raters said of them."""

from collections.abc import Sequence
from pathlib import Path

from grader.entry import Entry, Questions
from grader.errors import GraderError
from grader.session import read as read_session


def by_digest(paths: Sequence[str], folders: Sequence[Path]) -> dict[str, str]:
    """Texts by digest, of the sessions that were graded; what cannot be read is left out.

    Args:
        paths: as for ``grade batch``: files and folders of any shape.
        folders: of rubrics.

    Raises:
        BadInput: a path does not exist.
    """
    found = {}
    for entry in read_session(paths, Questions(folders)):
        if isinstance(entry, Entry):
            try:
                answer = entry.attempt().answer
            except GraderError:
                continue
            found[answer.digest] = answer.text
    return found

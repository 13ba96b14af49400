"""Drafts that a page sends again and again, while an editor or another page may change them too."""

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BadInput
from grader.session.drafts import AnswerDraft, without_template

_GUARD = threading.Lock()
_UNREADABLE = "unreadable"


@dataclass(frozen=True)
class KeptDraft:
    """What came of a text that a page sent.

    Attributes:
        version: of the draft now; the page sends it with its next text.
        set_aside: where another text lies that took its place meanwhile; None where none did.
    """

    version: str
    set_aside: Path | None = None


def version(draft: AnswerDraft) -> str:
    """Returns what tells the text of *draft* from every other; ``""`` where there is none."""
    try:
        return _version(draft.text())
    except BadInput:
        return _UNREADABLE


def keep(draft: AnswerDraft, text: str, based_on: str) -> KeptDraft:
    """Puts *text* in place of the draft, on the disk when this returns; a blank one ends it.

    Where the draft is neither the text nor what the page last knew, somebody wrote it elsewhere:
    that text is set aside, never lost.

    Args:
        based_on: the version that the page last knew.

    Raises:
        BadInput: the folder cannot be written to.
        OutFailed: the disk does not take it.
    """
    text = _plain(text)
    wanted = without_template(text, draft.rubric)
    with _GUARD:
        there = version(draft)
        aside = draft.set_aside() if there not in ("", based_on, _version(wanted)) else None
        if not wanted:
            draft.remove()
        elif there != _version(wanted) or aside:
            draft.save(wanted)
        # Handed in unchanged it keeps its time, and is the same attempt
        return KeptDraft(version(draft), aside)


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text.strip() else ""


def _plain(text: str) -> str:
    """The text with one kind of line ends, and without what no file of text may hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

"""Drafts that a page sends again and again, while an editor or another page may change them too."""

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BadInput
from grader.session.drafts import AnswerDraft, without_template

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


@dataclass(frozen=True)
class Turn:
    """Which of its texts a page sends.

    Attributes:
        based_on: the version that the page last knew.
        page: tells the page from every other; empty where it runs no script.
        number: grows with each text of the page.
    """

    based_on: str = ""
    page: str = ""
    number: int = 0


class DraftKeeper:
    """Keeps what pages send, each after its own earlier texts, in whatever order they arrive."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._last: dict[Path, tuple[str, Turn]] = {}
        """By draft, the version that a page last made of it."""

    def keep(self, draft: AnswerDraft, text: str, turn: Turn) -> KeptDraft:
        """Puts *text* in place of the draft, on the disk when this returns; a blank one ends it.

        Where the draft is neither the text, nor what the page last knew, nor an earlier text of
        it, somebody wrote it elsewhere: that text is set aside, never lost.

        Raises:
            BadInput: the folder cannot be written to.
            OutFailed: the disk does not take it.
        """
        wanted = without_template(_plain(text), draft.rubric)
        with self._guard:
            there = version(draft)
            last = self._last_of(turn.page, draft, there)
            if last is not None and last.number > turn.number:
                return KeptDraft(there)
            known = {"", turn.based_on, _version(wanted)}
            aside = None if last or there in known else draft.set_aside()
            if not wanted:
                draft.remove()
            elif there != _version(wanted) or aside:
                # Handed in unchanged it keeps its time, and is the same attempt
                draft.save(wanted)
            made = version(draft)
            self._last[draft.path] = (made, turn)
            return KeptDraft(made, aside)

    def _last_of(self, page: str, draft: AnswerDraft, there: str) -> Turn | None:
        """The turn that made the draft what it is, if it was this page's."""
        made, turn = self._last.get(draft.path, ("", Turn()))
        return turn if page and turn.page == page and made == there else None


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text.strip() else ""


def _plain(text: str) -> str:
    """The text with one kind of line ends, and without what no file of text may hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

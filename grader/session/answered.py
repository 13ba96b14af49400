"""The texts that were handed in, so that an attempt can be read again beside the next one.

The ledger keeps verdicts and quotations of an attempt, and its text only by its digest.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from grader.answer import Answer
from grader.errors import OutFailed
from grader.ledger.ledger import default_path
from grader.record import Grade
from grader.util.files import new_bytes

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def default_answered() -> Path:
    """Returns where handed-in texts lie: the folder ``answers`` beside the ledger."""
    return default_path().parent / "answers"


@dataclass(frozen=True)
class Answered:
    """A folder with a plain file for each text, named by its digest."""

    folder: Path

    def keep(self, answer: Answer) -> None:
        """Keeps the text, on the disk when this returns.

        Raises:
            OutFailed: the disk does not take it.
        """
        path = self._path(answer.digest)
        if path is None or path.exists():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with new_bytes(path) as file:
                file.write(answer.text.encode())
        except OSError as error:
            raise OutFailed(f"the answer {path}: cannot be written: {error.strerror}") from None

    def text(self, grade: Grade) -> str | None:
        """Returns the text that was graded; None where it was not handed in here."""
        path = self._path(grade.digests.answer)
        try:
            return path.read_bytes().decode() if path else None
        except (OSError, UnicodeDecodeError):
            return None

    def _path(self, digest: str) -> Path | None:
        known = _DIGEST.fullmatch(digest)  # a record from elsewhere names no other place
        return self.folder / f"{known[1]}.txt" if known else None

"""The texts of a session's answers, put aside on the disk for the report that shows them."""

import hashlib
import tempfile
from types import TracebackType
from typing import Self

from grader.record import Grade
from grader.util.digest_set import Seen


class Texts:
    """Answers by what they are the answer to; in memory is only where each one lies."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._places = Seen()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, question: str, answer_id: str, text: str) -> None:
        """Puts the text of the answer *answer_id* to *question* aside."""
        data = text.encode("utf-8", "surrogatepass")
        self._places.put(_key(question, answer_id), self._file.seek(0, 2))
        self._file.write(len(data).to_bytes(8, "big") + data)

    def of(self, grade: Grade) -> str | None:
        """The text of the graded answer; None if it is not here."""
        place = self._places.get(_key(grade.question, grade.answer_id))
        if place is None:
            return None
        self._file.seek(place)
        size = int.from_bytes(self._file.read(8), "big")
        return self._file.read(size).decode("utf-8", "surrogatepass")


def _key(question: str, answer_id: str) -> bytes:
    name = f"{question}\0{answer_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(name, digest_size=8).digest()

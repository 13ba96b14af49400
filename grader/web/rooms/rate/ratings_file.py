"""The file that ratings are kept in: it only grows, and several processes may write to it."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from grader.errors import BadInput, OutFailed
from grader.text.safe import one_line
from grader.trust.calibration.ratings_kept import KeptRating, kept_in
from grader.trust.calibration.results import PointKey
from grader.util.files import lock, owner_only

_NONE: Mapping[PointKey, KeptRating] = {}


class RatingsFile:
    """The ratings of a file, and what is added to it by anybody.

    Every line is on the disk when :meth:`keep` returns. What a process left half-written when it
    was ended was never said to be kept: the next line takes its place.

    Raises:
        BadInput: the file cannot be read or written, or holds something else.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix != ".jsonl":
            raise BadInput(f"--ratings {path}: its name must end in .jsonl, to be read as lines")
        self.path = path
        self._read = 0
        self._number = 0
        self._said: dict[str, dict[PointKey, KeptRating]] = {}
        self._seconds: dict[str, dict[tuple[str, str], float]] = {}
        self._changes: set[str] = set()
        # Starlette calls from several threads
        self._one_at_a_time = threading.Lock()
        try:
            with self._locked() as file:
                self._catch_up(file)
        except OSError as error:
            raise BadInput(f"--ratings {path}: cannot be written: {error.strerror}") from None

    def of(self, rater: str) -> Mapping[PointKey, KeptRating]:
        """Returns the latest word of *rater* on each thing, with what other processes added."""
        self._look()
        return self._said.get(rater, _NONE)

    def seconds(self, rater: str) -> Mapping[tuple[str, str], float]:
        """Returns how long *rater* looked at each answer, as question and answer id."""
        return self._seconds.get(rater, {})

    def raters(self) -> frozenset[str]:
        """Returns who has rated."""
        self._look()
        return frozenset(self._said)

    def keep(self, rating: KeptRating) -> None:
        """Adds *rating*; one that was added before, and is sent again, is not added twice.

        Raises:
            OutFailed: the disk does not take it; nothing of it is kept then.
        """
        try:
            with self._one_at_a_time, self._locked() as file:
                self._catch_up(file)
                if rating.change not in self._changes:
                    self._append(file, rating.line().encode())
                    self._catch_up(file)
        except OSError as error:
            raise OutFailed(f"{self.path}: cannot be written: {error.strerror}") from None

    def _locked(self) -> BinaryIO:
        # As ledger and results, for its owner alone
        file = open(self.path, "a+b", buffering=0, opener=owner_only)  # noqa: SIM115
        try:
            lock(file, "another process writes to it", wait=True)
        except BaseException:
            file.close()
            raise
        return file

    def _look(self) -> None:
        try:
            with self._one_at_a_time, self._locked() as file:
                self._catch_up(file)
        except OSError as error:
            raise OutFailed(f"{self.path}: cannot be read: {error.strerror}") from None

    def _catch_up(self, file: BinaryIO) -> None:
        """Reads the whole lines that were added since, by whomever."""
        size = file.seek(0, os.SEEK_END)
        if size < self._read:
            raise BadInput(f"{self.path}: has become shorter; start grade web again")
        file.seek(self._read)
        data = file.read(size - self._read)
        whole = data.rfind(b"\n") + 1
        for line in data[:whole].splitlines():
            self._number += 1
            self._take(line)
        self._read += whole

    def _take(self, line: bytes) -> None:
        rating = kept_in(line)
        if rating is None:
            start = one_line(line.decode("utf-8", "replace"), 40)
            raise BadInput(
                f"{self.path}:{self._number}: not a rating of grade web ({start}); give another"
                " file with --ratings"
            )
        thing = (rating.question, rating.answer_id, rating.key_point)
        self._said.setdefault(rating.rater, {})[thing] = rating
        seconds = self._seconds.setdefault(rating.rater, {})
        seconds[thing[:2]] = seconds.get(thing[:2], 0.0) + rating.seconds
        if rating.change:
            self._changes.add(rating.change)

    def _append(self, file: BinaryIO, line: bytes) -> None:
        # Behind the last whole line may stand half of one
        file.truncate(self._read)
        try:
            if file.write(line) != len(line):
                raise OSError(28, "no space is left")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(self._read)
            raise

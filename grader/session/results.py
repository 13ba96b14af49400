"""The results file of a session: one record a line, appended as they come, each answer once.

A run that was cut short goes on where it stopped: what the file holds already is not judged
again. The ledger holds every reply, so a line that is lost costs no money. What people decided over
the verdicts is nowhere else: an answer that is judged again keeps it.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from grader.decision import united
from grader.errors import BadInput, OutFailed
from grader.record import Grade, JudgeInfo
from grader.session.result_lines import NotARecord, ResultLine, record_in, result_in
from grader.util.digest_set import Seen
from grader.util.files import lock, new_bytes, owner_only
from grader.util.json_text import canonical

Mode = Literal["resume", "append", "overwrite"]
Kept = Literal["graded", "ungraded"]
"""How an answer stands in the file: whole, or with a key point that has no verdict."""
_KEPT: tuple[Kept, Kept] = ("graded", "ungraded")


class Results:
    """An open results file. Close it after use."""

    def __init__(self, path: Path, judge: JudgeInfo, mode: Mode = "resume") -> None:
        """Opens or makes the file; a last line that was cut off is cut away.

        Args:
            judge: who judges in this run.
            mode: ``resume`` wants a file of the same judge, ``append`` adds to whatever results
                there are, ``overwrite`` empties the file.

        Raises:
            BadInput: the file holds something else, or results by another judge.
            OutFailed: it cannot be written, or another run is writing it.
        """
        self.path = path
        self._judge = judge
        self._append = mode == "append"
        self._replaced = False
        self._done = Seen()
        self._ids = Seen()
        self._names = Seen()
        self._decided: dict[bytes, Grade] = {}
        self.put_aside = 0
        """Decided records that were taken out, because the text or the rubric is another now."""
        try:
            self._file = open_results(path, overwrite=mode == "overwrite")
        except OSError as error:
            raise self._failed(error) from error
        try:
            self._size = self._cut_torn_line()
            self.resumed = self._size > 0
            self._read()
        except OSError as error:
            self.close()
            raise self._failed(error) from error
        except BadInput:
            self.close()
            raise

    def check_same_session(self, ids: Iterator[str]) -> None:
        """Makes sure that a file with results is of this session.

        Raises:
            BadInput: it has none of *ids*, the first answers of the session.
        """
        if not self.resumed or self._append or any(_digest(i) in self._names for i in ids):
            return
        if len(self._ids):
            raise BadInput(f"--out {self.path}: holds the results of another session; {_WAYS_OUT}")

    def kept(
        self, question: str, answer_id: str, answer: str, rubric: str, prompt: str
    ) -> Kept | None:
        """How the answer of these digests, judged as it would be now, is in the file, if it is."""
        by_judge = _digest(question, answer_id, answer, rubric, prompt, _name(self._judge, True))
        by_code = _digest(question, answer_id, answer, rubric, "", "code")
        for digest in (by_judge, by_code):
            if (place := self._done.get(digest)) is not None:
                return _KEPT[place]
        return None

    def append(self, grade: Grade) -> Grade:
        """Writes one record, and returns it as it was written.

        It has what people decided in the file on the same answer by the same rubric.

        Raises:
            OutFailed: it could not be written; the file is as it was before.
        """
        if earlier := self._decided.get(_about(grade)):
            grade = united(grade, earlier)
        line = _line(grade)
        try:
            # Unbuffered: a single write that either is in the file or not, whatever kills us.
            written = self._file.write(line)
            if written != len(line):
                raise OSError("the disk is full")
        except OSError as error:
            os.ftruncate(self._file.fileno(), self._size)
            raise self._failed(error) from error
        self._size += len(line)
        self._names.add(_digest(grade.answer_id))
        if not self._ids.add(self._id(grade.question, grade.answer_id)):
            self._replaced = True
        return grade

    @property
    def aside(self) -> Path:
        """Where decided records lie that are no longer in the file."""
        return self.path.with_name(f"{self.path.name}.decided")

    def grades(self) -> Iterator[Grade]:
        """The records in the file, in its order."""
        with self.path.open("rb") as file:
            for line in file:
                yield record_in(line)

    def finish(self) -> None:
        """Leaves each answer in the file once, its latest record, safe on the disk.

        Raises:
            OutFailed: the disk does not take it.
        """
        try:
            if self._replaced:
                # What this run left ungraded stays: a later one leaves it out when it begins
                self._keep_latest(passing=True)
            if self.path.is_file():  # a pipe has no disk under it
                os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _cut_torn_line(self) -> int:
        size = end = os.fstat(self._file.fileno()).st_size
        while end:
            start = max(0, end - 65536)
            self._file.seek(start)
            found = self._file.read(end - start).rfind(b"\n")
            end = start
            if found >= 0:
                end = start + found + 1
                break
        if end == 0 and size:
            self._check_start(size)
        if end < size:
            os.ftruncate(self._file.fileno(), end)
        return end

    def _check_start(self, size: int) -> None:
        """A file without any whole line may only be the start of a record."""
        self._file.seek(0)
        begin = b'{"schema":"grade/'
        if self._file.read(len(begin)) != begin[:size]:
            raise BadInput(f"--out {self.path}: not a results file; {_WAYS_OUT}")

    def _read(self) -> None:
        """Notes what the file holds. Answers that stand there twice or may be graded after all
        are cut out."""
        left_out = False
        for number, (raw, line) in enumerate(self._lines(), start=1):
            name = self._id(line.question, line.answer_id, line.judge)
            self._names.add(_digest(line.answer_id))
            left_out |= _may_go(line) or name in self._ids
            self._ids.put(name, number)
            if line.is_decided:
                self._remember(number, raw)
        if left_out:
            self._keep_latest(passing=False)
        for _, line in self._lines():
            if line.passing:
                continue
            d = line.digests
            judge = "code" if line.judge.kind == "code" else _name(line.judge, True)
            name = _digest(line.question, line.answer_id, d.answer, d.rubric, d.prompt, judge)
            self._done.put(name, int(line.ungraded))

    def _remember(self, number: int, raw: bytes) -> None:
        try:
            grade = record_in(raw)
        except NotARecord as problem:
            raise BadInput(f"--out {self.path}:{number}: {problem}; {_WAYS_OUT}") from None
        earlier = self._decided.get(_about(grade))
        self._decided[_about(grade)] = united(grade, earlier) if earlier else grade

    def _lines(self) -> Iterator[tuple[bytes, ResultLine]]:
        with self.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                line = result_in(raw)
                if line is None:
                    raise BadInput(
                        f"--out {self.path}:{number}: not a result of grade; {_WAYS_OUT}"
                    )
                self._check_judge(number, line.judge)
                yield raw, line

    def _check_judge(self, number: int, judge: JudgeInfo) -> None:
        same = judge.kind == "code" or _name(judge) == _name(self._judge)
        if not same and not self._append:
            raise BadInput(
                f"--out {self.path}:{number}: judged by {judge.model} ({judge.ask}),"
                f" not by this run's {self._judge.model} ({self._judge.ask}); {_WAYS_OUT}"
            )

    def _keep_latest(self, *, passing: bool) -> None:
        """Writes the file anew beside itself and puts it in its place in one step.

        Args:
            passing: whether records stay that a further run may grade after all.
        """
        last = Seen()
        for number, (_, line) in enumerate(self._lines(), start=1):
            last.put(self._id(line.question, line.answer_id, line.judge), number)
        self._ids, kept, decided = Seen(), Seen(), dict[bytes, bytes]()
        with new_bytes(self.path) as file:
            for number, (raw, line) in enumerate(self._lines(), start=1):
                name = self._id(line.question, line.answer_id, line.judge)
                if last.get(name) == number and (passing or not _may_go(line)):
                    file.write(self._with_decisions(raw, line))
                    self._ids.add(name)
                    kept.add(_about(line))
                elif line.is_decided:
                    decided[_about(line)] = raw
            self._put_aside([raw for about, raw in decided.items() if about not in kept])
        self._file.close()
        self._file = open_results(self.path)
        self._size = os.fstat(self._file.fileno()).st_size
        self._replaced = False

    def _with_decisions(self, raw: bytes, line: ResultLine) -> bytes:
        """The line, with what people decided on an earlier record of the same."""
        earlier = self._decided.get(_about(line))
        if earlier is None:
            return raw
        grade = record_in(raw)
        decided = united(grade, earlier)
        return raw if decided == grade else _line(decided)

    def _put_aside(self, lines: Sequence[bytes]) -> None:
        """Keeps records whose decisions no record in the file has any more."""
        if not lines:
            return
        with open(self.aside, "ab", opener=owner_only) as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        self.put_aside += len(lines)

    def _id(self, question: str, answer_id: str, judge: JudgeInfo | None = None) -> bytes:
        """What may stand in the file once: an answer to a question, for each judge."""
        by = self._judge if judge is None or judge.kind == "code" else judge
        return _digest(question, answer_id, _name(by))

    def _failed(self, error: OSError) -> OutFailed:
        return OutFailed(
            f"--out {self.path}: {error.strerror or error}; every reply that was paid for is in"
            " the ledger: run the same command again, with room for the file, and nothing is"
            " paid twice"
        )


_WAYS_OUT = "name another file, or add --append or --overwrite"


def open_results(path: Path, *, overwrite: bool = False) -> BinaryIO:
    """Opens or makes a results file to write in, and locks it until it is closed.

    Raises:
        OSError: it cannot be opened, or another run is writing it.
    """
    file = open(path, "a+b", buffering=0, opener=owner_only)  # noqa: SIM115 - closed by close()
    try:
        lock(file, "another run is writing it")
        if path.is_file() and not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            # Another took its place before it was locked: what is written here would be lost
            file.close()
            return open_results(path, overwrite=overwrite)
        if overwrite:
            os.ftruncate(file.fileno(), 0)
    except OSError:
        file.close()
        raise
    return file


def _line(grade: Grade) -> bytes:
    return grade.to_json().encode() + b"\n"


def _may_go(line: ResultLine) -> bool:
    """Whether the next run may grade it after all and nothing is lost with it."""
    return line.passing and not line.is_decided


def _about(line: ResultLine | Grade) -> bytes:
    """What decisions on the record are about: an answer's text, and what it was asked."""
    return _digest(line.question, line.answer_id, line.digests.answer, line.digests.rubric)


def _name(judge: JudgeInfo, votes: bool = False) -> str:
    """The judge as far as it decides what the results are."""
    parts = [judge.kind, judge.ask, judge.model, judge.endpoint, judge.parameters]
    return canonical([*parts, judge.votes if votes else 1])


def _digest(*parts: str) -> bytes:
    text = "\0".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()

"""The lines of files of records: the one reader of them.

A record of a newer version is read, and what this version does not know of it is kept.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.errors import BadInput
from grader.record import Cause, Grade, JudgeInfo
from grader.util.complaint import first_complaint
from grader.util.lines import LineProblem, Lines, sample
from grader.util.text_file import marked

LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes of the longest line that is read as a record."""
_PASSING = {Cause.HTTP_ERROR, Cause.TIMEOUT, Cause.NOT_JSON, Cause.WRONG_SHAPE}
"""Causes that may be gone at the next run: what was judged comes from the ledger all the same."""


class NotARecord(BadInput):
    """A line that is no record. The message names neither file nor line."""


def records(path: Path) -> Iterator[tuple[int, Grade | NotARecord]]:
    """The records in a JSONL file with the numbers of their lines; blank lines do not matter.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            # What PowerShell redirects is UTF-16.
            lines = Lines(stream, marked(sample(stream)) or "utf-8", LONGEST_RECORD)
            yield from _records(lines)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error}") from None


def read_grades(path: str | Path) -> Iterator[Grade]:
    """Yields the records of a JSONL file, such as ``grade batch --out`` writes, one at a time.

    Raises:
        BadInput: the file cannot be read, or a line is no record; file and line are named.
    """
    for number, record in records(Path(path)):
        if isinstance(record, NotARecord):
            raise BadInput(f"{path}:{number}: {record}")
        yield record


def _records(lines: Lines) -> Iterator[tuple[int, Grade | NotARecord]]:
    while True:
        try:
            line = next(lines)
            if line.strip():
                yield lines.number, record_in(line)
        except StopIteration:
            return
        except (LineProblem, NotARecord) as problem:
            yield lines.number, NotARecord(str(problem))


def record_in(line: str | bytes) -> Grade:
    """The record that *line* holds.

    Raises:
        NotARecord: it holds none.
    """
    try:
        return Grade.model_validate_json(line)
    except ValidationError as error:
        raise NotARecord(f"not a record of grade/1: {first_complaint(error)}") from None


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class _Digests(_Lenient):
    answer: str
    rubric: str
    prompt: str


class _Caused(_Lenient):
    cause: str | None = None


class _Point(_Caused):
    id: str = ""
    verdict: str | None = None


class _Claim(_Caused):
    id: str = ""


class _Decision(_Lenient):
    key_point: str = ""
    misconception: str = ""


class ResultLine(_Lenient):
    """The parts of a record that say what it is the result of."""

    question: str
    answer_id: str
    candidate: str | None = None
    judge: JudgeInfo
    digests: _Digests
    key_points: tuple[_Point, ...]
    misconceptions: tuple[_Claim, ...] = ()
    version: str = ""
    overrides: tuple[_Decision, ...] = ()
    claim_overrides: tuple[_Decision, ...] = ()

    @property
    def is_decided(self) -> bool:
        """Whether a person decided anything over the verdicts."""
        return bool(self.overrides or self.claim_overrides)

    @property
    def ungraded(self) -> bool:
        """Whether a key point has a verdict of neither the judge nor a person."""
        settled = {each.key_point for each in self.overrides}
        return any(p.verdict is None and p.id not in settled for p in self.key_points)

    @property
    def passing(self) -> bool:
        """Whether something is ungraded that the next run may grade."""
        points = {each.key_point for each in self.overrides}
        claims = {each.misconception for each in self.claim_overrides}
        return any(p.cause in _PASSING and p.id not in points for p in self.key_points) or any(
            m.cause in _PASSING and m.id not in claims for m in self.misconceptions
        )


def result_in(line: bytes) -> ResultLine | None:
    """What *line* is the result of; None where it is no record."""
    try:
        return ResultLine.model_validate_json(line)
    except ValidationError:
        return None

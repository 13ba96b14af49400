"""Second looks that were asked for: a line each in a file beside the results, which only grows.

Who answered, or somebody for them, contests a key point or the whole answer. It stands open until a
person decides on it after that, see :mod:`grader.session.decide`; nothing is taken out of the file.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import ConfigDict, Field, ValidationError

from grader.decision import aware, decided, latest
from grader.errors import BadInput, OutFailed
from grader.ledger.decisions import AnswerRef
from grader.record import Grade, Verdict
from grader.session.graded_answers import choose_answer, ref_of, result_lines
from grader.text.safe import escaped_json, one_line
from grader.util.files import lock, owner_only
from grader.util.frozen import Frozen

_LONGEST = {"--why": 2000, "--by": 100}
_SHORT = 60


class Contest(Frozen):
    """That a second look was asked for, and why."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    version: Literal["contest/1"] = Field(default="contest/1", alias="schema")
    question: str
    answer_id: str
    answer: str
    """The digest of its text: of another text nothing was said."""
    key_point: str | None = None
    """None contests the whole answer."""
    why: str
    by: str = ""
    """Who asks; empty where that was not said."""
    at: datetime


def contests_file(results: Path) -> Path:
    """Returns where second looks at the answers in *results* are asked for."""
    return results.with_name(f"{results.name}.contests")


def contest_answer(
    results: Path,
    answer: str,
    why: str,
    *,
    point: str | None = None,
    question: str | None = None,
    by: str = "",
    now: datetime | None = None,
) -> Contest:
    """Notes that a second look at an answer is asked for, and returns what was noted.

    Args:
        results: the file of records that the answer is in.
        answer: its id, or the first digits of its text's digest.
        point: the key point that was judged wrongly; None contests all that was not met.
        question: needed where the id stands under several.

    Raises:
        BadInput: the file has no such answer or key point, or no reason is given.
        OutFailed: it cannot be noted.
    """
    said = {"--why": why.strip(), "--by": by.strip()}
    if not said["--why"]:
        raise BadInput("--why: a second look needs a reason: give --why TEXT")
    for name, text in said.items():
        if len(text) > _LONGEST[name]:
            raise BadInput(f"{name}: longer than {_LONGEST[name]:,} characters; say it shorter")
    ref = _graded(results, answer, question, point)
    asked = Contest(
        question=ref.question,
        answer_id=ref.answer_id,
        answer=ref.answer,
        key_point=point,
        why=said["--why"],
        by=said["--by"],
        at=now or datetime.now(UTC),
    )
    _append(contests_file(results), asked)
    return asked


def read_contests(results: Path) -> tuple[Contest, ...]:
    """Returns what was asked for of *results*, the earliest first; nothing where no file is.

    A last line that was cut off is left out: it was never said to be noted.

    Raises:
        BadInput: the file cannot be read, or a whole line is no contest.
    """
    path = contests_file(results)
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    numbered = enumerate(lines, start=1)
    return tuple(_read(path, n, line) for n, line in numbered if line.strip() and _is_whole(line))


def open_contests(grade: Grade, contests: Iterable[Contest]) -> dict[str, Contest]:
    """Returns the key points of *grade* that wait for a second look, with what was asked last.

    Who contests a whole answer contests what is not met of it.
    """
    by_point = latest(grade.overrides)
    waiting: dict[str, Contest] = {}
    for asked in contests:
        if AnswerRef.of(grade).answer != asked.answer or grade.question != asked.question:
            continue
        for point in decided(grade).key_points:
            meant = asked.key_point or (point.id if point.verdict is not Verdict.MET else None)
            by = by_point.get(point.id)
            if point.id == meant and (by is None or aware(by.at) <= aware(asked.at)):
                waiting[point.id] = asked
    return waiting


def _graded(results: Path, answer: str, question: str | None, point: str | None) -> AnswerRef:
    if not results.is_file():
        raise BadInput(f"--results {results}: no such file")
    try:
        lines = [(ref_of(line), line.key_points) for _, line in result_lines(results)]
    except OSError as error:
        raise BadInput(f"--results {results}: cannot be read: {error.strerror}") from None
    ref = choose_answer([each for each, _ in lines], answer, question, f"{results}")
    known = [each.id for each in dict(lines)[ref]]
    if point is not None and point not in known:
        raise BadInput(
            f"--point {one_line(point, _SHORT)}: the grade of {one_line(ref.answer_id, _SHORT)} to"
            f" {ref.question} has {', '.join(known)}"
        )
    return ref


def _append(path: Path, asked: Contest) -> None:
    line = escaped_json(asked.model_dump_json(by_alias=True)).encode() + b"\n"
    try:
        with open(path, "a+b", buffering=0, opener=owner_only) as file:
            lock(file, "another process writes to it", wait=True)
            _cut_torn_line(file)
            size = file.seek(0, os.SEEK_END)
            if file.write(line) != len(line):
                file.truncate(size)
                raise OSError(28, "no space is left")
            os.fsync(file.fileno())
    except OSError as error:
        raise OutFailed(f"{path}: cannot be written: {error.strerror}") from None


def _cut_torn_line(file: BinaryIO) -> None:
    file.seek(0)
    data = file.read()
    file.truncate(data.rfind(b"\n") + 1)


def _is_whole(line: bytes) -> bool:
    return line.endswith(b"\n")


def _read(path: Path, number: int, line: bytes) -> Contest:
    try:
        return Contest.model_validate_json(line)
    except ValidationError:
        raise BadInput(f"{path}:{number}: not a line of grade contest") from None

"""Mends a results file: what is no record goes into a file beside it, nothing is thrown away."""

import re
from dataclasses import dataclass
from pathlib import Path

from grader import __version__
from grader.errors import OutFailed
from grader.session.result_lines import NotARecord, record_in, result_in
from grader.util.files import new_bytes, owner_only


@dataclass(frozen=True)
class Mended:
    """What became of a results file.

    Attributes:
        kept: records that stayed.
        broken: the numbers of the lines that are no record, counted from 1.
        aside: where those lines lie now; None if there were none.
    """

    kept: int
    broken: tuple[int, ...]
    aside: Path | None


def mend(path: Path) -> Mended:
    """Takes torn and foreign lines out of the results file *path*.

    Raises:
        OutFailed: it cannot be read or written.
    """
    aside = path.with_name(f"{path.name}.damaged")
    try:
        kept, broken = _sorted_out(path)
        if broken:
            _take_out(path, aside, frozenset(broken))
    except OSError as error:
        raise OutFailed(f"{path}: could not be mended: {error}") from error
    return Mended(kept, tuple(broken), aside if broken else None)


def _sorted_out(path: Path) -> tuple[int, list[int]]:
    """How many lines are records, and the numbers of those that are none."""
    kept, broken = 0, []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if _is_record(line):
                kept += 1
            else:
                broken.append(number)
    return kept, broken


def _take_out(path: Path, aside: Path, broken: frozenset[int]) -> None:
    with (
        path.open("rb") as file,
        open(aside, "ab", opener=owner_only) as bad,
        new_bytes(path) as good,
    ):
        for number, line in enumerate(file, start=1):
            if number not in broken:
                good.write(line)
            else:
                bad.write(line if line.endswith(b"\n") else line + b"\n")


def _is_record(line: bytes) -> bool:
    """Whether *line* is a whole record, or one of a newer version as far as can be seen."""
    if not line.endswith(b"\n"):
        return False
    try:
        record_in(line)
    except NotARecord:
        result = result_in(line)
        return result is not None and _numbers(result.version) > _numbers(__version__)
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))

"""Mends a results file: what is no record goes into a file beside it, nothing is thrown away."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from grader.errors import OutFailed
from grader.record import Grade
from grader.util.files import owner_only


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
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    aside = path.with_name(f"{path.name}.damaged")
    try:
        found = _sorted_out(path, beside, aside)
        if found.broken:
            beside.chmod(path.stat().st_mode & 0o777)
            beside.replace(path)
    except OSError as error:
        raise OutFailed(f"{path}: could not be mended: {error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return found


def _sorted_out(path: Path, beside: Path, aside: Path) -> Mended:
    kept, broken = 0, []
    with path.open("rb") as file, open(beside, "wb", opener=owner_only) as good:
        for number, line in enumerate(file, start=1):
            if _is_record(line):
                good.write(line)
                kept += 1
                continue
            broken.append(number)
            with open(aside, "ab", opener=owner_only) as bad:
                bad.write(line if line.endswith(b"\n") else line + b"\n")
        good.flush()
        os.fsync(good.fileno())
    return Mended(kept, tuple(broken), aside if broken else None)


def _is_record(line: bytes) -> bool:
    try:
        Grade.model_validate_json(line)
    except ValidationError:
        return False
    return line.endswith(b"\n")

"""Reads the ratings that people gave: long CSV or JSONL, a verdict or a score a row."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.calibration.faults import Faults
from grader.calibration.rating_row import COLUMNS, SHORT, Rating, RowFault, hint, rating
from grader.calibration.results import Results
from grader.errors import BadInput
from grader.plain import one_line


@dataclass(frozen=True)
class Ratings:
    """What people said, and what was left out of it.

    Attributes:
        rows: blind ratings, each rater's latest word on each thing.
        left_out: how many rows were left out, by reason: ``empty``, ``repeated``, ``replaced``
            or ``not-blind``.
    """

    rows: tuple[Rating, ...]
    left_out: Mapping[str, int]


def read(path: Path, results: Results) -> Ratings:
    """The ratings in *path*: JSONL where its name ends in ``.jsonl``, else CSV.

    CSV may be separated by commas, semicolons or tabs. Rows without verdict and score are
    ratings that were not given, and are left out.

    Raises:
        BadInput: the file cannot be read or a row cannot be taken; every fault is named by line.
    """
    faults = Faults(path)
    models = {name for names in results.names for name in names}
    rows: list[Rating] = []
    left_out = dict.fromkeys(("empty", "repeated", "replaced", "not-blind"), 0)
    for line, fields in _fields(path, faults):
        try:
            found = rating(fields, line, results, models)
        except RowFault as fault:
            faults.add(line, str(fault))
            continue
        if found is None:
            left_out["empty"] += 1
        elif not found.blind:
            left_out["not-blind"] += 1
        else:
            rows.append(found)
    _one_spelling_each(rows, faults)
    kept = _latest(rows, faults, left_out)
    faults.complain()
    if not kept:
        raise BadInput(f"{path}: holds no ratings; grade calibrate template makes a sheet to fill")
    return Ratings(kept, left_out)


def _one_spelling_each(rows: list[Rating], faults: Faults) -> None:
    """``Ana`` beside ``ana`` would be two people who never agree on who is lenient."""
    spelt: dict[str, Rating] = {}
    told: set[str] = set()
    for row in rows:
        first = spelt.setdefault(row.rater.casefold(), row)
        if first.rater != row.rater and row.rater not in told:
            told.add(row.rater)
            faults.add(
                row.line,
                f"rater {row.rater!r} is {first.rater!r} in line {first.line}: spell them alike",
            )


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error}") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{path}:{line}: not UTF-8; save the sheet as CSV UTF-8") from None


def _fields(path: Path, faults: Faults) -> Iterator[tuple[int, dict[str, str]]]:
    text = _text(path)
    return _jsonl(text, faults) if path.suffix == ".jsonl" else _csv(text, path)


def _jsonl(text: str, faults: Faults) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found: Any = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            faults.add(number, "not a JSON object")
        elif odd := sorted(found.keys() - set(COLUMNS)):
            faults.add(number, f"unknown key {one_line(odd[0], SHORT)!r}")
        else:
            yield number, {k: "" if v is None else str(v).strip() for k, v in found.items()}


def _csv(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = _header([name.strip().lower() for name in next(rows, [])], path)
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
                raise BadInput(f"{path}:{rows.line_num}: more cells than the header has columns")
            yield rows.line_num, {k: v.strip() for k, v in zip(header, row, strict=False)}
    except csv.Error as error:
        raise BadInput(f"{path}:{rows.line_num}: not CSV: {error}") from None


def _header(names: list[str], path: Path) -> list[str]:
    for needed in ("answer_id", "rater"):
        if needed not in names:
            raise BadInput(f"{path}:1: no column {needed}; columns are {', '.join(COLUMNS)}")
    for name in names:
        if name not in COLUMNS:
            raise BadInput(f"{path}:1: unknown column {name[:SHORT]!r}{hint(name, COLUMNS)}")
        if names.count(name) > 1:
            raise BadInput(f"{path}:1: column {name} stands twice")
    return names


def _latest(rows: list[Rating], faults: Faults, left_out: dict[str, int]) -> tuple[Rating, ...]:
    kept: dict[tuple[str, str, str, str | None], Rating] = {}
    for row in rows:
        key = (row.rater, row.question, row.answer_id, row.key_point)
        first = kept.setdefault(key, row)
        if first is row:
            continue
        if replace(row, line=0, note="", rated_at=None) == replace(
            first, line=0, note="", rated_at=None
        ):
            left_out["repeated"] += 1
        elif row.rated_at and first.rated_at and row.rated_at != first.rated_at:
            kept[key] = max(first, row, key=lambda r: r.rated_at.timestamp() if r.rated_at else 0)
            left_out["replaced"] += 1
        else:
            faults.add(row.line, f"{row.rater} says something else here than in line {first.line}")
    return tuple(kept.values())

"""The rows of a sheet of ratings, as cells by their columns: CSV or JSONL, in any encoding."""

import io
import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grader.errors import BadInput
from grader.text.safe import one_line
from grader.trust.calibration.ratings_kept import whole_lines
from grader.trust.calibration.ratings_typed import Row
from grader.trust.calibration.ratings_wide import a_rater_each, raters_in
from grader.trust.calibration.results import Faults, ModelGradings
from grader.util.lines import LineProblem, Lines
from grader.util.table import CsvTable, RowProblem
from grader.util.text_file import NotText, decode, marked, read_bytes

COLUMNS = (
    "answer_id",
    "question",
    "asked",
    "answer",
    "rater",
    "key_point",
    "claim",
    "verdict",
    "score",
    "out_of",
    "note",
    "rated_at",
    "blind",
)
"""All columns that are understood; ``answer_id`` and ``rater`` are needed.

``asked``, ``answer`` and ``claim`` are there for the rater to read and are not read back.
"""
_WORDS = {"note", "claim", "asked", "answer"}
_NEAR = 0.75

SHORT = 60
MAX_BYTES = 64 * 1024 * 1024


def cells_of(
    path: Path, faults: Faults, results: ModelGradings
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row's line and cells; a row that does not fit the heading is one of *faults*.

    Raises:
        BadInput: the file cannot be read, or its heading is not understood.
    """
    data = read_bytes(path, MAX_BYTES)
    if len(data) > MAX_BYTES:
        raise BadInput(f"{path}: larger than 64 MiB; give the ratings in several sheets")
    stream = io.BytesIO(whole_lines(data))
    if path.suffix == ".jsonl":
        yield from _jsonl(Lines(stream, marked(data) or "utf-8"), faults)
    else:
        yield from _csv(Lines(stream, _encoding(path, data)), path, faults, results)


def _encoding(path: Path, data: bytes) -> str:
    try:
        return decode(data)[1]
    except NotText:
        line = next((n for n, text in enumerate(data.split(b"\n"), 1) if not text.isascii()), 1)
        raise BadInput(f"{path}:{line}: not UTF-8; save the sheet as CSV UTF-8") from None


def _jsonl(lines: Lines, faults: Faults) -> Iterator[tuple[int, dict[str, str]]]:
    while True:
        try:
            line = next(lines)
            found: Any = json.loads(line) if line.strip() else {}
        except StopIteration:
            return
        except (ValueError, RecursionError, LineProblem) as error:
            told = error if isinstance(error, LineProblem) else "not a JSON object"
            faults.add(lines.number, str(told))
            continue
        if not isinstance(found, dict):
            faults.add(lines.number, "not a JSON object")
        elif odd := _misspelt(sorted(found), ""):
            faults.add(lines.number, f"unknown key {one_line(odd, SHORT)!r}{hint(odd, COLUMNS)}")
        elif found:
            yield lines.number, {k: _cell(v) for k, v in found.items()}


def _cell(value: object) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value)
    return "" if value is None else str(value).strip()


def _csv(
    lines: Lines, path: Path, faults: Faults, results: ModelGradings
) -> Iterator[tuple[int, dict[str, str]]]:
    def is_row(cells: dict[str, str]) -> bool:
        return cells["answer_id"].strip() in results.questions_of

    try:
        table = CsvTable(lines, _is_heading, is_row, free=_WORDS)
    except RowProblem as problem:
        raise BadInput(f"{path}:1: {problem}") from None
    _check_header(table.names, path)
    if "rater" in table.names:
        yield from _rows(table, faults)
        return
    rows = list(_rows(table, faults))
    raters = raters_in(table.names, table.headings, COLUMNS, rows)
    if rows and not raters:
        raise BadInput(f"{path}:1: no column rater, and none of verdicts or scores that is one's")
    yield from a_rater_each(rows, raters)


def _rows(table: CsvTable, faults: Faults) -> Iterator[Row]:
    while True:
        try:
            row = next(table)
        except StopIteration:
            return
        except RowProblem as problem:
            faults.add(problem.line, str(problem))
            continue
        yield row.line, {k: v.strip() for k, v in row.cells.items()}


def _is_heading(names: Sequence[str]) -> bool:
    return "answer_id" in names and ("rater" in names or _is_wide(names))


def _is_wide(names: Sequence[str]) -> bool:
    """Whether each rater has a column: then there is none that says who rated."""
    return not {"rater", "verdict", "score"} & set(names) and bool(set(names) - set(COLUMNS))


def _check_header(names: list[str], path: Path) -> None:
    needed = ("answer_id",) if _is_wide(names) else ("answer_id", "rater")
    for name in needed:
        if name not in names:
            raise BadInput(f"{path}:1: no column {name}; columns are {', '.join(COLUMNS)}")
    if odd := _misspelt(names, "rater" if _is_wide(names) else ""):
        raise BadInput(f"{path}:1: unknown column {odd[:SHORT]!r}{hint(odd, COLUMNS)}")


def _misspelt(names: Sequence[str], but: str) -> str | None:
    """The first name that looks like one of ours that is not there; others are left alone."""
    for name in names:
        near = get_close_matches(name, COLUMNS, 1, _NEAR)
        if name not in COLUMNS and near and near[0] not in {*names, but}:
            return name
    return None


def hint(word: str, known: tuple[str, ...]) -> str:
    """The name that *word* may have meant, as the end of a complaint; often empty."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""

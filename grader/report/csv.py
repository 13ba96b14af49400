"""Sessions as CSV, for spreadsheets and scripts."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from grader.decision import decided
from grader.record import Grade, Verdict
from grader.report import words
from grader.text.catalogue import words_in
from grader.text.safe import plain
from grader.util.files import new_file

Cell = str | int | float | None

ANSWER_COLUMNS = (
    "question", "answer_id", "candidate", "attempted_at", "graded_at",
    "percent", "low", "high", "points", "out_of",
    "met", "partial", "missed", "contradicted", "ungraded",
    "misconceptions", "flags", "overrides", "feedback",
    "judge", "model", "replied", "ask",
    "input_tokens", "cached_tokens", "output_tokens", "calls", "from_ledger", "cost_usd",
    "answer_digest", "rubric_digest", "prompt_digest", "version",
    "judge_percent", "decisions",
)  # fmt: skip
"""One row an answer: as decided, with the score by the judge's verdicts alone and what people
decided at the end."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "=", "+", "-", "@")


def write_csv(path: Path, grades: Iterable[Grade]) -> None:
    """Writes a CSV file with a row for each answer: UTF-8 with a mark, for spreadsheets.

    Raises:
        BadInput: the file cannot be written.
    """
    with new_file(path, encoding="utf-8-sig", newline="") as out:
        csv_text(out, grades)


def write_gradebook(path: Path, rows: Iterable[tuple[Cell, ...]]) -> None:
    """Writes *rows*, the heading first, as :func:`write_csv` writes.

    Raises:
        BadInput: the file cannot be written.
    """
    with new_file(path, encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerows(tuple(map(safe_cell, row)) for row in rows)


def csv_text(out: TextIO, grades: Iterable[Grade]) -> None:
    """CSV with the columns :data:`ANSWER_COLUMNS`, a row for each answer."""
    _rows(out, ANSWER_COLUMNS, map(_answer, grades))


def _rows(out: TextIO, columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> None:
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(tuple(map(safe_cell, row)) for row in rows)


def safe_cell(cell: Cell) -> Cell:
    """The cell with nothing in it that a spreadsheet would run, or that hides."""
    if not isinstance(cell, str):
        return cell
    visible = plain(cell)
    # Only text is marked: a number that is a number may be negative. A dash alone does nothing.
    return f"'{visible}" if cell != "-" and cell.lstrip(" ").startswith(_FORMULA) else visible


def _answer(grade: Grade) -> tuple[Cell, ...]:
    by_judge, grade = grade, decided(grade)
    score, judge, usage, digests = grade.score, grade.judge, grade.usage, grade.digests
    verdicts = [point.verdict for point in grade.key_points]
    attempted = grade.attempted_at
    return (
        grade.question, grade.answer_id, grade.candidate,
        attempted.isoformat() if attempted else None, grade.graded_at.isoformat(),
        score.percent, score.low, score.high, score.points, score.out_of,
        *(verdicts.count(verdict) for verdict in (*Verdict, None)),
        " ".join(m.id for m in grade.misconceptions if m.asserted),
        " ".join(dict.fromkeys(flag.kind for flag in grade.flags)),
        len(grade.overrides) + len(grade.claim_overrides), grade.feedback,
        judge.kind, judge.model, judge.replied, judge.ask,
        usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.calls,
        int(usage.from_ledger), usage.cost_usd,
        digests.answer, digests.rubric, digests.prompt, grade.version,
        by_judge.score.percent,
        " | ".join(f"{name}: {told}" for name, told in words.decisions(by_judge, words_in("en"))),
    )  # fmt: skip

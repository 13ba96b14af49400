"""Ratings as ``grade web`` keeps them: a line for every change, in a file that only grows.

The last line of a rater about a key point of an answer says what holds: a verdict, that the rater
is unsure, or nothing, where a verdict was taken back. Raters and processes may share a file.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from grader.record import Evidence, Verdict
from grader.trust.calibration.ratings_typed import Row
from grader.util.frozen import Frozen

SCHEMA = "rating/1"
UNSURE = "unsure"
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_START = b'{"schema":"rating/1",'
"""How a file of kept ratings begins."""


class KeptRating(Frozen):
    """What one rater says of one key point from now on."""

    version: Literal["rating/1"] = Field(default="rating/1", alias="schema")
    question: str
    answer_id: str
    rater: str
    key_point: str
    verdict: Verdict | Literal["unsure"] | None
    """None where the verdict was taken back."""
    evidence: tuple[Evidence, ...] = ()
    """What the rater marked in the answer."""
    note: str = ""
    seconds: float = 0.0
    """How long the answer was on the screen since the line before about it."""
    rated_at: datetime
    blind: bool = True
    change: str = ""
    """Tells a change that was sent twice from two changes."""

    def line(self) -> str:
        """The rating as it stands in the file, the end of the line included."""
        kept = self.model_dump(mode="json", by_alias=True)
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


def kept_in(line: str | bytes) -> KeptRating | None:
    """The rating in *line*; None where it holds none."""
    try:
        return KeptRating.model_validate_json(line)
    except ValidationError:
        return None


def marked_in(cell: str) -> tuple[Evidence, ...]:
    """What a rater marked, as it stands in a row; nothing where that is not of the kept form."""
    try:
        return _EVIDENCE.validate_json(cell) if cell else ()
    except ValidationError:
        return ()


def whole_lines(data: bytes) -> bytes:
    """*data* of kept ratings without a last line that was cut off: it was never said to be kept.

    Any other file is left as it is.
    """
    end = data.rfind(b"\n") + 1
    if not data.startswith(_START) or end == len(data) or kept_in(data[end:]):
        return data
    return data[:end]


def what_holds(rows: Iterable[Row], left_out: dict[str, int]) -> Iterator[Row]:
    """*rows* with only the last of the kept lines about each thing; others pass as they are.

    Verdicts that were taken back are gone; those of whom was unsure are counted in *left_out*.
    """
    last: dict[tuple[str, ...], Row] = {}
    for line, cells in rows:
        if cells.get("schema") != SCHEMA:
            yield line, cells
            continue
        about = ("rater", "question", "answer_id", "key_point")
        last[tuple(cells.get(name, "") for name in about)] = (line, cells)
    for line, cells in last.values():
        if cells.get("verdict", "") == UNSURE:
            left_out[UNSURE] = left_out.get(UNSURE, 0) + 1
        elif cells.get("verdict"):
            yield line, cells

"""One row of a ratings file: what a person said about one key point, or about one answer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from grader.calibration.results import Results
from grader.plain import one_line
from grader.record import Verdict

COLUMNS = (
    "answer_id",
    "question",
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

``claim`` is there for the rater to read and is not read back.
"""

_YES = {"", "1", "true", "yes", "y"}
_NO = {"0", "false", "no", "n"}
SHORT = 60


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person said about one key point, or about one answer as a whole.

    Attributes:
        key_point: None for a score.
        verdict: None for a score.
        score: in per cent; None for a verdict.
        blind: given without sight of the others' ratings; True unless the row says otherwise.
        line: where it stands in its file.
    """

    question: str
    answer_id: str
    rater: str
    key_point: str | None
    verdict: Verdict | None
    score: float | None
    note: str
    rated_at: datetime | None
    blind: bool
    line: int


class RowFault(Exception):
    """What is wrong with one row."""


def rating(
    fields: Mapping[str, str], line: int, results: Results, models: set[str]
) -> Rating | None:
    """The rating in the cells of one row; None where it holds neither verdict nor score.

    Raises:
        RowFault: what is wrong with it.
    """
    given = {name: fields.get(name, "") for name in COLUMNS}
    if not given["verdict"] and not given["score"]:
        return None
    rater = one_line(given["rater"])
    if not rater:
        raise RowFault("no rater")
    if rater in models:
        raise RowFault(f"rater {rater!r} is also the name of a model in the results")
    question = _question(given["answer_id"], given["question"], results)
    points = tuple(results.points[question])
    verdict = _verdict(given["key_point"], given["verdict"], given["score"], question, points)
    return Rating(
        question=question,
        answer_id=given["answer_id"],
        rater=rater,
        key_point=given["key_point"] or None,
        verdict=verdict,
        score=None if verdict else _score(given["score"], given["out_of"]),
        note=given["note"],
        rated_at=_time(given["rated_at"]),
        blind=_blind(given["blind"]),
        line=line,
    )


def _question(answer_id: str, question: str, results: Results) -> str:
    known = results.questions_of.get(answer_id)
    if known is None:
        raise RowFault(
            f"no answer {one_line(answer_id, SHORT)!r} in the results"
            f"{hint(answer_id, tuple(results.questions_of))}"
        )
    if not question and len(known) > 1:
        raise RowFault(f"answer {answer_id!r} is to {' and '.join(known)}: add a column question")
    if question and question not in known:
        raise RowFault(f"answer {answer_id!r} is to {known[0]}, not to {question[:SHORT]!r}")
    return question or known[0]


def _verdict(
    point: str, verdict: str, score: str, question: str, points: tuple[str, ...]
) -> Verdict | None:
    if not point and verdict:
        raise RowFault("a verdict without its key_point")
    if point and not verdict:
        raise RowFault("a score belongs to a whole answer: leave key_point empty")
    if verdict and score:
        raise RowFault("a verdict and a score in one row: give them a row each")
    if not point:
        return None
    if point not in points:
        raise RowFault(f"{question} has no key point {point[:SHORT]!r}{hint(point, points)}")
    try:
        return Verdict(verdict.lower())
    except ValueError:
        scale = ", ".join(v.value for v in Verdict)
        raise RowFault(f"verdict {one_line(verdict, SHORT)!r} is none of {scale}") from None


def _score(score: str, out_of: str) -> float:
    points, most = _number(score, "score"), _number(out_of or "100", "out_of")
    if most <= 0:
        raise RowFault(f"out_of {out_of!r} must be above 0")
    if not 0 <= points <= most:
        raise RowFault(
            f"score {score} is not between 0 and {most:g}{'' if out_of else ' per cent'}"
        )
    return 100 * points / most


def _number(text: str, name: str) -> float:
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RowFault(f"{name} {one_line(text, SHORT)!r} is not a number")
    return value


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone() if text else None
    except (ValueError, OverflowError, OSError):
        raise RowFault(
            f"rated_at {one_line(text, SHORT)!r} is not a time such as 2026-11-22T10:00"
        ) from None


def _blind(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise RowFault(f"blind {one_line(text, SHORT)!r} is neither yes nor no")


def hint(word: str, known: tuple[str, ...]) -> str:
    """The name that *word* may have meant, as the end of a complaint; often empty."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""

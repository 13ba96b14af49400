"""Reads the ratings that people gave: long CSV or JSONL, a verdict or a score a row."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.errors import BadInput
from grader.record import Evidence, Verdict
from grader.text.safe import one_line
from grader.trust.calibration.ratings_file import COLUMNS, SHORT, cells_of, hint
from grader.trust.calibration.ratings_kept import UNSURE, marked_in, what_holds
from grader.trust.calibration.ratings_typed import as_typed
from grader.trust.calibration.results import Faults, ModelGradings

_YES = {"", "1", "true", "yes", "y"}
_NO = {"0", "false", "no", "n"}


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person said about one key point, or about one answer as a whole.

    Attributes:
        key_point: None for a score.
        verdict: None for a score.
        score: in per cent; None for a verdict.
        blind: given without sight of the others' ratings; True unless the row says otherwise.
        line: where it stands in its file.
        evidence: what the rater marked in the answer.
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
    evidence: tuple[Evidence, ...] = ()


class RowFault(Exception):
    """What is wrong with one row."""


class PointGone(Exception):
    """A row rates a key point that the results do not have; it says which."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """What scores reach that are surely no per cent, where so many of them reach no higher."""

    most: float
    scores: int


_NO_PER_CENT = (_Scale(10, 5), _Scale(20, 10))


def rating(
    fields: Mapping[str, str], line: int, results: ModelGradings, models: set[str]
) -> Rating | None:
    """The rating in the cells of one row; None where it holds neither verdict nor score.

    Raises:
        RowFault: what is wrong with it.
        PointGone: its key point is not in the results.
    """
    given = {name: fields.get(name, "") for name in COLUMNS}
    given["answer_id"] = results.id_of(given["answer_id"])
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
        evidence=marked_in(fields.get("evidence", "")),
    )


def _question(answer_id: str, question: str, results: ModelGradings) -> str:
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
    if point not in points and (near := hint(point, points)):
        raise RowFault(f"{question} has no key point {point[:SHORT]!r}{near}")
    try:
        given = Verdict(verdict.lower())
    except ValueError:
        scale = ", ".join(v.value for v in Verdict)
        raise RowFault(f"verdict {one_line(verdict, SHORT)!r} is none of {scale}") from None
    if point not in points:
        raise PointGone(f"{question}/{one_line(point, SHORT)}")
    return given


def _score(score: str, out_of: str) -> float:
    score = score if out_of else score.removesuffix("%").rstrip()
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


@dataclass(frozen=True)
class Ratings:
    """What people said, and what was left out of it.

    Attributes:
        rows: blind ratings, each rater's latest word on each thing.
        left_out: how many rows were left out, by reason: ``empty``, ``repeated``, ``replaced``,
            ``not-blind`` or, of ratings kept by ``grade web``, ``unsure``.
    """

    rows: tuple[Rating, ...]
    left_out: Mapping[str, int]


def read(path: Path, results: ModelGradings) -> Ratings:
    """The ratings in *path*: JSONL where its name ends in ``.jsonl``, else CSV.

    CSV may be separated by commas, semicolons or tabs, and have a column for each rater. Rows
    without verdict and score are ratings that were not given, and are left out. Of what ``grade
    web`` kept, each rater's last line about a thing holds.

    Raises:
        BadInput: the file cannot be read or a row cannot be taken; every fault is named by line.
    """
    faults = Faults(path)
    left_out = dict.fromkeys(("empty", "repeated", "replaced", "not-blind"), 0)
    taken = list(_taken(path, results, faults, left_out))
    rows = [row for row, _ in taken]
    _per_cent([row for row, plain in taken if plain], faults)
    _one_spelling_each(rows, faults)
    kept = _latest(rows, faults, left_out)
    faults.complain()
    if not kept:
        raise BadInput(f"{path}: {_nothing(left_out)}")
    return Ratings(kept, left_out)


def _taken(
    path: Path, results: ModelGradings, faults: Faults, left_out: dict[str, int]
) -> Iterator[tuple[Rating, bool]]:
    """The blind ratings, each with whether it is a score that nothing says the scale of."""
    models = {name for names in results.names for name in names}
    held = what_holds(cells_of(path, faults, results), left_out)
    for line, fields in as_typed(held):
        try:
            row = rating(fields, line, results, models)
        except RowFault as fault:
            faults.add(line, str(fault))
            continue
        except PointGone as gone:
            left_out[f"gone/{gone}"] = left_out.get(f"gone/{gone}", 0) + 1
            continue
        if row is None:
            left_out["empty"] += 1
        elif not row.blind:
            left_out["not-blind"] += 1
        else:
            yield row, row.score is not None and not _says_scale(fields)


def _says_scale(fields: Mapping[str, str]) -> bool:
    return bool(fields.get("out_of")) or fields.get("score", "").endswith("%")


def _nothing(left_out: Mapping[str, int]) -> str:
    gone = [name.partition("/")[2] for name in left_out if name.startswith("gone/")]
    if gone:
        return f"holds no ratings of what was graded: the results do not have {', '.join(gone)}"
    if left_out.get(UNSURE):
        return f"holds no ratings but {left_out[UNSURE]} that the rater was unsure of"
    return "holds no ratings; grade calibrate template makes a sheet to fill"


def _per_cent(rows: list[Rating], faults: Faults) -> None:
    """Points that somebody forgot to say the scale of would all be scores near nought."""
    highest = max((row.score or 0.0 for row in rows), default=0.0)
    if any(0 < highest <= s.most and len(rows) >= s.scores for s in _NO_PER_CENT):
        faults.add(
            rows[0].line,
            f"the highest of {len(rows)} scores is {highest:g}: hardly per cent; add a column"
            " out_of with the points there are, or 100 if they are",
        )


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


def _latest(rows: list[Rating], faults: Faults, left_out: dict[str, int]) -> tuple[Rating, ...]:
    kept: dict[tuple[str, str, str, str | None], Rating] = {}
    for row in rows:
        key = (row.rater, row.question, row.answer_id, row.key_point)
        first = kept.setdefault(key, row)
        if first is row:
            continue
        if _without_words(row) == _without_words(first):
            left_out["repeated"] += 1
        elif row.rated_at and first.rated_at and row.rated_at != first.rated_at:
            kept[key] = max(first, row, key=lambda r: r.rated_at.timestamp() if r.rated_at else 0)
            left_out["replaced"] += 1
        else:
            faults.add(row.line, f"{row.rater} says something else here than in line {first.line}")
    return tuple(kept.values())


def _without_words(row: Rating) -> Rating:
    return replace(row, line=0, note="", rated_at=None, evidence=())

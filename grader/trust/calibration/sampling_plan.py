"""The sampling plan: which answers were drawn to be rated, and with what probability each.

A CSV file with a row for every answer, drawn or not: an answer's probability in an earlier round is
needed where a later one draws it. Estimates weigh ratings by these probabilities.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BadInput
from grader.text.safe import one_line
from grader.trust.calibration.results import AnswerKey, Faults
from grader.util.files import new_file

COLUMNS = ("answer_id", "question", "drawn", "probability")
_SHORT = 60


@dataclass(frozen=True)
class PlannedAnswer:
    """One answer's part in the plan.

    Attributes:
        drawn: the round that drew it, 0 for what people had rated before; None if not drawn.
        probability: with which it was drawn in any round so far, above 0 and at most 1.
    """

    drawn: int | None
    probability: float


@dataclass(frozen=True)
class SamplingPlan:
    """All answers of a plan, in the order read; those drawn last stand first where it was made."""

    answers: Mapping[AnswerKey, PlannedAnswer]

    @property
    def rounds(self) -> int:
        """The number of the last round."""
        return max((a.drawn for a in self.answers.values() if a.drawn is not None), default=0)

    @property
    def last(self) -> tuple[AnswerKey, ...]:
        """The answers that the last round drew."""
        number = self.rounds
        return tuple(key for key, answer in self.answers.items() if answer.drawn == number)


def write_plan(path: Path, plan: SamplingPlan) -> None:
    """Writes the plan to *path*, whole or not at all.

    Raises:
        BadInput: the file cannot be written.
    """
    with new_file(path, newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for (question, answer_id), answer in plan.answers.items():
            drawn = "" if answer.drawn is None else answer.drawn
            rows.writerow((answer_id, question, drawn, repr(answer.probability)))


def read_plan(path: Path) -> SamplingPlan:
    """The plan in *path*.

    Raises:
        BadInput: the file cannot be read or is no plan; every fault is named by line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    faults, answers = Faults(path), dict[AnswerKey, PlannedAnswer]()
    try:
        if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
            raise BadInput(f"{path}:1: no column {missing[0]}; grade calibrate next makes a plan")
        for row in rows:
            _take(row, rows.line_num, answers, faults)
    except csv.Error as error:
        raise BadInput(f"{path}:{rows.line_num}: not CSV: {error}") from None
    faults.complain()
    if not answers:
        raise BadInput(f"{path}: holds no answers; grade calibrate next makes a plan")
    return SamplingPlan(answers)


def _take(
    row: Mapping[str, str | None],
    line: int,
    answers: dict[AnswerKey, PlannedAnswer],
    faults: Faults,
) -> None:
    answer_id, question, drawn, chance = ((row.get(name) or "").strip() for name in COLUMNS)
    if (question, answer_id) in answers:
        faults.add(line, f"answer {one_line(answer_id, _SHORT)!r} stands twice")
    elif drawn and not drawn.isdecimal():
        faults.add(line, f"drawn {one_line(drawn, _SHORT)!r} is not the number of a round")
    elif (probability := _probability(chance)) is None:
        faults.add(
            line, f"probability {one_line(chance, _SHORT)!r} is not a number above 0 and up to 1"
        )
    else:
        number = int(drawn) if drawn else None
        answers[question, answer_id] = PlannedAnswer(number, probability)


def _probability(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 < value <= 1.0 else None

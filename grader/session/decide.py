"""People's decisions on graded answers, appended to records in a results file and in the history.

The verdicts that the judge gave stay in the record as they are, see :mod:`grader.decision`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO

from grader.decision import Decision, decisions_on, with_decisions
from grader.errors import BadInput, OutFailed
from grader.ledger.decisions import AnswerRef, decide, graded_answers, grades_of
from grader.ledger.ledger import Ledger, default_path
from grader.record import ClaimOverride, Grade, Override, Verdict
from grader.session.graded_answers import (
    choose_answer,
    matching_answers,
    ref_of,
    result_lines,
)
from grader.session.result_lines import record_in, result_in
from grader.session.results import open_results
from grader.text.safe import one_line
from grader.util.files import Held, new_bytes

ASSERTED = {"asserted": True, "not-asserted": False}
"""What can be decided on a misconception."""
_SHORT = 60
_LONGEST = {"--by": 100, "--why": 2000}
_PAUSE = 0.05
"""Seconds between two attempts to get a lock."""


@dataclass(frozen=True)
class AnswerDecision:
    """A decision and the answer that it is on.

    Attributes:
        answer: its id, or the first digits of its text's digest.
        question: needed where the id stands under several.
        seen: how many decisions on the same the one who decides knew of; None does not ask.
    """

    answer: str
    decision: Decision
    question: str | None = None
    seen: int | None = None


@dataclass(frozen=True)
class DecidedRecord:
    """One record before and after what was decided on it."""

    before: Grade
    after: Grade


class DecidedMeanwhile(BadInput):
    """Somebody decided on the same while another was deciding."""


def decision_of(
    point: str | None,
    misconception: str | None,
    verdict: str,
    by: str,
    why: str,
    now: datetime | None = None,
) -> Decision:
    """Returns a decision made of words that somebody typed.

    Args:
        point: the id of a key point; or else *misconception* that of a misconception.
        verdict: ``met``, ``partial``, ``missed`` or ``contradicted``; on a misconception
            ``asserted`` or ``not-asserted``.

    Raises:
        BadInput: neither or both are named, the verdict is none, or who or why is empty.
    """
    given = {"--by": by.strip(), "--why": why.strip()}
    for name, text in given.items():
        if not text:
            raise BadInput(f"{name}: a decision needs who made it and why: give {name} TEXT")
        if len(text) > _LONGEST[name]:
            raise BadInput(f"{name}: longer than {_LONGEST[name]:,} characters; say it shorter")
    who, reason, at = *given.values(), now or datetime.now(UTC)
    if (point is None) == (misconception is None):
        raise BadInput("name what is decided: either --point ID or --misconception ID")
    if point is not None:
        return Override(key_point=point, verdict=verdict_of(verdict), by=who, reason=reason, at=at)
    asserted = ASSERTED[_one_of(verdict, list(ASSERTED), "a misconception")]
    return ClaimOverride(
        misconception=str(misconception), asserted=asserted, by=who, reason=reason, at=at
    )


def verdict_of(word: str) -> Verdict:
    """Returns the verdict that somebody typed.

    Raises:
        BadInput: it is none.
    """
    return Verdict(_one_of(word, [v.value for v in Verdict], "a key point"))


def _one_of(word: str, known: Sequence[str], what: str) -> str:
    if word.lower() not in known:
        raise BadInput(
            f"--verdict {one_line(word, _SHORT)}: on {what} choose one of {', '.join(known)}"
        )
    return word.lower()


def decide_everywhere(
    decisions: Sequence[AnswerDecision], results: Path | None, patience: float = 0.0
) -> tuple[DecidedRecord, ...]:
    """Appends *decisions* to the results file, if there is one, and to the history that knows the
    answers; what the history does not have is complained of only where it is all there is.

    Raises:
        BadInput, OutFailed: as :func:`decide_in_file` and :func:`decide_in_history`.
        LedgerFailed: the history cannot be read or written.
    """
    ledger = default_path()
    if results is None:
        with Ledger(ledger) as opened:
            return decide_in_history(opened, decisions)
    moved = decide_in_file(results, decisions, patience)
    if ledger.exists():
        with Ledger(ledger) as opened:
            decide_in_history(opened, decisions, must_be_there=False)
    return moved


def decide_in_file(
    path: Path, decisions: Sequence[AnswerDecision], patience: float = 0.0
) -> tuple[DecidedRecord, ...]:
    """Appends *decisions* to the records of a results file, and returns those that it changed.

    The file is written beside itself and renamed; lines of other answers stay as they are, a last
    line that was cut off too. All is checked before anything is written.

    Args:
        patience: seconds to wait for another process that writes the file.

    Raises:
        BadInput: it is no results file, or has no such answer, key point or misconception.
        DecidedMeanwhile: there are more decisions on one of the same than were seen.
        OutFailed: it cannot be written, or a run is writing it.
    """
    if not path.is_file():
        raise BadInput(f"--results {path}: no such file")
    try:
        with _opened(path, patience):
            wanted = _chosen((ref_of(line) for _, line in result_lines(path)), decisions, f"{path}")
            return tuple(_rewrite(path, wanted))
    except OSError as error:
        raise OutFailed(f"--results {path}: {error.strerror or error}") from error


def decide_in_history(
    ledger: Ledger, decisions: Sequence[AnswerDecision], *, must_be_there: bool = True
) -> tuple[DecidedRecord, ...]:
    """Appends *decisions* to the grades in the ledger's history, and returns those that it changed.

    Of an answer that was graded at several times it is the text and the rubric of the last one.

    Args:
        must_be_there: complain of an answer that the history does not have; else leave it out.

    Raises:
        BadInput: it has no such answer, or the answer no such key point or misconception.
        LedgerFailed: it cannot be read or written.
    """
    refs = list(graded_answers(ledger))
    if not must_be_there:
        decisions = [
            each for each in decisions if matching_answers(refs, each.answer, each.question)
        ]
    wanted = _chosen(refs, decisions, f"the history in {ledger.path}")
    for ref, given in wanted.items():
        for grade in grades_of(ledger, ref):
            _check(grade, given)
    return tuple(
        DecidedRecord(before, after)
        for ref, given in wanted.items()
        for before, after in decide(ledger, ref, [each.decision for each in given])
    )


def _opened(path: Path, patience: float) -> BinaryIO:
    until = monotonic() + patience
    while True:
        try:
            return open_results(path)
        except Held:
            if monotonic() >= until:
                raise
            sleep(_PAUSE)


Wanted = Mapping[AnswerRef, tuple[AnswerDecision, ...]]


def _chosen(refs: Iterable[AnswerRef], decisions: Sequence[AnswerDecision], where: str) -> Wanted:
    known = list(dict.fromkeys(refs))
    wanted: dict[AnswerRef, tuple[AnswerDecision, ...]] = {}
    for each in decisions:
        ref = choose_answer(known, each.answer, each.question, where)
        wanted[ref] = (*wanted.get(ref, ()), each)
    return wanted


def _check(grade: Grade, decisions: Iterable[AnswerDecision]) -> None:
    points = [point.id for point in grade.key_points]
    claims = [claim.id for claim in grade.misconceptions]
    for each in (wanted.decision for wanted in decisions):
        if isinstance(each, Override):
            known, name, what = points, each.key_point, "--point"
        else:
            known, name, what = claims, each.misconception, "--misconception"
        if name not in known:
            there = ", ".join(known) or "none"
            raise BadInput(
                f"{what} {one_line(name, _SHORT)}: the grade of {one_line(grade.answer_id, _SHORT)}"
                f" to {grade.question} has {there}"
            )


def _check_seen(grade: Grade, decisions: Iterable[AnswerDecision]) -> None:
    for each in decisions:
        if each.seen is not None and len(decisions_on(grade, each.decision)) > each.seen:
            name = one_line(grade.answer_id, _SHORT)
            raise DecidedMeanwhile(f"somebody decided on answer {name} meanwhile: look again")


def _rewrite(path: Path, wanted: Wanted) -> list[DecidedRecord]:
    moved = []
    with new_bytes(path) as new, path.open("rb") as file:
        for raw in file:
            line = result_in(raw)
            given = wanted.get(ref_of(line)) if line is not None else None
            if given is None:
                new.write(raw)
                continue
            before = record_in(raw)
            _check(before, given)
            _check_seen(before, given)
            after = with_decisions(before, *(each.decision for each in given))
            moved.append(DecidedRecord(before, after))
            new.write(after.to_json().encode() + (b"\n" if raw.endswith(b"\n") else b""))
    return moved

"""What people decided on grades of the history: appended to the records, nothing overwritten."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.decision import Decision, decided, is_decided, united, with_decisions
from grader.errors import LedgerFailed
from grader.ledger.ledger import Ledger
from grader.ledger.writer import Database
from grader.record import Grade


@dataclass(frozen=True)
class AnswerRef:
    """An answer that was graded: its id and its text's digest, the question and the rubric's."""

    question: str
    answer_id: str
    answer: str
    rubric: str

    @classmethod
    def of(cls, grade: Grade) -> "AnswerRef":
        """Returns what *grade* is the grade of."""
        return cls(grade.question, grade.answer_id, grade.digests.answer, grade.digests.rubric)


def graded_answers(ledger: Ledger) -> Iterator[AnswerRef]:
    """Yields what was graded, oldest first; the same again where it was graded again.

    Raises:
        LedgerFailed: it cannot be read.
    """
    rows = ledger.query(
        "SELECT question, answer_id, json_extract(record, '$.digests.answer'),"
        " json_extract(record, '$.digests.rubric') FROM grade WHERE json_valid(record) ORDER BY id"
    )
    return (AnswerRef(*row) for row in rows)


def grades_of(ledger: Ledger, ref: AnswerRef) -> list[Grade]:
    """Returns the history of one answer's text by one rubric, oldest first.

    Raises:
        LedgerFailed: it cannot be read.
    """
    rows = ledger.query(
        "SELECT record FROM grade WHERE question = ? AND answer_id = ? AND json_valid(record)"
        " ORDER BY id",
        ref.question,
        ref.answer_id,
    )
    grades = (_read(ledger, record) for (record,) in rows)
    return [grade for grade in grades if AnswerRef.of(grade) == ref]


def decide(
    ledger: Ledger, ref: AnswerRef, decisions: Sequence[Decision]
) -> tuple[tuple[Grade, Grade], ...]:
    """Appends people's decisions to the grades of *ref*, and returns each before and after.

    Raises:
        LedgerFailed: it could not be written.
    """
    moved: list[tuple[Grade, Grade]] = []

    def job(db: Database) -> None:
        moved.clear()  # where the transaction is tried again
        moved.extend(_decide(db, ref, decisions))

    ledger.write(job)
    return tuple(moved)


def with_earlier_decisions(ledger: Ledger, grade: Grade) -> Grade:
    """Returns *grade* with what people decided in the history on the same text and rubric.

    Raises:
        LedgerFailed: it cannot be read.
    """
    rows = ledger.query(
        "SELECT record FROM grade WHERE question = ? AND answer_id = ? AND json_valid(record)"
        " AND (json_array_length(record, '$.overrides') > 0"
        " OR json_array_length(record, '$.claim_overrides') > 0)",
        grade.question,
        grade.answer_id,
    )
    earlier = [_read(ledger, record) for (record,) in rows]
    same = [g for g in earlier if AnswerRef.of(g) == AnswerRef.of(grade) and is_decided(g)]
    return united(grade, *(g for g in same if g.candidate == grade.candidate))


def _read(ledger: Ledger, record: str) -> Grade:
    try:
        return Grade.model_validate_json(record)
    except ValueError as error:
        raise LedgerFailed(
            f"ledger {ledger.path}: a grade is damaged; save what can be saved with:"
            " grade doctor --repair"
        ) from error


def _decide(
    db: Database, ref: AnswerRef, decisions: Sequence[Decision]
) -> Iterator[tuple[Grade, Grade]]:
    rows = db.execute(
        "SELECT id, record FROM grade WHERE question = ? AND answer_id = ?",
        (ref.question, ref.answer_id),
    ).fetchall()
    for row, record in rows:
        before = Grade.model_validate_json(record)
        if AnswerRef.of(before) != ref:
            continue
        after = with_decisions(before, *decisions)
        db.execute(
            "UPDATE grade SET record = ?, percent = ? WHERE id = ?",
            (after.to_json(), decided(after).score.percent, row),
        )
        yield before, after

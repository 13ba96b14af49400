"""What must hold after a trial, whatever went wrong in it."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader import answer
from grader.grading import Attempt, grade
from grader.judge.one_call import OneCall
from grader.llm.request import Reply
from grader.record import Cause, Grade, Verdict
from grader.rubric.files import load_rubric
from grader.util.files import data_folder
from tests.support.fakes import INFO
from tests.support.fault_process import Trial
from tests.support.stub import Stub

OK = 200


def replies(path: Path) -> int:
    """Paid replies in a ledger; 0 where there is none."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        try:
            found = db.execute("SELECT COUNT(*) FROM call WHERE state = 'done'").fetchone()
        except sqlite3.Error:
            return 0
        return int(found[0])


def check(done: Trial, stub: Stub, session: dict[str, tuple[str, str]]) -> None:
    """Adds to the trial's violations whatever does not hold."""
    done.expect("Traceback" not in done.said, f"a traceback: {done.said[-2000:]}")
    again, allowed = stub.stats.paid_again, done.may_pay_again
    done.expect(again <= allowed, f"{again} replies paid again, {allowed} may be")
    for path in (done.ledger, done.results):
        done.expect(path.stat().st_mode & 0o077 == 0, f"{path.name} can be read by others")
    grades = list(_grades(done))
    ids = sorted(one.answer_id for one in grades)
    done.expect(ids == sorted(session), f"{len(ids)} of {len(session)} answers, or some twice")
    for one in grades:
        if one.answer_id in session:
            _check_grade(done, one, *session[one.answer_id])


def _grades(done: Trial) -> Iterator[Grade]:
    for line in done.results.read_bytes().splitlines():
        try:
            yield Grade.model_validate_json(line)
        except ValueError:
            done.expect(False, f"a line is no record: {line[:80]!r}")


def _check_grade(done: Trial, one: Grade, question: str, text: str) -> None:
    wanted = expected(question, text)
    verdicts = [(p.id, p.verdict, p.cause) for p in one.key_points]
    right = [(p.id, p.verdict, p.cause) for p in wanted.key_points]
    done.expect(verdicts == right, f"{one.answer_id}: {verdicts} instead of {right}")
    done.expect(one.score == wanted.score, f"{one.answer_id}: another score")
    for point in one.key_points:
        ungraded = point.verdict is None
        done.expect(ungraded == (point.cause is not None), f"{one.answer_id}: no cause")
        shown = bool(point.evidence) or ungraded or point.verdict == Verdict.MISSED
        done.expect(shown, f"{one.answer_id}: a verdict from nothing")
    nothing = any(point.verdict is None for point in one.key_points)
    done.expect(nothing == (one.score.percent is None), f"{one.answer_id}: a score from nothing")


def expected(question: str, text: str) -> Grade:
    """The grade that the stub's rule gives, with no network, file or process in between."""
    stub = Stub()

    async def ask(body: dict[str, Any]) -> Reply:
        status, reply, _ = stub.reply(json.dumps({"model": "m", **body}).encode())
        return Reply(body=reply.decode()) if status == OK else Reply(cause=Cause.FILTERED)

    asked = load_rubric(question, (data_folder("rubrics"),))
    attempt = Attempt(answer.from_text(text, "t"), "t")
    return asyncio.run(grade(asked, attempt, OneCall(ask, INFO)))

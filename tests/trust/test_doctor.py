"""A dozen labelled answers tell a judge that knows from one that says the same to everything."""

import asyncio

import pytest

from grader.answer import Answer
from grader.record import Verdict
from grader.rubric.files import rubric_folders
from grader.trust.doctor import DOZEN, DozenTrial, dozen, judged
from grader.trust.trial.report import rows
from grader.trust.trial.run import run
from tests.trust.trial.test_trial import Says, Scripted

CASES = dozen(rubric_folders())
LABELS = {case.answer.text: case.answer.verdicts for case in CASES}


def tried(says: Says) -> DozenTrial:
    return DozenTrial(tuple(rows(asyncio.run(run(CASES, [Scripted(says)])))))


def test_the_dozen_are_of_as_many_questions_and_of_every_kind() -> None:
    assert len({case.rubric.id for case in CASES}) == DOZEN
    assert {case.answer.kind for case in CASES} == {"strong", "wrong", "partial", "off-topic"}


def test_a_judge_that_says_what_people_said_is_good() -> None:
    result = tried(lambda answer, point: LABELS[answer.text][point].verdict)
    assert (result.accuracy, result.false_credit, result.ungraded) == (1, 0, 0)
    assert judged(result).good is True


def test_a_judge_that_says_met_to_everything_is_told_as_one() -> None:
    result = tried(lambda _, __: Verdict.MET)
    assert result.false_credit == 1
    found = judged(result)
    assert found.good is False
    assert found.found.startswith("it says met to nearly everything")
    assert f"of {len(result.rows)} key points" in found.found


def test_a_judge_that_says_missed_to_everything_gives_no_false_credit_and_is_not_good() -> None:
    result = tried(lambda _, __: Verdict.MISSED)
    assert result.false_credit == 0
    assert judged(result).good == (result.accuracy >= 0.65)


@pytest.mark.parametrize("all_of_them", [True, False])
def test_key_points_without_a_verdict_are_counted_and_not_called_wrong(all_of_them: bool) -> None:
    def says(answer: Answer, point: str) -> Verdict | None:
        label = LABELS[answer.text][point].verdict
        return None if all_of_them or label == Verdict.MET else label

    result = tried(says)
    graded = [row for row in result.rows if row.grade.verdict is not None]
    assert result.ungraded == pytest.approx(1 - len(graded) / len(result.rows))
    assert result.accuracy == (0 if all_of_them else 1)
    assert "ungraded" in judged(result).found

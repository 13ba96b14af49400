"""What a grade says where there is nothing to judge."""

import asyncio

import pytest

from grader import answer
from grader.grading import Attempt, grade
from grader.judge.one_call import OneCall
from grader.rubric.format import Rubric
from tests.support.fakes import INFO, FakeModel


def rubric(**question: str) -> Rubric:
    notes = {"met": "says it", "missed": "absent"}
    point = {"id": "p", "weight": 1, "notes": notes, "sources": [], **question}
    return Rubric.model_validate(
        {"schema": "rubric/1", "id": "q", "question": question, "key_points": [point]}
    )


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"zh": "什么是缓存?"}, "没有可评判的内容"),
        ({"en": "What is a cache?"}, "nothing in the answer"),
        ({"en": "What is a cache?", "zh": "什么是缓存?"}, "nothing in the answer"),
        ({"de": "Was ist ein Cache?"}, "nothing in the answer"),
    ],
)
def test_an_answer_without_a_word_is_told_so_in_the_language_of_its_question(
    question: dict[str, str], words: str
) -> None:
    model = FakeModel()
    attempt = Attempt(answer.from_text("...", "t"), "t")
    graded = asyncio.run(grade(rubric(**question), attempt, OneCall(model.ask, INFO)))
    assert words in graded.feedback
    assert graded.score.percent == 0
    assert model.asked == []

"""An answer that only points to a picture or a file is nobody's zero: a person must look at it."""

import asyncio

import pytest

from grader.answer import Answer, from_text, points_elsewhere
from grader.grading import Attempt, grade
from grader.judge.base import Judge, Judgement
from grader.record import Cause, JudgeInfo
from grader.rubric.files import load_rubric
from grader.rubric.format import Rubric
from grader.util.files import data_folder

RUBRIC = load_rubric("bank-conflict", (data_folder("rubrics"),))
ASKED = RUBRIC.question.wordings


class NeverAsked:
    """A judge that must not be called."""

    info = JudgeInfo(kind="endpoint", model="m")
    prompt_digest = ""

    async def judge(self, rubric: Rubric, answer: Answer) -> Judgement:
        raise AssertionError(f"asked about {answer.text} to {rubric.id}, which is not here")


@pytest.mark.parametrize(
    "text",
    [
        "see attached file", "Please see the attached document.", "See attachment", "![](a.png)",
        "![diagram](https://x/y.png)", "<img src='a.png'>", "answer.pdf", "My answer.pdf",
        "Attached", "请见附件", "见附件", "如图", "如下图所示", "答案在附件中", "Answer attached.",
        "[image]",
        "My answer is in the attached PDF.", "I have attached my solution", "[Image: scan 1]",
        "https://drive.example.com/file/d/abc/view", "uploaded as image", "See image below",
        "详见图片",
        '<p><img src="@@PLUGINFILE@@/IMG_1.jpg" alt="" /></p>',
        "<p>See attached&nbsp;file.<br></p>",
        "I don't know. See attachment.",
    ],
)  # fmt: skip
def test_an_answer_that_is_elsewhere_is_ungraded_without_a_call(text: str) -> None:
    judge: Judge = NeverAsked()
    answer = from_text(text, "-")
    assert "attachment" in {flag.kind for flag in answer.flags}
    graded = asyncio.run(grade(RUBRIC, Attempt(answer, "a"), judge))
    assert {point.cause for point in graded.key_points} == {Cause.NOT_IN_TEXT}
    assert (graded.score.percent, graded.score.low, graded.score.high) == (None, 0, 100)
    assert graded.judge.kind == "code"
    assert graded.usage.calls == 0


@pytest.mark.parametrize(
    "text",
    [
        "page", "file", "images", "图", "文件",
        "See the attached file. Shared memory has 32 banks.",
        "![banks](a.png)\nWords of one bank are read one after the other.",
        "open a file", "check page",
        "The KV cache is stored in pages, see paged attention", "see the file cuda.h for details",
        "as in the figure, banks serialise", "Attached LoRA adapters are merged", "",
    ],
)  # fmt: skip
def test_words_about_the_subject_are_an_answer(text: str) -> None:
    assert not points_elsewhere(from_text(text or "32", "-"), ASKED)

"""Runs labelled answers through a judge, exactly as anybody's answer is graded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.judge.base import Judge
from grader.record import Grade
from grader.rubric.files import read_rubric
from grader.rubric.format import Rubric
from grader.rubric.labelled import LabelledAnswer, labelled_of
from grader.trust.harness import grade_text, run_together


@dataclass(frozen=True)
class LabelledCase:
    """A labelled answer and the rubric that it was labelled by. The judge sees the text alone."""

    rubric: Rubric
    answer: LabelledAnswer

    @property
    def name(self) -> str:
        """``<question>/<answer>``."""
        return f"{self.rubric.id}/{self.answer.id}"


@dataclass(frozen=True)
class Trial:
    """What a judge said of a case; *repeat* 0 is the first time."""

    case: LabelledCase
    repeat: int
    grade: Grade


def cases(path: Path) -> tuple[LabelledCase, ...]:
    """The labelled answers beside a rubric file, ``labelled/<id>.toml``; none if there are none.

    Raises:
        BadRubric: the rubric or the labelled answers are not of the format, or do not fit.
    """
    asked = read_rubric(path)
    found = labelled_of(asked, (path.parent,))
    return tuple(LabelledCase(asked, one) for one in found.answers) if found else ()


async def run(
    given: Sequence[LabelledCase],
    judges: Sequence[Judge],
    slots: int = 1,
    done: Callable[[Trial], None] = lambda _: None,
) -> list[Trial]:
    """Every case through every judge, at most *slots* at once.

    Args:
        judges: one a repeat.
        done: is told of each trial as it ends.

    Raises:
        ModelFailed: no request to the judge can succeed.
    """

    async def judge_case(case: LabelledCase, repeat: int) -> Trial:
        text = case.answer.text
        trial = Trial(case, repeat, await grade_text(case.rubric, text, case.name, judges[repeat]))
        done(trial)
        return trial

    repeats = range(len(judges))
    return await run_together([partial(judge_case, c, n) for c in given for n in repeats], slots)

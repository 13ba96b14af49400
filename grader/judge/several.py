"""What several judges from one set of options ask through, and what they make together."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from grader.judge.base import Judge
from grader.judge.cascade import Cascade
from grader.judge.options import JudgeOptions
from grader.judge.panel import JudgePanel
from grader.judge.parts import InTurn
from grader.judge.voting import SURE
from grader.llm.request import Model, Replies


@runtime_checkable
class RoutedReplies(Replies, Protocol):
    """What several judges ask through: each its own model."""

    def to(self, model: Model) -> Replies:
        """Returns the same, with *model* asked."""


def combine(judges: Sequence[Judge], options: JudgeOptions) -> Judge:
    """Returns the judge that *judges* make: of a single one, itself."""
    if len(judges) == 1:
        return judges[0]
    each = tuple(InTurn(judge) if judge.info.kind == "local" else judge for judge in judges)
    if options.then:
        below = SURE if options.unsure_below is None else options.unsure_below
        return Cascade(each[0], each[1], below)
    return JudgePanel(each, options.combine)

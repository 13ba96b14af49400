"""Takes a decision back: by another that gives what held before it, so that nothing is lost."""

from grader.decision import in_order
from grader.errors import BadInput
from grader.record import Verdict
from grader.session.decide import AnswerDecision
from grader.text.catalogue import Catalogue
from grader.trust.calibration.settle import settle
from grader.web.rooms.settle.items import SettleItem

_LONGEST = 1500


def before(item: SettleItem) -> Verdict | None:
    """Returns what held before the last decision: an earlier one's verdict, or the judge's."""
    decisions = in_order(item.decisions)
    if len(decisions) > 1:
        return decisions[-2].verdict
    point = item.difference.key_point
    return next(p.verdict for p in item.grade.key_points if p.id == point)


def undone(item: SettleItem, by: str, say: Catalogue) -> AnswerDecision:
    """Returns the decision that takes the last one back.

    Raises:
        BadInput: nothing was decided, or the judge gave no verdict to go back to.
    """
    last, verdict = item.difference.decided, before(item)
    if last is None or verdict is None:
        raise BadInput(say["nothing_before"])
    why = str(say["undo_reason"]).format(by=last.by, why=last.reason[:_LONGEST])
    return settle(item.difference, verdict, by, why)

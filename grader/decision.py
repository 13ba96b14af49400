"""People's decisions over a judge's verdicts, and the grade that follows from them.

The record keeps what the judge gave as it is; decisions are appended beside it, and of several on
one key point or misconception the later one counts. Whatever shows or adds up a grade takes it as
:func:`decided` gives it, so that a decision counts wherever it was written, also by hand.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from grader import scoring
from grader.record import (
    ClaimOverride,
    Grade,
    MisconceptionGrade,
    Override,
    PointGrade,
    Score,
)

Decision = Override | ClaimOverride
"""What a person decided on a key point or a misconception."""

_D = TypeVar("_D", Override, ClaimOverride)


def is_decided(grade: Grade) -> bool:
    """Returns whether a person decided anything over the judge's verdicts."""
    return bool(grade.overrides or grade.claim_overrides)


def people(grade: Grade) -> tuple[str, ...]:
    """Returns who decided anything, each once."""
    points = [each.by for each in grade.overrides]
    return tuple(dict.fromkeys([*points, *(each.by for each in grade.claim_overrides)]))


def decided(grade: Grade) -> Grade:
    """Returns the grade with people's verdicts in place of the judge's, and the score of them.

    What the judge quoted and said stays; decisions on what the grade does not have are left out.
    Where nobody decided anything it is *grade* itself.
    """
    if not is_decided(grade):
        return grade
    by_point, by_claim = latest(grade.overrides), latest(grade.claim_overrides)
    likely = any(point.probabilities for point in grade.key_points)
    points = tuple(_settled(p, by_point.get(p.id), likely=likely) for p in grade.key_points)
    claims = tuple(_settled_claim(m, by_claim.get(m.id)) for m in grade.misconceptions)
    score = scoring.total(points, claims, scoring.scheme_of(grade))
    update = {"key_points": points, "misconceptions": claims, "score": score, "decided": score}
    return grade.model_copy(update=update)


def with_decided_score(grade: Grade) -> Grade:
    """Returns the record with the score as decided beside the judge's, for whoever reads JSON."""
    score: Score | None = decided(grade).score if is_decided(grade) else None
    return grade if grade.decided == score else grade.model_copy(update={"decided": score})


def with_decisions(grade: Grade, *decisions: Decision) -> Grade:
    """Returns the record with *decisions* appended; of the same key point the last one counts.

    None is dated before an earlier one on the same, whatever a clock says.
    """
    for decision in decisions:
        if isinstance(decision, Override):
            added = _after(decision, grade.overrides)
            grade = grade.model_copy(update={"overrides": (*grade.overrides, added)})
        else:
            claim = _after(decision, grade.claim_overrides)
            grade = grade.model_copy(update={"claim_overrides": (*grade.claim_overrides, claim)})
    return with_decided_score(grade)


def united(grade: Grade, *others: Grade) -> Grade:
    """Returns *grade* with the decisions of other copies of it too, each once, in order of time."""
    overrides = [o for each in (grade, *others) for o in each.overrides]
    claims = [o for each in (grade, *others) for o in each.claim_overrides]
    if (len(overrides), len(claims)) == (len(grade.overrides), len(grade.claim_overrides)):
        return grade
    update = {"overrides": _once(overrides), "claim_overrides": _once(claims)}
    return with_decided_score(grade.model_copy(update=update))


def decisions_on(grade: Grade, same: Decision) -> tuple[Decision, ...]:
    """Returns what people decided on what *same* is on, as appended."""
    each = grade.overrides if isinstance(same, Override) else grade.claim_overrides
    return tuple(other for other in each if _name(other) == _name(same))


def in_order(decisions: Iterable[_D]) -> list[_D]:
    """Returns *decisions* with the earliest first; those of one time in the order given."""
    return sorted(decisions, key=lambda each: aware(each.at))


def latest(decisions: Iterable[_D]) -> dict[str, _D]:
    """Returns the decision that counts, by the id of what it is on."""
    return {_name(each): each for each in in_order(decisions)}


def _name(decision: Decision) -> str:
    return decision.key_point if isinstance(decision, Override) else decision.misconception


def _after(decision: _D, earlier: Iterable[_D]) -> _D:
    before = latest(earlier).get(_name(decision))
    if before is None or aware(before.at) < aware(decision.at):
        return decision
    return decision.model_copy(update={"at": before.at + timedelta(microseconds=1)})


def aware(time: datetime) -> datetime:
    """Returns the time with a zone: by hand it may be written without, which is taken for UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _once(decisions: Iterable[_D]) -> tuple[_D, ...]:
    each = {decision.model_dump_json(): decision for decision in decisions}
    # By content first, so that copies are united alike in whichever order they come
    return tuple(in_order(each[content] for content in sorted(each)))


def _settled(point: PointGrade, by: Override | None, *, likely: bool) -> PointGrade:
    if by is None:
        return point
    update = {
        "verdict": by.verdict,
        "confidence": None,
        "alternative": None,
        "cause": None,
        "detail": "",
        # What several judges gave would widen the interval: a person's decision ends that
        "opinions": (),
        "by": None,
        "probabilities": {by.verdict: 1.0} if likely else None,
    }
    return point.model_copy(update=update)


def _settled_claim(claim: MisconceptionGrade, by: ClaimOverride | None) -> MisconceptionGrade:
    if by is None:
        return claim
    update = {
        "asserted": by.asserted,
        "confidence": None,
        "cause": None,
        "detail": "",
        "opinions": (),
    }
    return claim.model_copy(update=update)

"""What the new version makes of one grade: verdicts that still hold are kept, scores added anew."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from grader import scoring
from grader.decision import decided
from grader.record import Grade, MisconceptionGrade, PointGrade, Score, Verdict
from grader.rubric.format import Misconception, Rubric


class PointEffect(BaseModel):
    """One key point's share in the change of a score.

    Attributes:
        before: None where it was not asked about, or ungraded.
        after: None where it must be asked anew, or is gone.
        gain: per cent of the whole score that it adds now and did not before; None while unknown.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    before: Verdict | None
    after: Verdict | None
    gain: float | None


class ScoreEffect(BaseModel):
    """One answer's score by both versions."""

    model_config = ConfigDict(frozen=True)

    answer: str
    candidate: str | None
    before: Score
    after: Score
    parts: tuple[PointEffect, ...]
    """The key points that matter for the difference, the largest first."""
    asked: bool
    """Whether a judge was asked anew."""

    @property
    def change(self) -> float | None:
        """Per cent; None while the new score is an interval."""
        if self.before.percent is None or self.after.percent is None:
            return None
        return round(self.after.percent - self.before.percent, 1)


def latest(grades: Iterable[Grade], old: Rubric) -> tuple[tuple[Grade, ...], int]:
    """The last grade of each answer by each judge under the old version, and how many grades
    were given under some other version."""
    kept: dict[tuple[str, ...], Grade] = {}
    others = 0
    for grade in grades:
        if grade.question != old.id:
            continue
        if grade.digests.rubric != old.digest:
            others += 1
            continue
        judge = grade.judge
        kept[grade.digests.answer, judge.kind, judge.model, judge.endpoint, judge.ask] = grade
    return tuple(kept.values()), others


def effect(
    grade: Grade, new: Rubric, anew: frozenset[str], asked: Grade | None = None
) -> ScoreEffect:
    """What the new version makes of *grade*, which was given under the old one.

    Args:
        anew: ids whose old verdicts say nothing any more.
        asked: a grade of the same answer by the new version, for those alone; without it they
            are ungraded, and the score an interval.
    """
    grade = decided(grade)
    points = {point.id: point for point in grade.key_points}
    fresh = {p.id: p for p in asked.key_points} if asked else {}
    claims = {m.id: m for m in grade.misconceptions}
    fresh_claims = {m.id: m for m in asked.misconceptions} if asked else {}
    before = tuple(points.values())
    after = tuple(
        (fresh if p.id in anew else points)
        .get(p.id, _open_point(p.id, p.weight))
        .model_copy(update={"weight": p.weight})
        for p in new.key_points
    )
    held = tuple(
        _claim(m, (fresh_claims if m.id in anew else claims).get(m.id)) for m in new.misconceptions
    )
    old_scheme = scoring.scheme_of(grade)
    return ScoreEffect(
        answer=grade.answer_id,
        candidate=grade.candidate,
        before=scoring.total(before, grade.misconceptions, old_scheme),
        after=scoring.total(after, held, new.scheme),
        parts=_parts(before, after, _earned(before, old_scheme), _earned(after, new.scheme)),
        asked=asked is not None,
    )


def part(new: Rubric, anew: frozenset[str]) -> Rubric:
    """The new version with only what must be asked anew, and what that hangs on.

    A misconception that is the opposite of a key point decides whether it is contradicted. With
    no key point to ask about one stays, for a rubric has at least one.
    """
    points = [p for p in new.key_points if p.id in anew] or list(new.key_points[:1])
    names = {p.id for p in points}
    claims = [m for m in new.misconceptions if m.id in anew or names & set(m.contradicts)]
    return new.model_copy(update={"key_points": tuple(points), "misconceptions": tuple(claims)})


def _open_point(name: str, weight: float) -> PointGrade:
    return PointGrade(id=name, weight=weight, verdict=None)


def _claim(claim: Misconception, known: MisconceptionGrade | None) -> MisconceptionGrade:
    known = known or MisconceptionGrade(id=claim.id, asserted=None)
    return known.model_copy(update={"penalty": claim.penalty})


def _parts(
    before: tuple[PointGrade, ...],
    after: tuple[PointGrade, ...],
    was: Mapping[str, float],
    now: Mapping[str, float],
) -> tuple[PointEffect, ...]:
    old, new = {p.id: p for p in before}, {p.id: p for p in after}
    parts = []
    for name in [*new, *(old.keys() - new.keys())]:
        one, other = old.get(name), new.get(name)
        gain = None
        if (one is None or one.verdict) and (other is None or other.verdict):
            gain = round(now.get(name, 0.0) - was.get(name, 0.0), 1)
        said, says = one.verdict if one else None, other.verdict if other else None
        if gain != 0 or said != says:
            parts.append(PointEffect(id=name, before=said, after=says, gain=gain))
    return tuple(sorted(parts, key=lambda p: -abs(p.gain) if p.gain is not None else -101.0))


def _earned(points: tuple[PointGrade, ...], scheme: scoring.Scheme) -> dict[str, float]:
    """Per cent of the whole score that each key point adds to it."""
    names, weights = [p.id for p in points], [p.weight for p in points]
    each = [p.weight * scoring.CREDIT[p.verdict] if p.verdict else 0.0 for p in points]
    most = scheme.earned(names, weights)
    counted = scheme.counted(names, each)
    return {name: 100 * adds / most for name, adds in zip(names, counted, strict=True)}

"""Adds the score up: pure arithmetic, no model, no opinion."""

from collections.abc import Sequence

from grader.record import MisconceptionGrade, PointGrade, Score, Verdict

CREDIT = {
    Verdict.MET: 1.0,
    Verdict.PARTIAL: 0.5,
    Verdict.MISSED: 0.0,
    Verdict.CONTRADICTED: 0.0,
}
"""Share of a key point's weight that a verdict earns."""


def credit_range(point: PointGrade) -> tuple[float, float]:
    """Least and greatest credit, 0 to 1, that the key point may deserve.

    An ungraded point may deserve anything; an unsure one its verdict's or the alternative's credit.
    """
    if point.verdict is None:
        return 0.0, 1.0
    credit = [CREDIT[point.verdict]]
    if point.alternative is not None:
        credit.append(CREDIT[point.alternative])
    return min(credit), max(credit)


def total(points: Sequence[PointGrade], misconceptions: Sequence[MisconceptionGrade] = ()) -> Score:
    """The weighted score of an answer in points and per cent.

    With an ungraded key point there is no single number: ``percent`` and ``points`` are None and
    the interval says what is still possible.
    A misconception lowers the score only by the penalty (in points) that its rubric gives it.
    """
    out_of = float(sum(point.weight for point in points))
    ranges = [(point.weight, *credit_range(point)) for point in points]
    sure_penalty = sum(m.penalty for m in misconceptions if m.asserted)
    open_penalty = sum(m.penalty for m in misconceptions if m.asserted is None)
    low = sum(weight * least for weight, least, _ in ranges) - sure_penalty - open_penalty
    high = sum(weight * most for weight, _, most in ranges) - sure_penalty
    complete = all(point.verdict is not None for point in points) and not open_penalty
    earned = sum(p.weight * CREDIT[p.verdict] for p in points if p.verdict is not None)
    points_earned = max(0.0, earned - sure_penalty) if complete else None
    return Score(
        percent=None if points_earned is None else _percent(points_earned, out_of),
        low=_percent(low, out_of),
        high=_percent(high, out_of),
        points=points_earned,
        out_of=out_of,
    )


def _percent(points: float, out_of: float) -> float:
    return round(100 * min(max(points, 0.0), out_of) / out_of, 1)

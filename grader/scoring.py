"""Adds the score up: pure arithmetic, no model, no opinion."""

from collections.abc import Iterable, Mapping, Sequence

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

    An ungraded point may deserve anything; an unsure one its verdict's or the alternative's credit;
    one that several judges decide together whatever any of them would give.
    """
    if point.verdict is None:
        return 0.0, 1.0
    given = {point.verdict, point.alternative}
    if _is_shared(point):
        given |= {opinion.verdict for opinion in point.opinions}
    credit = [CREDIT[verdict] for verdict in given if verdict is not None]
    return min(credit), max(credit)


def _is_shared(point: PointGrade) -> bool:
    return point.by is None and bool(point.opinions)


def expected_credit(weighted: Iterable[tuple[float, Mapping[Verdict, float]]]) -> float:
    """Returns what key points, of these weights and verdicts this likely, earn on average."""
    return sum(
        weight * CREDIT[verdict] * chance
        for weight, chances in weighted
        for verdict, chance in chances.items()
    )


def share_of_weight(weighted: Iterable[tuple[float, float]]) -> float:
    """Returns the share, 0 to 1, that credit of 0 to 1 for each weight is of all the weights."""
    each = list(weighted)
    return sum(weight * credit for weight, credit in each) / sum(weight for weight, _ in each)


def surely_earned(score: Score) -> float:
    """Returns the per cent that an answer surely earned; what is ungraded counts as nothing."""
    return score.low if score.percent is None else score.percent


def surely_reaches(score: Score, pass_mark: float | None) -> bool:
    """Returns whether even the least that the answer may deserve is at least *pass_mark* per cent.

    Doubt is never a pass. Without a pass mark every answer passes.
    """
    return pass_mark is None or score.low >= pass_mark


LEVEL = 0.8
"""The probability that an interval made of verdicts' probabilities states, as if key points erred
apart from each other. Scores come in steps, which widens it, and key points err together, which
narrows it: see training/README.md for how many hold the settled score."""


def total(points: Sequence[PointGrade], misconceptions: Sequence[MisconceptionGrade] = ()) -> Score:
    """The weighted score of an answer in points and per cent.

    With an ungraded key point there is no single number: ``percent`` and ``points`` are None and
    the interval says what is still possible. Where the judge gives the probability of each verdict,
    the interval comes from them; else from the verdicts that it cannot rule out.
    A misconception lowers the score only by the penalty (in points) that its rubric gives it.
    """
    out_of = float(sum(point.weight for point in points))
    least, most = _earned_range(points)
    sure_penalty = sum(m.penalty for m in misconceptions if m.asserted)
    open_penalty = sum(m.penalty for m in misconceptions if m.asserted is None)
    low = least - sum(m.penalty for m in misconceptions if _may_be(m, asserted=True))
    high = most - sum(m.penalty for m in misconceptions if not _may_be(m, asserted=False))
    complete = all(point.verdict is not None for point in points) and not open_penalty
    earned = sum(p.weight * CREDIT[p.verdict] for p in points if p.verdict is not None)
    points_earned = max(0.0, earned - sure_penalty) if complete else None
    return Score(
        percent=None if points_earned is None else _percent(points_earned, out_of),
        low=_percent(low, out_of),
        high=_percent(high, out_of),
        points=points_earned,
        out_of=out_of,
        expected=_expected(points, sure_penalty, out_of),
    )


def _may_be(claim: MisconceptionGrade, *, asserted: bool) -> bool:
    """Whether the judge, or one of several, leaves that open."""
    given = (claim.asserted, *(opinion.asserted for opinion in claim.opinions))
    return claim.asserted is None or asserted in given


def _expected(points: Sequence[PointGrade], penalty: float, out_of: float) -> float | None:
    """Per cent to be expected; None where a key point has no probabilities or no verdict."""
    if not all(map(_is_likely, points)):
        return None
    earned = expected_credit((p.weight, p.probabilities or {}) for p in points)
    return _percent(earned - penalty, out_of)


def _earned_range(points: Sequence[PointGrade]) -> tuple[float, float]:
    """Least and most points that the key points may deserve, misconceptions aside."""
    likely = [point for point in points if _is_by_chance(point)]
    others = [(p.weight, *credit_range(p)) for p in points if not _is_by_chance(p)]
    least = sum(weight * low for weight, low, _ in others)
    most = sum(weight * high for weight, _, high in others)
    low, high = _likely_range(likely)
    return least + low, most + high


def _is_by_chance(point: PointGrade) -> bool:
    """Whether its range comes from probabilities: those of several judges together hide what each
    of them would give."""
    return _is_likely(point) and not _is_shared(point)


def _is_likely(point: PointGrade) -> bool:
    return bool(point.probabilities) and point.verdict is not None


def _likely_range(points: Sequence[PointGrade]) -> tuple[float, float]:
    """The quantiles of what the points earn by their probabilities, their verdicts' sum within."""
    chances = earned_chances(points)
    given = sum(p.weight * CREDIT[p.verdict] for p in points if p.verdict is not None)
    tail = (1 - LEVEL) / 2
    low = _quantile(sorted(chances.items()), tail)
    high = _quantile(sorted(chances.items(), reverse=True), tail)
    return min(low, given), max(high, given)


def earned_chances(points: Sequence[PointGrade]) -> dict[float, float]:
    """The chance of each sum of points by the verdicts' probabilities, as if they erred apart."""
    chances = {0.0: 1.0}
    for point in points:
        grown: dict[float, float] = {}
        for earned, chance in chances.items():
            for verdict, share in (point.probabilities or {}).items():
                place = earned + point.weight * CREDIT[verdict]
                grown[place] = grown.get(place, 0.0) + chance * share
        chances = grown
    return chances


def _quantile(chances: Sequence[tuple[float, float]], tail: float) -> float:
    """The first place at which the chances, added up in order, reach *tail*."""
    so_far = 0.0
    for place, chance in chances:
        so_far += chance
        if so_far >= tail:
            return place
    return chances[-1][0]


def _percent(points: float, out_of: float) -> float:
    return round(100 * min(max(points, 0.0), out_of) / out_of, 1)

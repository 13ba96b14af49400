"""Adds the score up: pure arithmetic, no model, no opinion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.record import Grade, MisconceptionGrade, PointGrade, PointGroup, Score, Verdict

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
_DIGITS = 6
"""Decimals of points: more of them are the noise of binary fractions."""
_MOST_SUMS = 5000


@dataclass(frozen=True, slots=True)
class Scheme:
    """How the points of key points add up; without anything each counts for itself.

    Attributes:
        groups: of a group's key points the ``enough`` that earned most count, and the group is
            worth as many of its heaviest weights.
        out_of: the points of the whole, to which those of the key points are scaled; None takes
            them as they are.
    """

    groups: tuple[PointGroup, ...] = ()
    out_of: float | None = None

    def pools(self, names: Sequence[str]) -> list[tuple[list[int], int]]:
        """Splits key points into those that count together: their places in *names*, and how
        many of them count."""
        grouped = {name for group in self.groups for name in group.key_points}
        pools = [([place], 1) for place, name in enumerate(names) if name not in grouped]
        for group in self.groups:
            there = [place for place, name in enumerate(names) if name in group.key_points]
            pools += [(there, group.enough)] if there else []
        return pools

    def earned(self, names: Sequence[str], each: Sequence[float]) -> float:
        """Returns what key points earn together that earn *each* by themselves, unscaled."""
        return sum(self.counted(names, each))

    def counted(self, names: Sequence[str], each: Sequence[float]) -> list[float]:
        """Returns what of *each* counts: in a group the best, and nothing of the others."""
        counted = [0.0] * len(names)
        for places, enough in self.pools(names):
            for place in sorted(places, key=lambda place: -each[place])[:enough]:
                counted[place] = each[place]
        return counted

    def scale(self, most: float) -> float:
        """Returns what a point counts where all key points together are worth *most*."""
        return 1.0 if self.out_of is None else self.out_of / most


PLAIN = Scheme()
"""Each key point counts for itself."""


def share_together(
    names: Sequence[str], weights: Sequence[float], credit: Sequence[float], scheme: Scheme
) -> float:
    """Returns the share, 0 to 1, that credit of 0 to 1 for each key point is of all there is."""
    each = [weight * part for weight, part in zip(weights, credit, strict=True)]
    return scheme.earned(names, each) / scheme.earned(names, weights)


def scheme_of(grade: Grade) -> Scheme:
    """Returns how the points of a record were added up."""
    return Scheme(grade.groups, grade.score.out_of)


@dataclass(frozen=True, slots=True)
class PointCost:
    """What one key point was worth in a grade and what of it was lost, in the grade's points."""

    worth: float
    lost: float


def costs(grade: Grade) -> dict[str, PointCost]:
    """Returns what each key point of a record was worth, scaled, and what it cost.

    What a group lost falls on those of its key points that earned less than they could: nothing
    on anybody where enough of them were met. What is ungraded cost nothing.
    """
    scheme, points = scheme_of(grade), grade.key_points
    names, weights = [point.id for point in points], [point.weight for point in points]
    scale = scheme.scale(scheme.earned(names, weights))
    earned = [_given(point, 1.0) for point in points]
    counted, best = scheme.counted(names, earned), scheme.counted(names, weights)
    lost = [0.0] * len(points)
    for places, _ in scheme.pools(names):
        missing = sum(best[place] - counted[place] for place in places)
        short = sum(weights[place] - earned[place] for place in places)
        for place in places if short else ():
            lost[place] = missing * (weights[place] - earned[place]) / short
    return {
        name: PointCost(round(weight * scale, _DIGITS), round(cost * scale, _DIGITS))
        for name, weight, cost in zip(names, weights, lost, strict=True)
    }


def total(
    points: Sequence[PointGrade],
    misconceptions: Sequence[MisconceptionGrade] = (),
    scheme: Scheme = PLAIN,
) -> Score:
    """The weighted score of an answer in points and per cent.

    With an ungraded key point that matters there is no single number: ``percent`` and ``points``
    are None and the interval says what is still possible. Where the judge gives the probability
    of each verdict, the interval comes from them; else from the verdicts that it cannot rule out.
    A misconception lowers the score only by the penalty (in points) that its rubric gives it.
    """
    names = [point.id for point in points]
    most = float(scheme.earned(names, [point.weight for point in points]))
    scale = scheme.scale(most)
    out_of = most * scale
    least, highest = _earned_range(points, scheme)
    sure_penalty = sum(m.penalty for m in misconceptions if m.asserted)
    open_penalty = sum(m.penalty for m in misconceptions if m.asserted is None)
    low = least * scale - sum(m.penalty for m in misconceptions if _may_be(m, asserted=True))
    high = highest * scale - sum(
        m.penalty for m in misconceptions if not _may_be(m, asserted=False)
    )
    earned = _settled(points, scheme) if not open_penalty else None
    points_earned = None if earned is None else max(0.0, earned * scale - sure_penalty)
    expected = _expected(points, scheme)
    return Score(
        percent=None if points_earned is None else _percent(points_earned, out_of),
        low=_percent(low, out_of),
        high=_percent(high, out_of),
        points=None if points_earned is None else round(points_earned, _DIGITS),
        out_of=round(out_of, _DIGITS),
        expected=None if expected is None else _percent(expected * scale - sure_penalty, out_of),
    )


def _may_be(claim: MisconceptionGrade, *, asserted: bool) -> bool:
    """Whether the judge, or one of several, leaves that open."""
    given = (claim.asserted, *(opinion.asserted for opinion in claim.opinions))
    return claim.asserted is None or asserted in given


def _settled(points: Sequence[PointGrade], scheme: Scheme) -> float | None:
    """What the verdicts earn, unscaled; None where an ungraded key point could still add to it."""
    names = [point.id for point in points]
    least = scheme.earned(names, [_given(point, 0.0) for point in points])
    most = scheme.earned(names, [_given(point, 1.0) for point in points])
    return float(least) if least == most else None


def _given(point: PointGrade, ungraded: float) -> float:
    credit = ungraded if point.verdict is None else CREDIT[point.verdict]
    return point.weight * credit


def _expected(points: Sequence[PointGrade], scheme: Scheme) -> float | None:
    """Points to be expected; None where a key point has no probabilities or no verdict."""
    if not all(map(_is_likely, points)):
        return None
    names = [point.id for point in points]
    return expected_together(names, [(p.weight, p.probabilities or {}) for p in points], scheme)


def expected_together(
    names: Sequence[str],
    weighted: Sequence[tuple[float, Mapping[Verdict, float]]],
    scheme: Scheme,
) -> float:
    """Returns what key points, of these weights and verdicts this likely, earn on average,
    unscaled, where some of them count together."""
    pools = scheme.pools(names)
    expected = expected_credit(weighted[p[0]] for p, _ in pools if len(p) == 1)
    for places, enough in pools:
        if len(places) > 1:
            together = _outcomes([_earnings(*weighted[place]) for place in places], enough)
            expected += sum(earned * chance for earned, chance in together)
    return expected


def _is_by_chance(point: PointGrade) -> bool:
    """Whether its range comes from probabilities: those of several judges together hide what each
    of them would give."""
    return _is_likely(point) and not _is_shared(point)


def _is_likely(point: PointGrade) -> bool:
    return bool(point.probabilities) and point.verdict is not None


def _earned_range(points: Sequence[PointGrade], scheme: Scheme) -> tuple[float, float]:
    """Least and most points that the key points may deserve, misconceptions aside: by the
    quantiles of what they earn by their probabilities, with their verdicts' sum within."""
    names = [point.id for point in points]
    least, most = (
        scheme.earned(names, [_at_end(point, end) for point in points]) for end in (0, 1)
    )
    tail = (1 - LEVEL) / 2
    low = _quantile(sorted(earned_chances(points, scheme, 0).items()), tail)
    high = _quantile(sorted(earned_chances(points, scheme, 1).items(), reverse=True), tail)
    return min(low, least), max(high, most)


def _at_end(point: PointGrade, end: int) -> float:
    """What a likely key point's verdict earns, and any other at the least (0) or most (1)."""
    return _given(point, 0.0) if _is_by_chance(point) else point.weight * credit_range(point)[end]


def earned_chances(
    points: Sequence[PointGrade], scheme: Scheme = PLAIN, end: int = 0
) -> dict[float, float]:
    """The chance of each sum of points by the verdicts' probabilities, as if they erred apart.

    Args:
        end: whether key points without probabilities earn the least (0) or the most (1) that
            they may.
    """
    chances = {0.0: 1.0}
    for places, enough in scheme.pools([point.id for point in points]):
        together = _outcomes([_outcomes_of(points[place], end) for place in places], enough)
        grown: dict[float, float] = {}
        for earned, chance in chances.items():
            for more, share in together:
                place = round(earned + more, _DIGITS)
                grown[place] = grown.get(place, 0.0) + chance * share
        chances = grown if len(grown) <= _MOST_SUMS else _coarser(grown)
    return chances


Outcomes = Sequence[tuple[float, float]]
"""What may be earned, each with its chance."""


def _outcomes(each: Sequence[Outcomes], enough: int) -> Outcomes:
    """What key points that count together may earn, by what each may earn by itself."""
    if len(each) == 1:
        return each[0]
    best: dict[tuple[float, ...], float] = {(): 1.0}
    for outcomes in each:
        grown: dict[tuple[float, ...], float] = {}
        for counted, chance in best.items():
            for earned, share in outcomes:
                now = tuple(sorted((*counted, earned), reverse=True)[:enough])
                grown[now] = grown.get(now, 0.0) + chance * share
        best = grown
    return [(sum(counted), chance) for counted, chance in best.items()]


def _outcomes_of(point: PointGrade, end: int) -> Outcomes:
    if not _is_by_chance(point):
        return [(_at_end(point, end), 1.0)]
    return _earnings(point.weight, point.probabilities or {})


def _earnings(weight: float, chances: Mapping[Verdict, float]) -> Outcomes:
    return [(weight * CREDIT[verdict], chance) for verdict, chance in chances.items()]


def _coarser(chances: Mapping[float, float]) -> dict[float, float]:
    """The chances on a grid, where weights of many digits give more sums than anybody reads."""
    step = max(chances) / _MOST_SUMS
    grown: dict[float, float] = {}
    for earned, chance in chances.items():
        place = round(earned / step) * step
        grown[place] = grown.get(place, 0.0) + chance
    return grown


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

"""Adds a session up while its records stream past.

The memory taken depends on the number of questions and candidates, not on the number of answers.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from grader.decision import decided
from grader.record import Cause, Grade, JudgeInfo, PointGrade, Score, Usage
from grader.scoring import costs
from grader.session.summary import (
    BINS,
    CandidateSummary,
    ClaimSummary,
    JudgeSummary,
    Period,
    PointSummary,
    QuestionSummary,
    Scores,
    Summary,
    Unit,
    UsageSummary,
)
from grader.util.order import by_number

MOST_CANDIDATES = 500
MOST_PERIODS = 60
_UNITS = tuple(Unit)


@dataclass
class _Scores:
    # Scores have one decimal, so tenths of a per cent hold each exactly in at most 1001 counts.
    tenths: Counter[int] = field(default_factory=Counter)
    answers: int = 0
    low: float = 0.0
    high: float = 0.0

    def add(self, score: Score) -> None:
        self.answers += 1
        self.low += score.low
        self.high += score.high
        if score.percent is not None:
            self.tenths[round(score.percent * 10)] += 1

    def merge(self, other: "_Scores") -> None:
        self.answers += other.answers
        self.low += other.low
        self.high += other.high
        self.tenths.update(other.tenths)

    def frozen(self) -> Scores:
        scored = self.tenths.total()
        if not self.answers:
            return Scores(answers=0, ungraded=0)
        bars = Counter[int]()
        for tenth, count in self.tenths.items():
            bars[min(tenth * BINS // 1000, BINS - 1)] += count
        return Scores(
            answers=self.answers,
            ungraded=self.answers - scored,
            mean=sum(t * n for t, n in self.tenths.items()) / scored / 10 if scored else None,
            median=_median(self.tenths) / 10 if scored else None,
            low=self.low / self.answers,
            high=self.high / self.answers,
            histogram=tuple(bars[i] for i in range(BINS)),
        )


def _median(counts: Counter[int]) -> float:
    values = sorted(counts)
    upto = list(accumulate(counts[v] for v in values))
    total = upto[-1]
    lower = values[bisect_right(upto, (total - 1) // 2)]
    upper = values[bisect_right(upto, total // 2)]
    return (lower + upper) / 2


@dataclass
class _Question:
    scores: _Scores = field(default_factory=_Scores)
    weights: dict[str, float] = field(default_factory=dict)
    worth: dict[str, float] = field(default_factory=dict)
    lost: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    claims: dict[str, list[int]] = field(default_factory=dict)
    rubrics: set[str] = field(default_factory=set)

    def add(self, grade: Grade) -> None:
        self.scores.add(grade.score)
        self.rubrics.add(grade.digests.rubric)
        cost = costs(grade)
        for point in grade.key_points:
            self.weights[point.id] = point.weight
            self.worth[point.id] = cost[point.id].worth
            self.lost[point.id] += cost[point.id].lost
            self.verdicts[point.id, _name(point)] += 1
        for claim in grade.misconceptions:
            counts = self.claims.setdefault(claim.id, [0, 0])
            counts[0] += claim.asserted is True
            counts[1] += claim.asserted is None

    def frozen(self, name: str) -> QuestionSummary:
        return QuestionSummary(
            id=name,
            scores=self.scores.frozen(),
            key_points=tuple(self._point(name, point) for point in self.weights),
            misconceptions=tuple(
                ClaimSummary(question=name, id=claim, asserted=asserted, unclear=unclear)
                for claim, (asserted, unclear) in self.claims.items()
            ),
            rubrics=len(self.rubrics),
        )

    def _point(self, question: str, point: str) -> PointSummary:
        counts = {verdict: n for (name, verdict), n in self.verdicts.items() if name == point}
        return PointSummary(
            question=question,
            id=point,
            weight=self.weights[point],
            worth=self.worth[point],
            lost=self.lost[point],
            **counts,
        )


def _name(point: PointGrade) -> str:
    return point.verdict.value if point.verdict else "ungraded"


class _Periods:
    """Scores by day; by ever longer periods where the days become too many."""

    def __init__(self) -> None:
        self._unit = 0
        self._scores: dict[date, _Scores] = {}

    def add(self, day: date, score: Score) -> None:
        self._scores.setdefault(_start(day, _UNITS[self._unit]), _Scores()).add(score)
        while len(self._scores) > MOST_PERIODS and self._unit + 1 < len(_UNITS):
            self._unit += 1
            self._regroup()

    def _regroup(self) -> None:
        finer, self._scores = self._scores, {}
        for day, scores in finer.items():
            start = _start(day, _UNITS[self._unit])
            self._scores.setdefault(start, _Scores()).merge(scores)

    def frozen(self) -> tuple[Period, ...]:
        unit = _UNITS[self._unit]
        return tuple(
            Period(start=start, unit=unit, scores=scores.frozen())
            for start, scores in sorted(self._scores.items(), key=lambda item: item[0])
        )


def _start(day: date, unit: Unit) -> date:
    if unit is Unit.WEEK:
        # The first Monday that there is, 0001-01-01, has none before it.
        return day - timedelta(days=day.weekday())
    if unit is Unit.MONTH:
        return day.replace(day=1)
    return day if unit is Unit.DAY else day.replace(month=1, day=1)


class Tally:
    """A session so far: :meth:`add` each record, then ask for the :meth:`summary`."""

    def __init__(self, candidates: int = MOST_CANDIDATES) -> None:
        self._most_candidates = candidates
        self._scores = _Scores()
        self._questions: dict[str, _Question] = {}
        self._candidates: dict[str, _Scores] = {}
        self._causes: Counter[Cause] = Counter()
        self._flags: Counter[str] = Counter()
        self._judges: Counter[tuple[str, str, str]] = Counter()
        self._periods = _Periods()
        self._usage = UsageSummary()
        self._more = self._flagged = self._unsure = 0

    def add(self, grade: Grade) -> None:
        """Counts one record as decided; nothing of it is kept."""
        grade = decided(grade)
        self._scores.add(grade.score)
        self._questions.setdefault(grade.question, _Question()).add(grade)
        self._add_candidate(grade)
        self._periods.add((grade.attempted_at or grade.graded_at).date(), grade.score)
        self._causes.update(p.cause for p in grade.ungraded if p.cause is not None)
        self._flags.update(flag.kind for flag in grade.flags)
        self._flagged += bool(grade.flags)
        self._unsure += any(p.alternative is not None for p in grade.key_points)
        self._judges[_judge(grade.judge)] += 1
        self._usage = _plus(self._usage, grade.usage)

    def _add_candidate(self, grade: Grade) -> None:
        name = grade.candidate
        if name is None:
            return
        if name in self._candidates or len(self._candidates) < self._most_candidates:
            self._candidates.setdefault(name, _Scores()).add(grade.score)
        else:
            self._more += 1

    def summary(self) -> Summary:
        """What the records so far add up to."""
        return Summary(
            scores=self._scores.frozen(),
            questions=tuple(
                self._questions[name].frozen(name)
                for name in sorted(self._questions, key=by_number)
            ),
            candidates=tuple(
                CandidateSummary(name=name, scores=scores.frozen())
                for name, scores in sorted(
                    self._candidates.items(), key=lambda item: by_number(item[0])
                )
            ),
            more_candidates=self._more,
            causes=dict(self._causes.most_common()),
            flagged=self._flagged,
            flags=dict(self._flags.most_common()),
            unsure=self._unsure,
            judges=tuple(
                JudgeSummary(kind=kind, model=model, endpoint=endpoint, answers=count)
                for (kind, model, endpoint), count in self._judges.most_common()
            ),
            usage=self._usage,
            periods=self._periods.frozen(),
        )


def _judge(judge: JudgeInfo) -> tuple[str, str, str]:
    return judge.kind, judge.model, judge.endpoint


def _plus(total: UsageSummary, usage: Usage) -> UsageSummary:
    cost = usage.cost_usd or 0.0
    return UsageSummary(
        input_tokens=total.input_tokens + usage.input_tokens,
        cached_tokens=total.cached_tokens + usage.cached_tokens,
        output_tokens=total.output_tokens + usage.output_tokens,
        calls=total.calls + usage.calls,
        paid_usd=total.paid_usd + (0.0 if usage.from_ledger else cost),
        saved_usd=total.saved_usd + (cost if usage.from_ledger else 0.0),
        unknown_costs=total.unknown_costs + (usage.cost_usd is None),
        from_ledger=total.from_ledger + usage.from_ledger,
    )

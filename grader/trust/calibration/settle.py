"""Where a model and people differ, or people among themselves, for somebody to settle.

Each difference is one key point of one answer, with what everybody gave for it, and what each of
these verdicts would make of the score. Those that decide over a pass come first, then those that
move the score the most. What is settled is a decision as :mod:`grader.decision` knows them: it is
appended to the record, and nothing is overwritten.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grader.decision import decided, latest, with_decisions
from grader.record import Evidence, Grade, Override, Score, Verdict
from grader.scoring import surely_earned, surely_reaches
from grader.session.decide import AnswerDecision, decision_of
from grader.trust.calibration.ratings import Rating, Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings, PointKey


@dataclass(frozen=True)
class GivenVerdict:
    """What one rater, a person or a model, gave for a key point of an answer.

    Attributes:
        rater: a person's name or a model's.
        verdict: None where the model gave none.
        evidence: the places in the answer that the model quoted, or the person marked.
        said: the model's reason or the person's note; often empty.
    """

    rater: str
    is_person: bool
    verdict: Verdict | None
    evidence: tuple[Evidence, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class RatingDifference:
    """One key point of one answer on which not all gave the same.

    Attributes:
        digest: of the answer's text.
        given: models first, then people by name.
        score: as it stands, with what was decided so far.
        outcomes: the score with each verdict that somebody gave.
        pass_mark: per cent; None where nothing is passed.
        decided: what a person decided on it already, or None.
    """

    question: str
    answer_id: str
    digest: str
    candidate: str | None
    key_point: str
    weight: float
    given: tuple[GivenVerdict, ...]
    score: Score
    outcomes: Mapping[Verdict, Score]
    pass_mark: float | None = None
    decided: Override | None = None

    @property
    def key(self) -> PointKey:
        """What it is about."""
        return (self.question, self.answer_id, self.key_point)

    @property
    def proposed(self) -> Verdict | None:
        """The verdict of most people; None where no one verdict has most."""
        return most_given(each.verdict for each in self.given if each.is_person)

    @property
    def changes_pass(self) -> bool:
        """Whether one of the verdicts passes and another does not, or does not surely."""
        if self.pass_mark is None:
            return False
        scores = [self.score, *self.outcomes.values()]
        return len({surely_reaches(score, self.pass_mark) for score in scores}) > 1

    @property
    def moves(self) -> float:
        """Per cent between the least and the greatest score that the verdicts would give."""
        each = [surely_earned(score) for score in (self.score, *self.outcomes.values())]
        return round(max(each) - min(each), 1)


def differences(
    results: ModelGradings,
    ratings: Ratings,
    pass_mark: float | None = None,
    *,
    with_settled: bool = False,
    also: Collection[PointKey] = (),
) -> tuple[RatingDifference, ...]:
    """Returns what there is to settle, the largest in effect on pass or fail, then on the score,
    first.

    Args:
        with_settled: also what a person decided on already.
        also: key points that are wanted though all gave the same, or a person decided.
    """
    people = _by_answer(ratings)
    found = [
        difference
        for key, case in _cases(results).items()
        for difference in case.differences(people.get(key, {}), pass_mark, also)
        if with_settled or difference.decided is None or difference.key in also
    ]
    return tuple(sorted(found, key=_largest_first))


def settle(
    difference: RatingDifference, verdict: Verdict, by: str, why: str, now: datetime | None = None
) -> AnswerDecision:
    """Returns the decision to append, for :func:`grader.session.decide.decide_in_file`.

    Raises:
        BadInput: who or why is empty.
    """
    decision = decision_of(difference.key_point, None, verdict.value, by, why, now)
    return AnswerDecision(difference.answer_id, decision, difference.question)


def score_with(grade: Grade, point: str, verdict: Verdict) -> Score:
    """Returns the score that *grade* would have if *verdict* were decided on *point*."""
    decision = Override(
        key_point=point, verdict=verdict, by="", reason="", at=datetime.min.replace(tzinfo=UTC)
    )
    score = with_decisions(grade, decision).decided
    return grade.score if score is None else score


def most_given(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """Returns the verdict that most gave; None where two are as many, or there is none."""
    counts = Counter(v for v in verdicts if v is not None).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def _largest_first(one: RatingDifference) -> tuple[bool, float, float, str, str, str]:
    return (
        not one.changes_pass,
        -one.moves,
        -one.weight,
        one.question,
        one.answer_id,
        one.key_point,
    )


@dataclass
class _Case:
    """One answer: what each model gave, the first time that it was asked."""

    grades: dict[str, Grade] = field(default_factory=dict)

    def differences(
        self,
        people: Mapping[str, list[Rating]],
        pass_mark: float | None,
        also: Collection[PointKey],
    ) -> Iterator[RatingDifference]:
        first = next(iter(self.grades.values()))
        overrides = latest(o for grade in self.grades.values() for o in grade.overrides)
        score = decided(first).score
        for point in first.key_points:
            given = (*self._models(point.id), *_people(people.get(point.id, [])))
            verdicts = {each.verdict for each in given}
            key = (first.question, first.answer_id, point.id)
            if len(verdicts) < 2 and key not in also:
                continue
            yield RatingDifference(
                question=first.question,
                answer_id=first.answer_id,
                digest=first.digests.answer,
                candidate=first.candidate,
                key_point=point.id,
                weight=point.weight,
                given=given,
                score=score,
                outcomes={v: score_with(first, point.id, v) for v in Verdict if v in verdicts},
                pass_mark=pass_mark,
                decided=overrides.get(point.id),
            )

    def _models(self, point: str) -> Iterator[GivenVerdict]:
        for name, grade in self.grades.items():
            own = next(p for p in grade.key_points if p.id == point)
            yield GivenVerdict(name, False, own.verdict, own.evidence, own.reason)


def _people(ratings: Iterable[Rating]) -> Iterator[GivenVerdict]:
    for rating in sorted(ratings, key=lambda r: r.rater):
        yield GivenVerdict(rating.rater, True, rating.verdict, rating.evidence, rating.note)


def _cases(results: ModelGradings) -> dict[AnswerKey, _Case]:
    cases: dict[AnswerKey, _Case] = {}
    for grade, names in zip(results.grades, results.names, strict=True):
        key = (grade.question, grade.answer_id)
        case = cases.setdefault(key, _Case())
        # Repeats of one model are for its own consistency, not for people to settle
        for name in (n for n in names if " #" not in n):
            case.grades.setdefault(name, grade)
    return {key: case for key, case in cases.items() if case.grades}


def _by_answer(ratings: Ratings) -> dict[AnswerKey, dict[str, list[Rating]]]:
    rated: dict[AnswerKey, dict[str, list[Rating]]] = {}
    for row in ratings.rows:
        if row.key_point is not None and row.verdict is not None:
            of_answer = rated.setdefault((row.question, row.answer_id), {})
            of_answer.setdefault(row.key_point, []).append(row)
    return rated

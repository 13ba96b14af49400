"""Answers to one question that are alike, so that a person settles them with one look.

Alike are answers with the same verdicts, and at a key point those with the same verdict on it and
nearly the same words as evidence, case, spaces and punctuation folded away. It is a rule in code:
the same records always give the same groups.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.decision import Decision, decided, with_decisions
from grader.errors import BadInput
from grader.record import Grade, PointGrade, Score, Verdict
from grader.scoring import surely_earned, surely_reaches
from grader.session.decide import AnswerDecision, decision_of
from grader.text.fold import fold
from grader.text.safe import one_line
from grader.trust.calibration.results import AnswerKey, ModelGradings

_NEAR = 0.7
"""Share of pairs of neighbouring letters, of all in either, from which two quotes are alike."""
_MOST_COMPARED = 2000
"""Different quotes of one verdict; where there are more, only equal ones are alike."""
_SHORT = 60

Pattern = tuple[tuple[str, Verdict | None], ...]
"""Key points with their verdicts."""


@dataclass(frozen=True)
class AlikeAnswers:
    """Answers to one question that are alike.

    Attributes:
        id: names the group: eight hexadecimal digits of what makes it.
        verdicts: what they have in common: of all key points, or of the one that they are
            grouped at, as decided so far.
        quotes: the different words that are the evidence at that key point; none where all
            answers lack any.
        answers: the records, in the order read.
    """

    id: str
    question: str
    verdicts: Pattern
    quotes: tuple[str, ...]
    answers: tuple[Grade, ...]


@dataclass(frozen=True)
class ScoreShift:
    """One answer's score before and after a group was settled, and whether that decides a pass."""

    answer_id: str
    before: Score
    after: Score
    crosses: bool

    @property
    def moved(self) -> bool:
        """Whether the score is another now."""
        return self.before != self.after

    @property
    def by(self) -> float:
        """Per cent that the answer surely earns more, or less below zero."""
        return round(surely_earned(self.after) - surely_earned(self.before), 1)


def alike(
    results: ModelGradings, question: str, point: str | None = None
) -> tuple[AlikeAnswers, ...]:
    """Returns the groups of answers to *question*, the largest first.

    Args:
        point: group by the verdict on this key point and its evidence; None groups by the
            verdicts on all of them.

    Raises:
        BadInput: the results have no such question or key point.
    """
    grades = _first_of_each(results, question)
    if point is None:
        found = _by_pattern(question, grades)
    else:
        _check(results, question, point)
        found = _at_point(question, point, grades)
    return tuple(sorted(found, key=lambda group: (-len(group.answers), group.id)))


def settle_alike(
    group: AlikeAnswers,
    point: str,
    verdict: Verdict,
    by: str,
    why: str,
    pass_mark: float | None = None,
    now: datetime | None = None,
) -> tuple[tuple[AnswerDecision, ...], tuple[ScoreShift, ...]]:
    """Returns one decision for each answer of *group*, and what they make of each score.

    Nothing is written: :func:`grader.session.decide.decide_in_file` appends them.

    Raises:
        BadInput: who or why is empty.
    """
    decision = decision_of(point, None, verdict.value, by, why, now)
    decisions = tuple(AnswerDecision(g.answer_id, decision, g.question) for g in group.answers)
    return decisions, tuple(shift(g, decision, pass_mark) for g in group.answers)


def shift(grade: Grade, decision: Decision, pass_mark: float | None) -> ScoreShift:
    """Returns what *decision* makes of the score of *grade*."""
    before, after = decided(grade).score, decided(with_decisions(grade, decision)).score
    passed = surely_reaches(before, pass_mark), surely_reaches(after, pass_mark)
    return ScoreShift(grade.answer_id, before, after, passed[0] != passed[1])


def _first_of_each(results: ModelGradings, question: str) -> list[Grade]:
    firsts: dict[AnswerKey, Grade] = {}
    for grade in results.grades:
        if grade.question == question:
            firsts.setdefault((grade.question, grade.answer_id), grade)
    if not firsts:
        asked = ", ".join(dict.fromkeys(grade.question for grade in results.grades))
        raise BadInput(f"--q {one_line(question, _SHORT)}: the results are of {asked}")
    return list(firsts.values())


def _check(results: ModelGradings, question: str, point: str) -> None:
    known = results.points[question]
    if point not in known:
        raise BadInput(
            f"--point {one_line(point, _SHORT)}: {question} has {', '.join(known)} in the results"
        )


def _by_pattern(question: str, grades: Iterable[Grade]) -> Iterator[AlikeAnswers]:
    groups: dict[Pattern, list[Grade]] = {}
    for grade in grades:
        pattern = tuple((p.id, p.verdict) for p in decided(grade).key_points)
        groups.setdefault(pattern, []).append(grade)
    for pattern, answers in groups.items():
        yield AlikeAnswers(_id(question, pattern), question, pattern, (), tuple(answers))


def _at_point(question: str, point: str, grades: Sequence[Grade]) -> Iterator[AlikeAnswers]:
    places = {grade.answer_id: place for place, grade in enumerate(grades)}
    by_verdict: dict[Verdict | None, dict[str, list[Grade]]] = {}
    for grade in grades:
        own = next(p for p in decided(grade).key_points if p.id == point)
        by_verdict.setdefault(own.verdict, {}).setdefault(_folded(own), []).append(grade)
    for verdict, by_quote in by_verdict.items():
        for leader, quotes in _clusters(sorted(by_quote)).items():
            pattern: Pattern = ((point, verdict),)
            inside = [grade for quote in quotes for grade in by_quote[quote]]
            answers = tuple(sorted(inside, key=lambda grade: places[grade.answer_id]))
            shown = dict.fromkeys(_quote(grade, point) for grade in answers)
            name = _id(question, pattern, leader)
            told = tuple(quote for quote in shown if quote)
            yield AlikeAnswers(name, question, pattern, told, answers)


def _folded(point: PointGrade) -> str:
    return fold(" ".join(piece.text for piece in point.evidence)).text


def _quote(grade: Grade, point: str) -> str:
    own = next(p for p in grade.key_points if p.id == point)
    return " … ".join(piece.text for piece in own.evidence)


def _clusters(quotes: Sequence[str]) -> dict[str, list[str]]:
    """Each quote with the first one, in their order, that it is alike to."""
    clusters: dict[str, list[str]] = {}
    letters: dict[str, frozenset[str]] = {}
    for quote in quotes:
        pairs = _pairs(quote)
        near = letters.items() if len(quotes) <= _MOST_COMPARED else ()
        leader = next((other for other, its in near if _are_near(pairs, its)), quote)
        clusters.setdefault(leader, []).append(quote)
        if leader == quote:
            letters[quote] = pairs
    return clusters


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[n : n + 2] for n in range(max(1, len(text) - 1)))


def _are_near(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _NEAR * len(one | other)


def _id(question: str, pattern: Pattern, quote: str = "") -> str:
    parts = [question, quote, *(f"{name}={verdict or 'ungraded'}" for name, verdict in pattern)]
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=4).hexdigest()

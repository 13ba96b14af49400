"""An attempt as its page shows it: the words with their marks, key points, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.decision import decided
from grader.judge.base import language as language_of
from grader.record import Grade, Verdict
from grader.report import words
from grader.report.grade_view import ClaimView, GradeView, PointView, view
from grader.report.html.page import AnswerMarks, Segment, segments
from grader.rubric.format import Rubric
from grader.session.exercise import compare
from grader.session.practice import past_attempt
from grader.text.catalogue import words_in
from grader.web.pages import LANG


@dataclass(frozen=True)
class ShownAttempt:
    """One attempt's own words.

    Attributes:
        segments: the text in stretches; None where it is not at hand.
        targets: by the anchor of a mark, the id of what it is evidence for.
        anchors: by the id of a key point or misconception, the anchors of its quotes, ``""`` where
            one is not marked.
    """

    at: datetime
    seen: GradeView
    grade: Grade
    segments: tuple[Segment, ...] | None
    spoken: str
    targets: Mapping[str, str]
    anchors: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ShownPoint:
    """A key point with its verdict at the attempt before, if that is another."""

    point: PointView
    before: str
    """The name of that verdict; empty where it is the same, or there was none."""
    word_before: str


@dataclass(frozen=True)
class ShownResult:
    """The page of one attempt."""

    now: ShownAttempt
    before: ShownAttempt | None
    points: tuple[ShownPoint, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of what a mark may lead to."""
        points = {f"point-{each.point.id}" for each in self.points}
        return frozenset(points | {f"claim-{claim.id}" for claim in self.claims})

    @property
    def open_points(self) -> tuple[ShownPoint, ...]:
        """What is not met."""
        return tuple(each for each in self.points if each.point.verdict != Verdict.MET)

    @property
    def met_points(self) -> tuple[ShownPoint, ...]:
        """What is."""
        return tuple(each for each in self.points if each.point.verdict == Verdict.MET)

    @property
    def claims(self) -> tuple[ClaimView, ...]:
        """The misconceptions that the answer asserts."""
        return self.now.seen.claims


def shown_attempt(
    grade: Grade, rubric: Rubric, text: str | None, language: str, name: str
) -> ShownAttempt:
    """Returns the words of an attempt, marked; *name* tells its anchors from another's."""
    seen = view(grade, rubric, language)
    marks = AnswerMarks(seen, name, text, words_in(language))
    points = {p.id: a for p, a in zip(seen.points, marks.points, strict=True)}
    claims = {c.id: a for c, a in zip(seen.claims, marks.claims, strict=True)}
    targets = {anchor: f"point-{id_}" for id_, all_of in points.items() for anchor in all_of}
    targets |= {anchor: f"claim-{id_}" for id_, all_of in claims.items() for anchor in all_of}
    return ShownAttempt(
        at=grade.attempted_at or grade.graded_at,
        seen=seen,
        grade=decided(grade),
        segments=None if text is None else tuple(segments(text, marks.all)),
        spoken=LANG[language_of(text or "")],
        targets=targets,
        anchors=points | claims,
    )


def shown_result(now: ShownAttempt, before: ShownAttempt | None, language: str) -> ShownResult:
    """Returns what the page of the attempt *now* shows beside the one *before*."""
    say = words_in(language)
    moved: dict[str, Verdict] = {}
    if before is not None:
        change = compare(past_attempt(before.grade), past_attempt(now.grade))
        moved = {point.id: point.before for point in change.points}
    points = tuple(_point(point, moved.get(point.id), say) for point in now.seen.points)
    return ShownResult(now, before, points)


def _point(point: PointView, before: Verdict | None, say: Mapping[str, str]) -> ShownPoint:
    if before is None:
        return ShownPoint(point, "", "")
    return ShownPoint(point, before.value, words.verdict(before, dict(say)))

"""A grade for somebody who wants to try again: hints stand where the missed points would."""

from collections.abc import Mapping
from dataclasses import replace

from grader.record import Grade, Verdict
from grader.report.grade_view import ClaimView, GradeView, PointView, view
from grader.rubric.format import KeyPoint, Rubric
from grader.text.catalogue import words_in


def view_of(grade: Grade, rubric: Rubric | None, language: str, *, hints: bool) -> GradeView:
    """What to say about *grade*; with *hints*, nothing that gives away what was not said.

    With hints, each key point that is not met shows its hint. Reasons, feedback, corrections and
    what people wrote on it are left out, as they tell what was missing.
    """
    seen = view(grade, rubric, language)
    if not hints:
        return seen
    known = {point.id: point for point in rubric.key_points} if rubric else {}
    return replace(
        seen,
        points=tuple(
            point if point.verdict == Verdict.MET else _hinted(point, known, language)
            for point in seen.points
        ),
        claims=tuple(_uncorrected(claim, language) for claim in seen.claims),
        dismissed=(),
        feedback="",
    )


def hinted_rubrics(rubrics: Mapping[str, Rubric], *, hints: bool) -> Mapping[str, Rubric]:
    """*rubrics* for what sums up many answers; with *hints*, every key point reads as its hint."""
    return {name: _all_hinted(rubric) for name, rubric in rubrics.items()} if hints else rubrics


def _hinted(point: PointView, known: Mapping[str, KeyPoint], language: str) -> PointView:
    hint = _hint(known.get(point.id), language)
    return replace(point, claim=hint, reason="", decision="")


def _uncorrected(claim: ClaimView, language: str) -> ClaimView:
    return replace(claim, correction=words_in(language)["no_correction"], reason="", decision="")


def _all_hinted(rubric: Rubric) -> Rubric:
    points = tuple(
        point.model_copy(update={tag: _hint(point, tag) for tag in point.texts})
        for point in rubric.key_points
    )
    return rubric.model_copy(update={"key_points": points})


def _hint(point: KeyPoint | None, language: str) -> str:
    if point is None or point.hint is None:
        return str(words_in(language)["no_hint"])
    return point.hint.text(language)

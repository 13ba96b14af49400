"""A grade for the person who answered: reasons for each key point, and how to contest them.

What stays with the team: the rubric's notes, the words of a key point that was not met where there
is a hint to give instead, who and what judged, and what only helps the reader of the answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from grader.decision import latest
from grader.record import Grade, Override, Verdict
from grader.report.grade_view import ClaimView, GradeView, Passage, PointView
from grader.report.hints import view_of
from grader.rubric.format import KeyPoint, Rubric
from grader.text.catalogue import Catalogue, words_in
from grader.text.fold import fold
from grader.text.safe import one_line

_LEAST_GIVEN_AWAY = 12
"""Folded characters of a note or a claim from which on repeating it gives it away."""


def view_for(
    grade: Grade, rubric: Rubric | None, language: str, *, hints: bool, contact: str | None
) -> GradeView:
    """What to say about *grade*, as :func:`grader.report.hints.view_of`; to whoever answered
    where *contact* is given.

    Args:
        contact: whom to ask for a second look; empty for a neutral sentence, None for a report
            that is not for the person who answered.
    """
    seen = view_of(grade, rubric, language, hints=hints)
    if contact is None:
        return seen
    say = words_in(language)["candidate"]
    known = {point.id: point for point in rubric.key_points} if rubric else {}
    decided = latest(grade.overrides)
    kept = _kept_back(seen.points, known)
    return replace(
        seen,
        points=tuple(
            _point(point, known.get(point.id), decided.get(point.id), kept, say, language)
            for point in seen.points
        ),
        claims=tuple(_claim(claim, kept) for claim in seen.claims),
        dismissed=(),
        unclear=(),
        read_next=tuple(replace(passage, quote=None) for passage in seen.read_next),
        flags=(),
        feedback=_unless_given_away(seen.feedback, kept),
        judge=str(say["judged_by_code" if grade.judge.kind == "code" else "judged"]),
        rubric_changed=False,
        second_look=second_look(contact, language),
    )


def second_look(contact: str, language: str) -> str:
    """Returns how to ask for a second look by a person, of *contact* where somebody is named."""
    say = words_in(language)["candidate"]
    return str(say["second_look"].format(contact=one_line(contact) or say["contact"]))


def _point(
    point: PointView,
    known: KeyPoint | None,
    by: Override | None,
    kept: Iterable[str],
    say: Catalogue,
    language: str,
) -> PointView:
    claim = point.claim
    if point.verdict != Verdict.MET and known is not None and known.hint is not None:
        claim = known.hint.text(language)
    reason, decision = _unless_given_away(point.reason, kept), ""
    if by is not None and point.decision:
        # The judge's reason is for the verdict that was set aside
        reason, why = "", _unless_given_away(one_line(by.reason), kept)
        line = say["decided"].format(date=f"{by.at:%Y-%m-%d}")
        decision = f"{line} {why}".rstrip()
    return replace(
        point,
        claim=claim,
        note=str(say["open"]) if point.verdict == "ungraded" else "",
        reason=reason,
        decision=decision,
        passages=_citations(point.passages),
        opinions="",
        dissent=False,
    )


def _claim(claim: ClaimView, kept: Iterable[str]) -> ClaimView:
    return replace(
        claim,
        reason=_unless_given_away(claim.reason, kept),
        decision="",
        passages=_citations(claim.passages),
    )


def _citations(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    return tuple(replace(passage, quote=None) for passage in passages)


def _kept_back(points: Iterable[PointView], known: Mapping[str, KeyPoint]) -> tuple[str, ...]:
    """What no reason may repeat: all notes, and the claims in whose place a hint stands."""
    texts: list[str] = []
    for point in points:
        rubric = known.get(point.id)
        if rubric is None:
            continue
        notes = rubric.notes
        texts += filter(None, (notes.met, notes.partial, notes.missed, notes.contradicted))
        if point.verdict != Verdict.MET and rubric.hint is not None:
            texts += rubric.texts.values()
    folded = (fold(text).text for text in texts)
    return tuple(text for text in folded if len(text) >= _LEAST_GIVEN_AWAY)


def _unless_given_away(text: str, kept: Iterable[str]) -> str:
    """The text; empty where it repeats what is kept back."""
    folded = fold(text).text
    return "" if any(secret in folded for secret in kept) else text

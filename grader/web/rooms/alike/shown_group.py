"""Groups of answers as pages show them, and what each verdict would make of their scores."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.decision import decided
from grader.judge.base import language as language_of
from grader.record import Grade, Override, Verdict
from grader.report.grade_view import SIGNS
from grader.report.words import verdict
from grader.rubric.format import KeyPoint
from grader.text.catalogue import Catalogue, words_in
from grader.trust.calibration.alike import AlikeAnswers, ScoreShift, settle_alike
from grader.web.pages import LANG
from grader.web.rooms.settle.shown_item import KEYS, answer_name, score_words
from grader.web.team_files import TeamFiles

_NOBODY = "-"
"""Who decides, and why, while it is only looked at what a decision would do."""


@dataclass(frozen=True)
class AnswerInGroup:
    """One answer of a group: its name, the words that are its evidence, and its score."""

    name: str
    quotes: tuple[str, ...]
    score: str
    settled_by: str
    text: str | None
    """The whole of it; None where it is not at hand."""
    spoken: str


def version(group: AlikeAnswers, point: str) -> str:
    """Returns what tells this state of a group from others: who is in it, and decisions so far."""
    told = [f"{g.answer_id}\0{len(overrides_on(g, point))}" for g in group.answers]
    text = "\0".join([group.id, *told]).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def overrides_on(grade: Grade, point: str) -> tuple[Override, ...]:
    """Returns what people decided on a key point of *grade*."""
    return tuple(each for each in grade.overrides if each.key_point == point)


def row(group: AlikeAnswers, language: str) -> dict[str, Any]:
    """Returns what the list of groups shows of one grouped at a key point."""
    value = group.verdicts[0][1]
    kind = value.value if value else "ungraded"
    return {
        "group": group,
        "kind": kind,
        "sign": SIGNS[kind],
        "word": verdict(value, words_in(language)),
        "count": len(group.answers),
    }


def members(
    group: AlikeAnswers, point: str, files: TeamFiles, say: Catalogue
) -> list[AnswerInGroup]:
    """Returns the answers of a group."""
    return [_member(grade, point, files, say) for grade in group.answers]


def choices(
    group: AlikeAnswers,
    point: str,
    files: TeamFiles,
    known: KeyPoint | None,
    say: Catalogue,
    language: str,
) -> list[dict[str, Any]]:
    """Returns each verdict with the scores that it would move."""
    notes = known.notes.model_dump() if known else {}
    return [
        {
            "value": value.value,
            "word": verdict(value, words_in(language)),
            "sign": SIGNS[value.value],
            "key": key,
            "note": notes.get(value.value) or "",
            **moves(
                settle_alike(group, point, value, _NOBODY, _NOBODY, files.pass_mark)[1],
                files.pass_mark,
                say,
            ),
        }
        for value, key in KEYS.items()
        if value is not Verdict.PARTIAL or known is None or not known.binary
    ]


def moves(shifts: Sequence[ScoreShift], pass_mark: float | None, say: Catalogue) -> dict[str, Any]:
    """Returns in words which scores move, those across the pass mark first."""
    moved = sorted((s for s in shifts if s.moved), key=lambda s: (not s.crosses, -abs(s.by)))
    crossing = sum(shift.crosses for shift in moved)
    told = say["moves_crossing"] if pass_mark is not None else say["moves"]
    return {
        "gives": str(told).format(moved=len(moved), all=len(shifts), crossing=crossing),
        "shifts": [
            {
                "name": shift.answer_id,
                "before": score_words(shift.before, pass_mark, say),
                "after": score_words(shift.after, pass_mark, say),
                "crosses": shift.crosses,
            }
            for shift in moved
        ],
    }


def _member(grade: Grade, point: str, files: TeamFiles, say: Catalogue) -> AnswerInGroup:
    own = next(p for p in grade.key_points if p.id == point)
    by, text = overrides_on(grade, point), files.text(grade)
    return AnswerInGroup(
        name=answer_name(grade),
        quotes=tuple(piece.text for piece in own.evidence),
        score=score_words(decided(grade).score, files.pass_mark, say),
        settled_by=by[-1].by if by else "",
        text=text,
        spoken=LANG[language_of(text or "")],
    )

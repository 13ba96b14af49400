"""An answer as its page shows it: text, key points with their notes, and the rater's own words."""

from typing import Any

from grader.judge.base import language as language_of
from grader.rubric.format import KeyPoint, Rubric
from grader.trust.calibration.ratings_kept import KeptRating
from grader.web.pages import LANG
from grader.web.rooms.rate.progress import AnswerState
from grader.web.rooms.rate.shown_text import ShownText

VERDICTS = ("met", "partial", "missed", "contradicted")


def shown_answer(state: AnswerState, rubric: Rubric, language: str) -> dict[str, Any]:
    """Returns what the template of an answer needs, in *language* where the rubric has it."""
    text = ShownText(state.answer.text)
    known = {point.id: point for point in rubric.key_points}
    return {
        "asked": rubric.question.text(language),
        "text": text.shown,
        "spoken": LANG[language_of(text.shown)],
        "points": [_point(id_, known.get(id_), language) for id_ in state.answer.points],
        "claims": [
            {"claim": m.text(language), "correction": m.correction.text(language)}
            for m in rubric.misconceptions
        ],
        "said": [_said(rating, text) for rating in state.ratings],
    }


def _point(name: str, point: KeyPoint | None, language: str) -> dict[str, Any]:
    """A key point that the rubric no longer has is shown by its id."""
    if point is None:
        return {"claim": name, "notes": dict.fromkeys(VERDICTS)}
    notes = point.notes.model_dump()
    given = {v: notes[v] for v in VERDICTS if v != "partial" or not point.binary}
    return {"claim": point.text(language), "notes": given}


def _said(rating: KeptRating | None, text: ShownText) -> dict[str, Any]:
    """What holds of a key point, as the page's script takes and sends it."""
    if rating is None:
        return {"verdict": None, "note": "", "evidence": []}
    places = [text.place(piece) for piece in rating.evidence]
    marked = [{"start": s, "end": e, "text": text.shown[s:e]} for s, e in places if s < e]
    return {"verdict": rating.verdict, "note": rating.note, "evidence": marked}

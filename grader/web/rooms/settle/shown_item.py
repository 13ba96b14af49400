"""One item as its page shows it: who gave what, where in the answer, and what each would do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from grader.judge.base import language as language_of
from grader.record import Grade, Score, Verdict
from grader.report.grade_view import SIGNS, claim_words, question_words
from grader.report.html.page import Mark, segments
from grader.report.words import number, verdict
from grader.rubric.format import KeyPoint
from grader.scoring import surely_reaches
from grader.text.catalogue import Catalogue, words_in
from grader.trust.calibration.settle import GivenVerdict, RatingDifference, score_with
from grader.web.pages import LANG
from grader.web.rooms.settle.items import SettleItem
from grader.web.team_files import TeamFiles

COLOURS = 8
"""How many raters have a colour of their own; beyond, letters alone tell them apart."""
KEYS = {Verdict.MET: 1, Verdict.PARTIAL: 2, Verdict.MISSED: 3, Verdict.CONTRADICTED: 4}


@dataclass(frozen=True)
class Quote:
    """Words that somebody named as evidence; ``anchor`` finds them in the answer, or is empty."""

    text: str
    anchor: str


@dataclass(frozen=True)
class GivenShown:
    """What one rater gave: under a letter and a colour, with the words it rests on."""

    letter: str
    colour: str
    rater: str
    is_person: bool
    kind: str
    """The verdict as a style may name it."""
    word: str
    sign: str
    said: str
    quotes: tuple[Quote, ...]


def shown_item(item: SettleItem, files: TeamFiles, say: Catalogue, language: str) -> dict[str, Any]:
    """Returns what the template of an item needs, in *language* where the rubric has it."""
    d, text = item.difference, files.text(item.grade)
    rubric = files.rubrics.get(d.question)
    known = {p.id: p for p in rubric.key_points}.get(d.key_point) if rubric else None
    given = [_given(each, place, text, language) for place, each in enumerate(d.given)]
    return {
        "asked": question_words(d.question, files.rubrics, language),
        "claim": claim_words(d.question, d.key_point, files.rubrics, language),
        "effect": effect(d, say),
        "stands": score_words(d.score, files.pass_mark, say),
        "given": given,
        "choices": list(_choices(item, files, known, say, language)),
        "text": text,
        "segments": None if text is None else list(segments(text, _marks(d, given))),
        "spoken": LANG[language_of(text or "")],
        "decisions": [
            {"by": o, "word": verdict(o.verdict, words_in(language))} for o in item.decisions
        ],
    }


def effect(difference: RatingDifference, say: Catalogue) -> str:
    """Returns in words what hangs on the key point: a pass, or so much of the score.

    Empty where all gave the same, so that nothing is at odds.
    """
    if difference.changes_pass:
        passes = surely_reaches(difference.score, difference.pass_mark)
        return str(say["passes_only" if passes else "fails_only"])
    if difference.moves:
        return str(say["moves"]).format(by=number(difference.moves))
    return str(say["moves_nothing"]) if len(difference.outcomes) > 1 else ""


def score_words(score: Score, pass_mark: float | None, say: Catalogue) -> str:
    """Returns a score, an interval where it is one, and whether it passes."""
    if score.percent is None or score.low != score.high:
        line = f"{number(score.low)}–{number(score.high)} %"
    else:
        line = f"{number(score.percent)} %"
    if pass_mark is None:
        return line
    return f"{line}, {say['passes' if surely_reaches(score, pass_mark) else 'fails']}"


def _choices(
    item: SettleItem, files: TeamFiles, known: KeyPoint | None, say: Catalogue, language: str
) -> Iterator[dict[str, Any]]:
    point, notes = item.difference.key_point, known.notes.model_dump() if known else {}
    words = words_in(language)
    for value, key in KEYS.items():
        if value is Verdict.PARTIAL and known is not None and known.binary:
            continue
        score = score_with(item.grade, point, value)
        yield {
            "value": value.value,
            "word": verdict(value, words),
            "sign": SIGNS[value.value],
            "key": key,
            "gives": score_words(score, files.pass_mark, say),
            "note": notes.get(value.value) or "",
        }


def _given(given: GivenVerdict, place: int, text: str | None, language: str) -> GivenShown:
    letter = _letter(place)
    quotes = tuple(
        Quote(e.text, f"{letter}-{n}" if _is_there(e.start, e.end, e.text, text) else "")
        for n, e in enumerate(given.evidence, start=1)
    )
    kind = given.verdict.value if given.verdict else "ungraded"
    return GivenShown(
        letter=letter,
        colour=f"rater-{place}" if place < COLOURS else "rater-more",
        rater=given.rater,
        is_person=given.is_person,
        kind=kind,
        word=verdict(given.verdict, words_in(language)),
        sign=SIGNS[kind],
        said=given.said,
        quotes=quotes,
    )


def _marks(difference: RatingDifference, shown: Iterable[GivenShown]) -> Iterator[Mark]:
    for given, look in zip(difference.given, shown, strict=True):
        for piece, quote in zip(given.evidence, look.quotes, strict=True):
            if quote.anchor:
                label = f"{look.letter} {look.rater}"
                yield Mark(piece.start, piece.end, look.colour, label, look.letter, quote.anchor)


def _is_there(start: int, end: int, words: str, text: str | None) -> bool:
    return text is not None and bool(words) and text[start:end] == words


def _letter(place: int) -> str:
    """``A`` to ``Z``, then ``A2`` and so on."""
    return chr(ord("A") + place % 26) + (str(place // 26 + 1) if place >= 26 else "")


def answer_name(grade: Grade) -> str:
    """Returns what an answer is called among people: who gave it, where known, and its id."""
    return f"{grade.candidate} · {grade.answer_id}" if grade.candidate else grade.answer_id

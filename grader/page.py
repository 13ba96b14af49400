"""A session as one HTML file that needs nothing else: no script, no network.

Everything that is not written in a template passes through autoescape, and characters that could
steer or hide are shown by name. The answers are rendered one after the other into a file beside
the page, so that memory does not grow with their number.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TextIO

from markupsafe import Markup

from grader import chart, figures, totals
from grader.atomic import new_file
from grader.catalogue import Catalogue, words_in
from grader.highlight import Mark, segments
from grader.judge import language as language_of
from grader.paper import LANG, environment, frame
from grader.record import Evidence, Grade, Verdict
from grader.rubric import Rubric
from grader.summary import Summary
from grader.tally import Tally
from grader.view import SIGNS, GradeView, claim_words, question_words, view

TextOf = Callable[[Grade], str | None]
"""Gives the answer that was graded; None where it is not at hand."""

_CHUNK = 64 * 1024
_VERDICTS = (*(verdict.value for verdict in Verdict), "ungraded")


def write(
    path: Path,
    grades: Iterable[Grade],
    rubrics: Mapping[str, Rubric],
    answers: TextOf,
    language: str,
    title: str | None = None,
) -> Summary:
    """Writes the page to *path*, whole or not at all, and returns what the session adds up to.

    Args:
        path: the file to make or replace.
        grades: the records in the order wanted; taken once, one at a time.
        rubrics: by question id; a question without one is shown by its ids.
        answers: the text of a graded answer. A text that is not the one that was graded is not
            shown: the quotes stand alone.
        language: ``en`` or ``zh``.
        title: the page's heading; a general one where None.

    Raises:
        Failed: the extra ``report`` is not installed.
        BadInput: the file cannot be written.
    """
    chart.need_extra()
    tally = Tally()
    with (
        new_file(path) as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=path.parent) as spool,
    ):
        for number, grade in enumerate(grades, start=1):
            tally.add(grade)
            rubric = rubrics.get(grade.question)
            spool.writelines(answer(grade, rubric, answers(grade), language, number))
        spool.seek(0)
        summary = tally.summary()
        out.writelines(_page(summary, rubrics, _chunks(spool), language, title))
    return summary


def _chunks(spool: TextIO) -> Iterator[Markup]:
    while chunk := spool.read(_CHUNK):
        yield Markup(chunk)  # noqa: S704  (rendered by the template of an answer)


def _page(
    summary: Summary,
    rubrics: Mapping[str, Rubric],
    answers: Iterable[Markup],
    language: str,
    title: str | None,
) -> Iterator[str]:
    catalogue = words_in(language)
    say = catalogue["report"]
    return (
        environment(language)
        .get_template("page.html.j2")
        .generate(
            **frame(language),
            title=title or say["title"],
            summary=summary,
            when=_when(summary),
            charts=figures.charts(summary, rubrics, language),
            weakest=summary.weakest(),
            misconceptions=summary.misconceptions(),
            question=partial(question_words, rubrics=rubrics, language=language),
            claim=partial(claim_words, rubrics=rubrics, language=language),
            usage=totals.usage(summary.usage, say),
            verdict_names=_VERDICTS,
            signs=SIGNS,
            answers=answers,
            words=catalogue,
            say=say,
        )
    )


def _when(summary: Summary) -> str:
    days = [str(period.start) for period in summary.periods]
    return " – ".join(dict.fromkeys([days[0], days[-1]])) if days else ""


def answer(
    grade: Grade, rubric: Rubric | None, text: str | None, language: str, number: int
) -> Iterator[str]:
    """The part of a page about one answer, in pieces; *number* tells it from the others."""
    seen, name = view(grade, rubric, language), f"answer-{number}"
    changed = text is not None and _digest(text) != grade.digests.answer
    known = None if changed else text
    catalogue = words_in(language)
    marks = _Marks(seen, name, known, catalogue)
    return (
        environment(language)
        .get_template("answer.html.j2")
        .generate(
            id=name,
            grade=grade,
            seen=seen,
            doubtful=bool(grade.ungraded or seen.unclear or any(p.note for p in seen.points)),
            segments=None if known is None else segments(known, marks.all),
            changed=changed,
            spoken=LANG[language_of(known or "")],
            anchors=marks.points,
            claim_anchors=marks.claims,
            words=catalogue,
            say=catalogue["report"],
        )
    )


class _Marks:
    """What is marked in an answer, and by which anchors it is found.

    A quote is marked only where the answer really has it.
    """

    def __init__(self, seen: GradeView, name: str, text: str | None, catalogue: Catalogue) -> None:
        self.all: list[Mark] = []
        self.points: list[list[str]] = []
        self.claims: list[list[str]] = []
        self._text, say = text, catalogue["report"]
        for point in seen.points:
            label = f"{point.number} {point.word}: {point.claim}"
            base = (point.verdict, label, str(point.number), f"{name}-p{point.number}")
            self.points.append(self._evidence(point.evidence, *base))
        for number, claim in enumerate(seen.claims, start=1):
            label = say["misconception_mark"].format(claim=claim.claim)
            base = ("held", label, "✗", f"{name}-m{number}")
            self.claims.append(self._evidence(claim.evidence, *base))
        for flag in seen.flags:
            label = say["flag"].format(kind=say["flag_kinds"][flag.kind])
            self.all.append(Mark(flag.start, flag.end, "flag", label))

    def _evidence(
        self, pieces: Iterable[Evidence], kind: str, label: str, number: str, name: str
    ) -> list[str]:
        anchors = []
        for index, piece in enumerate(pieces, start=1):
            found = self._text is not None and self._text[piece.start : piece.end] == piece.text
            anchors.append(f"{name}-{index}" if found and piece.text else "")
            if anchors[-1]:
                self.all.append(Mark(piece.start, piece.end, kind, label, number, anchors[-1]))
        return anchors


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"

"""A session as one HTML file that needs nothing else: no script, no network.

Everything that is not written in a template passes through autoescape, and characters that could
steer or hide are shown by name. An answer is cut at the edges of what is marked in it, so that
marks may overlap. The answers are rendered one after the other into a file beside the page, so
that memory does not grow with their number.
"""

import hashlib
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader import __version__
from grader.decision import decided
from grader.judge.base import language as language_of
from grader.record import Evidence, Grade, Verdict
from grader.report import words
from grader.report.candidate import view_for
from grader.report.grade_view import SIGNS, GradeView, claim_words, question_words
from grader.report.hints import hinted_rubrics
from grader.report.html import charts
from grader.rubric.format import Rubric
from grader.session.summary import PointSummary, Summary
from grader.session.tally import Tally
from grader.text.catalogue import Catalogue, words_in
from grader.text.language import interface
from grader.text.safe import one_line, plain
from grader.util.files import new_file

LANG = {"en": "en", "zh": "zh-CN"}
"""Languages of pages as HTML names them."""
_TEMPLATES = Path(__file__).with_name("templates")


@cache
def environment(language: str) -> Environment:
    """The templates, which escape whatever is not written in them."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    say = words_in(language)["report"]
    made.filters |= {
        "number": words.percent,
        "mean": partial(words.mean, say=say),
        "dollars": words.dollars,
        "cost_more": partial(words.cost_more, say=say),
        "line": one_line,
        "newlines": _newlines,
        "minute": _minute,
    }
    return made


@dataclass(frozen=True)
class BackLink:
    """Where a page leads back to that is shown within an application."""

    address: str
    words: str


def frame(language: str, *more_styles: str, back: BackLink | None = None) -> dict[str, object]:
    """What ``base.html.j2`` needs beside a title.

    Args:
        more_styles: names of style sheets that the page adds to the shared one.
        back: stands above the heading; None for a page that is a file of its own.
    """
    names = ("style.css", *more_styles)
    style = "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    return {
        "lang": LANG[interface(language)],
        "style": Markup(style),  # noqa: S704  (our own files)
        "style_digest": f"sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}",
        "version": __version__,
        "made": words_in(language)["report"]["made"],
        "back": back,
    }


def _visible(value: object) -> object:
    """What a template puts out: no character that steers or hides, whoever wrote it."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M %Z}".rstrip()


@dataclass(frozen=True)
class Mark:
    """A marked stretch of a text: code points ``start`` to ``end``, the end not included."""

    start: int
    end: int
    kind: str
    """What it is, as a word that a style may use."""
    label: str
    """What it is, for people."""
    number: str = ""
    """The number shown after it."""
    anchor: str = ""
    """The name by which a link finds it; unique in its page."""


@dataclass(frozen=True)
class Segment:
    """A stretch of text between two edges, with every mark that covers it."""

    text: str
    marks: tuple[Mark, ...] = ()
    starting: tuple[Mark, ...] = ()
    """Those of ``marks`` that begin here."""
    ending: tuple[Mark, ...] = ()
    """Those of ``marks`` that end here."""

    @property
    def kinds(self) -> str:
        """The kinds of the marks, each once."""
        return " ".join(dict.fromkeys(mark.kind for mark in self.marks))

    @property
    def label(self) -> str:
        """The labels of the marks, each once."""
        return "; ".join(dict.fromkeys(mark.label for mark in self.marks))

    @property
    def numbers(self) -> str:
        """The numbers of the marks that end here, each once."""
        return ",".join(dict.fromkeys(mark.number for mark in self.ending if mark.number))


def segments(text: str, marks: Iterable[Mark]) -> Iterator[Segment]:
    """*text* in stretches that share their marks; put together they are *text*.

    Marks that reach beyond the text are cut, empty ones are left out.
    """
    inside = [m for m in marks if 0 <= m.start < min(m.end, len(text))]
    inside.sort(key=lambda m: (m.start, -m.end))
    edges = {0, len(text)} | {m.start for m in inside} | {min(m.end, len(text)) for m in inside}
    places = sorted(edges)
    covering: list[Mark] = []
    upcoming = iter(inside)
    following = next(upcoming, None)
    for start, end in pairwise(places):
        covering = [m for m in covering if m.end > start]
        while following is not None and following.start == start:
            covering.append(following)
            following = next(upcoming, None)
        yield Segment(
            text[start:end],
            tuple(covering),
            tuple(m for m in covering if m.start == start),
            tuple(m for m in covering if min(m.end, len(text)) == end),
        )


TextOf = Callable[[Grade], str | None]
"""Gives the answer that was graded; None where it is not at hand."""

_CHUNK = 64 * 1024
_VERDICTS = (*(verdict.value for verdict in Verdict), "ungraded")


def write_page(
    path: Path,
    grades: Iterable[Grade],
    rubrics: Mapping[str, Rubric],
    answers: TextOf,
    language: str,
    title: str | None = None,
    *,
    hints: bool = False,
    back: BackLink | None = None,
) -> Summary:
    """Writes the page to *path*, whole or not at all, and returns what the session adds up to.

    Args:
        path: the file to make or replace.
        grades: the records in the order wanted; taken once, one at a time.
        rubrics: by question id; a question without one is shown by its ids.
        answers: the text of a graded answer. A text that is not the one that was graded is not
            shown: the quotes stand alone.
        language: a tag; the words around the texts are English, or Chinese.
        title: the page's heading; a general one where None.
        hints: a hint stands in place of each key point that is not met.
        back: where the page leads back to; None for a file of its own.

    Raises:
        Failed: the extra ``report`` is not installed.
        BadInput: the file cannot be written.
    """
    charts.need_extra()
    tally = Tally()
    with (
        new_file(path) as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=path.parent) as spool,
    ):
        for number, grade in enumerate(grades, start=1):
            tally.add(grade)
            rubric = rubrics.get(grade.question)
            text = answers(grade)
            spool.writelines(answer_page(grade, rubric, text, language, number, hints=hints))
        spool.seek(0)
        summary = tally.summary()
        shown = hinted_rubrics(rubrics, hints=hints)
        out.writelines(_page(summary, shown, _chunks(spool), language, title, back))
    return summary


def _chunks(spool: TextIO) -> Iterator[Markup]:
    while chunk := spool.read(_CHUNK):
        yield Markup(chunk)  # noqa: S704  (rendered by the template of an answer)


def _spoken(text: str, rubric: Rubric | None) -> str:
    """The language of the answer: the rubric's, where that has neither English nor Chinese."""
    tags = list(rubric.question.texts) if rubric else []
    return tags[0] if tags and LANG.keys().isdisjoint(tags) else LANG[language_of(text)]


def _importance(point: PointSummary, summary: Summary, say: Catalogue) -> str:
    among = {p.weight for q in summary.questions if q.id == point.question for p in q.key_points}
    if point.worth != point.weight:
        return f"×{words.number(point.worth)}"
    return words.importance(point.weight, among, say)


def _page(
    summary: Summary,
    rubrics: Mapping[str, Rubric],
    answers: Iterable[Markup],
    language: str,
    title: str | None,
    back: BackLink | None,
) -> Iterator[str]:
    catalogue = words_in(language)
    say = catalogue["report"]
    return (
        environment(language)
        .get_template("page.html.j2")
        .generate(
            **frame(language, back=back),
            title=title or say["title"],
            summary=summary,
            when=_when(summary),
            charts=charts.charts(summary, rubrics, language),
            weakest=summary.weakest(),
            misconceptions=summary.misconceptions(),
            question=partial(question_words, rubrics=rubrics, language=language),
            claim=partial(claim_words, rubrics=rubrics, language=language),
            importance=partial(_importance, summary=summary, say=catalogue),
            usage=words.usage(summary.usage, say),
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


def answer_page(
    grade: Grade,
    rubric: Rubric | None,
    text: str | None,
    language: str,
    number: int,
    *,
    hints: bool = False,
    contact: str | None = None,
) -> Iterator[str]:
    """The part of a page about one answer, in pieces; *number* tells it from the others.

    With a *contact* it is for the person who answered: see
    :func:`grader.report.candidate.view_for`.
    """
    seen = view_for(grade, rubric, language, hints=hints, contact=contact)
    settled = decided(grade)
    name = f"answer-{number}"
    changed = text is not None and _digest(text) != grade.digests.answer
    known = None if changed else text
    catalogue = words_in(language)
    marks = AnswerMarks(seen, name, known, catalogue)
    return (
        environment(language)
        .get_template("answer.html.j2")
        .generate(
            id=name,
            grade=settled,
            seen=seen,
            doubtful=bool(settled.ungraded or seen.unclear or any(p.note for p in seen.points)),
            segments=None if known is None else segments(known, marks.all),
            changed=changed,
            spoken=_spoken(known or "", rubric),
            anchors=marks.points,
            claim_anchors=marks.claims,
            words=catalogue,
            say=catalogue["report"],
        )
    )


class AnswerMarks:
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

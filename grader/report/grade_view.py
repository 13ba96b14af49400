"""What a report says about one grade, in one language; every kind of report only dresses it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from grader.decision import decided
from grader.record import Evidence, Grade, MisconceptionGrade, PointGrade, Verdict
from grader.report import words
from grader.rubric.format import KeyPoint, Misconception, Rubric, Source
from grader.text.catalogue import words_in
from grader.text.flags import Flag

SIGNS = {"met": "✓", "partial": "◐", "missed": "○", "contradicted": "✗", "ungraded": "?"}
"""A sign for each verdict, so that none is told by its colour alone."""

LONGEST_EVIDENCE = 400
"""Characters of a quote that reports show."""
LONGEST_PLACE = 80
"""Characters of a flagged place, or one that was set aside, that reports show."""


@dataclass(frozen=True)
class Passage:
    """Something to read: a citation and, where it is on the web, its address."""

    citation: str
    url: str | None
    quote: str | None = None


@dataclass(frozen=True)
class PointView:
    """One key point of a graded answer. ``number`` counts from 1 within the answer."""

    number: int
    id: str
    claim: str
    weight: float
    importance: str
    """What the weight stands for, in words."""
    verdict: str
    """The verdict's name, or ``ungraded``."""
    word: str
    note: str
    """Why the verdict is missing or unsure; often empty."""
    reason: str
    evidence: tuple[Evidence, ...]
    passages: tuple[Passage, ...]
    decision: str = ""
    """What the judge gave and which people decided otherwise, when and why; empty where none."""
    opinions: str = ""
    """What each of several judges gave; empty where one judged."""
    dissent: bool = False
    """Whether they differ."""

    @property
    def sign(self) -> str:
        """The verdict's sign."""
        return SIGNS[self.verdict]

    @property
    def shortfall(self) -> str:
        """The reason of a verdict that is not ``met``, which alone short reports give.

        Where a person decided it is in the decision: the judge's is that of another verdict.
        """
        return "" if self.verdict == Verdict.MET or self.decision else self.reason

    @property
    def to_read(self) -> tuple[Passage, ...]:
        """The passages behind a point that was not met, which short reports give under it."""
        return () if self.verdict == Verdict.MET else self.passages


@dataclass(frozen=True)
class ClaimView:
    """One misconception that the answer asserts."""

    id: str
    claim: str
    correction: str
    reason: str
    penalty: float
    evidence: tuple[Evidence, ...]
    passages: tuple[Passage, ...]
    decision: str = ""
    """What the judge gave and which people decided on it, when and why; empty where none."""


@dataclass(frozen=True)
class GradeView:
    """One graded answer."""

    question: str
    """The question's words, or its id where the rubric is not at hand."""
    score: str
    points: tuple[PointView, ...]
    claims: tuple[ClaimView, ...]
    unclear: tuple[str, ...]
    """Ids of the misconceptions that nobody could say about whether they are asserted."""
    read_next: tuple[Passage, ...]
    flags: tuple[Flag, ...]
    set_aside: tuple[tuple[str, str], ...]
    """What was not judged: why and where, and the words."""
    feedback: str
    judge: str
    dismissed: tuple[ClaimView, ...]
    """Misconceptions that people decided are not asserted, where the judge did not say so."""
    rubric_changed: bool
    """The rubric at hand is not the one that the answer was graded against."""
    second_look: str = ""
    """How to ask for a second look, to the person who answered; else empty."""


def view(grade: Grade, rubric: Rubric | None, language: str) -> GradeView:
    """What to say about *grade* in *language*, with words of ours in English or Chinese.

    Where *rubric* is None or no longer has a key point, its id stands for its words.
    """
    say = words_in(language)
    settled = decided(grade)
    points = _points(grade, settled, rubric, language)
    claims = _claims(grade, settled, rubric, language)
    return GradeView(
        question=rubric.question.text(language) if rubric else grade.question,
        score=words.score_line(settled.score, say),
        points=points,
        claims=tuple(view for view, held in claims if held),
        unclear=tuple(m.id for m in settled.misconceptions if m.asserted is None),
        read_next=_read_next(points),
        flags=grade.flags,
        set_aside=tuple((words.set_aside(p, say), p.text) for p in grade.set_aside),
        feedback=grade.feedback,
        judge=words.judge_line(grade, say),
        dismissed=tuple(view for view, held in claims if not held and view.decision),
        rubric_changed=rubric is not None and rubric.digest != grade.digests.rubric,
    )


def question_words(question: str, rubrics: Mapping[str, Rubric], language: str) -> str:
    """The question in words; its id where *rubrics* lack it."""
    rubric = rubrics.get(question)
    return rubric.question.text(language) if rubric else question


def claim_words(question: str, name: str, rubrics: Mapping[str, Rubric], language: str) -> str:
    """The key point or misconception *name* in words; its id where *rubrics* lack it."""
    rubric = rubrics.get(question)
    if rubric is None:
        return name
    known = {one.id: one.text(language) for one in rubric.key_points}
    known |= {one.id: one.text(language) for one in rubric.misconceptions}
    return known.get(name, name)


def web_address(url: str | None) -> str | None:
    """*url* where it is a plain web address, else None: nothing else becomes a link."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def _points(
    grade: Grade, settled: Grade, rubric: Rubric | None, language: str
) -> tuple[PointView, ...]:
    """The key points as decided in *settled*, with what the judge gave in *grade* beside it."""
    known = {point.id: point for point in rubric.key_points} if rubric else {}
    say, weights = words_in(language), {point.weight for point in grade.key_points}
    return tuple(
        PointView(
            number=number,
            id=point.id,
            claim=_claim(point, known.get(point.id), language),
            weight=point.weight,
            importance=words.importance(point.weight, weights, say),
            verdict=point.verdict.value if point.verdict else "ungraded",
            word=words.verdict(point.verdict, say),
            note=words.doubt(point, say, in_full=True),
            reason=point.reason,
            evidence=point.evidence,
            passages=_passages(known.get(point.id), rubric),
            decision=words.decision(grade, judged, say),
            opinions=words.opinions(judged, say),
            dissent=len({opinion.verdict for opinion in point.opinions}) > 1,
        )
        for number, (judged, point) in enumerate(
            zip(grade.key_points, settled.key_points, strict=True), start=1
        )
    )


def _claims(
    grade: Grade, settled: Grade, rubric: Rubric | None, language: str
) -> tuple[tuple[ClaimView, bool], ...]:
    """The misconceptions that the judge or people do not deny, each with whether it is decided to
    be asserted."""
    known = {claim.id: claim for claim in rubric.misconceptions} if rubric else {}
    say = words_in(language)
    each = zip(grade.misconceptions, settled.misconceptions, strict=True)
    return tuple(
        (
            ClaimView(
                id=held.id,
                claim=_claim(held, known.get(held.id), language),
                correction=_correction(held, known.get(held.id), language),
                reason=held.reason,
                penalty=held.penalty,
                evidence=held.evidence,
                passages=_passages(known.get(held.id), rubric),
                decision=words.claim_decision(grade, judged, say),
            ),
            bool(held.asserted),
        )
        for judged, held in each
        if held.asserted or (held.asserted is False and judged.asserted is not False)
    )


def _claim(
    graded: PointGrade | MisconceptionGrade,
    known: KeyPoint | Misconception | None,
    language: str,
) -> str:
    return graded.id if known is None else known.text(language)


def _correction(held: MisconceptionGrade, known: Misconception | None, language: str) -> str:
    """The correction in *language*; as recorded where the rubric no longer has it so."""
    # The record keeps it in the answer's language alone, which need not be the report's.
    if known is None or held.correction not in ("", *known.correction.wordings):
        return held.correction
    return known.correction.text(language)


def _passages(known: KeyPoint | Misconception | None, rubric: Rubric | None) -> tuple[Passage, ...]:
    if known is None or rubric is None:
        return ()
    return tuple(_passage(source, rubric) for source in known.sources)


def _passage(source: Source, rubric: Rubric) -> Passage:
    return Passage(rubric.citation(source), web_address(rubric.address(source)), source.quote)


def _read_next(points: Iterable[PointView]) -> tuple[Passage, ...]:
    """The passages on the web behind every key point that was not met, each once."""
    found = {
        (passage.citation, passage.url): Passage(passage.citation, passage.url)
        for point in points
        if point.verdict != Verdict.MET
        for passage in point.passages
        if passage.url
    }
    return tuple(found.values())

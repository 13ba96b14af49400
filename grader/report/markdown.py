"""Grades as Markdown. Text from answers and replies stays text: no HTML, link, image or table."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from grader.record import Evidence, Grade
from grader.report.candidate import view_for
from grader.report.grade_view import (
    LONGEST_EVIDENCE,
    LONGEST_PLACE,
    ClaimView,
    GradeView,
    Passage,
    PointView,
    claim_words,
    question_words,
)
from grader.report.hints import hinted_rubrics, view_of
from grader.report.words import cost, mean, number
from grader.rubric.format import Rubric
from grader.session.summary import Summary
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import one_line

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$!]|^[-+=#>]|^\d+(?=[.)](?: |$))")
# A name with a dot: some renderers make a link of it unless the dot is escaped.
_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
# Starts of addresses, people's names and issue numbers: code hosts make links and messages of
# them after the escapes are gone, so something must stand between.
_LIVE = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\\?\.)|(?<=[@#])(?=\w)", re.IGNORECASE)
_JOINER = "&#8288;"
"""The word joiner: shows nothing, and allows no break."""


def escape(text: str, longest: int | None = None) -> str:
    """*text* on one line that Markdown shows as it is, cut to *longest* characters.

    Control, bidirectional and invisible characters are shown as ``\\u{...}``.
    """
    line = _MARKUP.sub(_escaped, one_line(text, longest))
    return _LIVE.sub(_JOINER, _DOT.sub(r"\\.", line))


def _escaped(found: re.Match[str]) -> str:
    # "1." at the start of a line is a list: there the dot is what must be escaped.
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def grade_markdown(
    result: Grade,
    rubric: Rubric | None,
    language: str,
    *,
    hints: bool = False,
    contact: str | None = None,
) -> str:
    """One graded answer as Markdown: score, key points with evidence, what to read next.

    Args:
        result: the record.
        rubric: what it was graded against; None shows ids in place of words.
        language: ``en`` or ``zh``.
        hints: a hint stands in place of each key point that is not met.
        contact: see :func:`grader.report.candidate.view_for`.
    """
    seen = view_for(result, rubric, language, hints=hints, contact=contact)
    return "\n".join(_grade(seen, language, "##")).rstrip() + "\n"


def _grade(seen: GradeView, language: str, heading: str) -> Iterator[str]:
    say = words_in(language)
    yield f"{heading} {escape(seen.question)}\n\n**{escape(seen.score)}**\n"
    if seen.rubric_changed:
        yield f"*{say['report']['rubric_changed']}*\n"
    for point in seen.points:
        yield from _point(point, say)
    yield ""
    yield from _rest(seen, say, heading + "#")


def _rest(seen: GradeView, say: Catalogue, heading: str) -> Iterator[str]:
    if seen.claims:
        yield f"{heading} {say['misconceptions']}\n"
    for claim in seen.claims:
        yield from _claim(claim, say)
    if seen.unclear:
        yield f"\n{escape(say['unclear_misconceptions'].format(ids=', '.join(seen.unclear)))}"
    if seen.dismissed:
        yield f"\n{heading} {say['report']['dismissed']}\n"
    for claim in seen.dismissed:
        yield f"- {escape(claim.claim)}\n  - {escape(claim.decision)}"
    if seen.read_next:
        yield f"\n{heading} {say['read_next']}\n"
        yield from (f"- {_link(passage)}" for passage in seen.read_next)
    yield from (f"\n{escape(line)}" for line in seen.feedback.splitlines() if line.strip())
    yield from _places(seen, say, heading)
    yield f"\n*{escape(seen.judge)}*"
    if seen.second_look:
        yield f"\n{heading} {say['candidate']['contest']}\n\n{escape(seen.second_look)}"


def _places(seen: GradeView, say: Catalogue, heading: str) -> Iterator[str]:
    if seen.flags:
        yield f"\n{heading} {say['flags']}\n"
    for flag in seen.flags:
        kind = say["report"]["flag_kinds"][flag.kind]
        place = f" [{flag.start}:{flag.end}]" if flag.end else ""
        yield f"- {kind}{place} {escape(flag.text, LONGEST_PLACE)}".rstrip()
    if seen.set_aside:
        yield f"\n{heading} {say['set_aside']}\n"
    yield from (f"- {escape(why)} {escape(text, LONGEST_PLACE)}" for why, text in seen.set_aside)


def _point(point: PointView, say: Catalogue) -> Iterator[str]:
    yield f"- {point.sign} **{point.word}** ×{point.weight} {escape(point.claim)}"
    yield from _quotes(point.evidence)
    if point.note:
        yield f"  - {escape(point.note)}"
    if point.dissent:
        yield f"  - {escape(point.opinions)}"
    if point.shortfall:
        yield f"  - {escape(point.shortfall)}"
    yield from _to_read(point.to_read, say)
    if point.decision:
        yield f"  - {escape(point.decision)}"


def _claim(claim: ClaimView, say: Catalogue) -> Iterator[str]:
    yield f"- ✗ {escape(claim.claim)}"
    yield from _quotes(claim.evidence)
    yield f"  - → {escape(claim.correction)}"
    yield from _to_read(claim.passages, say)
    if claim.decision:
        yield f"  - {escape(claim.decision)}"


def _to_read(passages: Sequence[Passage], say: Catalogue) -> Iterator[str]:
    if passages:
        yield f"  - {say['read'].format(passages='; '.join(map(_link, passages)))}"


def _quotes(evidence: Iterable[Evidence]) -> Iterator[str]:
    return (f"  - “{escape(piece.text, LONGEST_EVIDENCE)}”" for piece in evidence)


def _link(passage: Passage) -> str:
    if passage.url is None:
        return escape(passage.citation)
    address = passage.url.translate({ord(c): f"%{ord(c):02X}" for c in "<>\\`\"' "})
    return f"[{escape(passage.citation)}](<{address}>)"


def session_markdown(
    summary: Summary,
    grades: Iterable[Grade],
    rubrics: Mapping[str, Rubric],
    language: str,
    *,
    hints: bool = False,
) -> Iterator[str]:
    """A session as Markdown, in pieces to be written one after the other.

    Args:
        summary: what *grades* add up to.
        grades: the records, taken once and not kept.
        rubrics: by question id; a question without one is shown by its ids.
        language: ``en`` or ``zh``.
        hints: a hint stands in place of each key point that is not met.
    """
    say = words_in(language)["report"]
    yield f"# {say['title']}\n\n"
    yield from (f"{line}\n" for line in _overview(summary, say))
    yield from _questions(summary, rubrics, language)
    yield from _weakest(summary, hinted_rubrics(rubrics, hints=hints), language)
    yield f"\n## {say['answers']}\n"
    for result in grades:
        who = " · ".join(escape(n) for n in (result.answer_id, result.candidate) if n)
        seen = view_of(result, rubrics.get(result.question), language, hints=hints)
        lines = _grade(seen, language, "####")
        yield f"\n### {who}\n\n" + "\n".join(lines).rstrip() + "\n"


def _overview(summary: Summary, say: Catalogue) -> Iterator[str]:
    scores = summary.scores
    yield f"- {say['answers_count'].format(count=scores.answers)}"
    yield f"- {say['mean']}: **{mean(scores, say)}**"
    for count, name in (
        (scores.ungraded, "without_score"),
        (summary.unsure, "unsure_answers"),
        (summary.flagged, "flagged"),
    ):
        if count:
            yield f"- {count} {say[name]}"
    yield f"- {say['cost']}: {cost(summary.usage, say)}"


def _questions(summary: Summary, rubrics: Mapping[str, Rubric], language: str) -> Iterator[str]:
    say = words_in(language)["report"]
    yield f"\n## {say['by_question']}\n\n"
    yield f"| {say['question']} | {say['count']} | {say['mean']} |\n| --- | ---: | ---: |\n"
    for question in summary.questions:
        name = escape(question_words(question.id, rubrics, language))
        scores = question.scores
        yield f"| {name} | {scores.answers} | {mean(scores, say)} |\n"


def _weakest(summary: Summary, rubrics: Mapping[str, Rubric], language: str) -> Iterator[str]:
    say = words_in(language)
    if weakest := summary.weakest():
        yield f"\n## {say['report']['weakest']}\n\n"
    for point in weakest:
        claim = claim_words(point.question, point.id, rubrics, language)
        yield f"- {say['met']} {point.met}/{point.graded} ×{number(point.worth)} {escape(claim)}\n"
    if causes := summary.causes:
        yield f"\n## {say['report']['ungraded_points']}\n\n"
    for cause, count in causes.items():
        yield f"- {count} {say['causes'][cause.value]}\n"

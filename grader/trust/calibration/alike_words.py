"""Groups of answers that are alike, for the terminal, and what settling one of them moved."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.record import Score
from grader.report.blocks import Block, Heading, Line
from grader.report.grade_view import SIGNS
from grader.report.words import number, verdict
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import one_line
from grader.trust.calibration import words
from grader.trust.calibration.alike import AlikeAnswers, ScoreShift
from grader.trust.calibration.settle_words import cut_at_options, typed

_MOST_IDS = 6
_MOST_QUOTES = 3
_QUOTED = 200


def alike_blocks(
    groups: Sequence[AlikeAnswers], point: str | None, results: Path, most: int, language: str
) -> Iterator[Block]:
    """What is printed of the first *most* groups; at a key point with the command for each."""
    say, verdicts = words.catalogue(language)["alike"], words_in(language)
    answers = sum(len(group.answers) for group in groups)
    title = say["title"].format(answers=answers, groups=len(groups), question=groups[0].question)
    yield Heading(title)
    for place, group in enumerate(groups[:most], start=1):
        yield from _group(group, place, say, verdicts)
        if point is not None:
            yield Line(_command(group, point, results), indent=3)
    if len(groups) > most:
        yield Line(f"\n{say['more'].format(count=len(groups) - most)}", "note")


def shift_blocks(shifts: Sequence[ScoreShift], language: str) -> Iterator[Block]:
    """Which answers' scores a decision on a group moved, those across the pass mark first."""
    say = words.catalogue(language)["alike"]
    moved = sorted((s for s in shifts if s.moved), key=lambda s: (not s.crosses, -abs(s.by)))
    crossing = sum(s.crosses for s in shifts)
    counts = {"count": len(shifts), "moved": len(moved), "crossing": crossing}
    yield Line(say["settled"].format(**counts))
    for each in moved:
        line = f"{words.name(each.answer_id)}: {_score(each.before)} → {_score(each.after)}"
        mark = f" {say['crosses']}" if each.crosses else ""
        yield Line(line + mark, "strong" if each.crosses else "plain", indent=2)


def _group(group: AlikeAnswers, place: int, say: Catalogue, verdicts: Catalogue) -> Iterator[Block]:
    count = words.counted(say["answers"], len(group.answers))
    yield Heading(f"{place}. {group.id}  {count}")
    if len(group.verdicts) == 1:
        ((_, given),) = group.verdicts
        yield Line(f"{SIGNS[given or 'ungraded']} {verdict(given, verdicts)}", indent=3)
    else:
        signs = (f"{SIGNS[given or 'ungraded']} {name}" for name, given in group.verdicts)
        yield Line("  ".join(signs), indent=3)
    for quote in group.quotes[:_MOST_QUOTES]:
        yield Line(f"“{one_line(quote, _QUOTED)}”", "note", indent=3)
    if (more := len(group.quotes) - _MOST_QUOTES) > 0:
        yield Line(say["more_quotes"].format(count=more), "note", indent=3)
    ids = ", ".join(words.name(grade.answer_id) for grade in group.answers[:_MOST_IDS])
    rest = len(group.answers) - _MOST_IDS
    yield Line(ids + (f", … +{rest}" if rest > 0 else ""), indent=3)


def _command(group: AlikeAnswers, point: str, results: Path) -> str:
    return cut_at_options(
        f"grade calibrate alike {typed(str(results))}",
        f"--q {typed(group.question)}",
        f"--point {typed(point)}",
        f"--group {group.id}",
        "--verdict V",
        "--by NAME",
        "--why TEXT",
    )


def _score(score: Score) -> str:
    if score.percent is None:
        return f"{number(score.low)}–{number(score.high)} %"
    return f"{number(score.percent)} %"

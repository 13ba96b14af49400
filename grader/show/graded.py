"""One graded answer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from grader import words
from grader.catalogue import Catalogue, words_in
from grader.plain import one_line, plain
from grader.record import Grade, MisconceptionGrade, PointGrade, Verdict
from grader.rubric import KeyPoint, Rubric
from grader.show.terminal import hung

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_STYLE = {
    Verdict.MET: ("✓", "green"),
    Verdict.PARTIAL: ("◐", "yellow"),
    Verdict.MISSED: ("○", "dim"),
    Verdict.CONTRADICTED: ("✗", "red"),
    None: ("?", "magenta"),
}
_LONGEST_EVIDENCE = 400


def grade(result: Grade, rubric: Rubric, language: str, out: "Console") -> None:
    """Prints one grade: score, key points with evidence, misconceptions, what to read next."""
    say = words_in(language)
    for part in _parts(result, rubric, language, say):
        out.print(part)


def _parts(
    result: Grade, rubric: Rubric, language: str, say: Catalogue
) -> "Iterable[RenderableType]":
    from rich.text import Text

    yield Text(getattr(rubric.question, language), style="bold")
    yield Text(words.score_line(result.score, say), style="bold")
    yield _points_table(result, rubric, language, say)
    yield from _misconceptions(result, rubric, language, say)
    yield from _reading(result, rubric, say)
    if result.feedback:
        yield Text(f"\n{plain(result.feedback)}")
    yield from _flags(result, say)
    yield from _set_aside(result, say)
    yield Text(f"\n{words.judge_line(result, say)}", style="dim")


def _points_table(result: Grade, rubric: Rubric, language: str, say: Catalogue) -> "Table":
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), expand=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    texts = {point.id: point for point in rubric.key_points}
    for point in result.key_points:
        table.add_row(
            _verdict(point, say),
            f"×{point.weight}",
            _explained(point, texts[point.id], language, say),
        )
    return table


def _verdict(point: PointGrade, say: Catalogue) -> "Text":
    from rich.text import Text

    sign, style = _STYLE[point.verdict]
    return Text(f"{sign} {words.verdict(point.verdict, say)}", style=style)


def _explained(point: PointGrade, key_point: KeyPoint, language: str, say: Catalogue) -> "Text":
    from rich.text import Text

    text = Text(getattr(key_point, language))
    for piece in point.evidence:
        text.append(f"\n“{one_line(piece.text, _LONGEST_EVIDENCE)}”", style="cyan")
    if note := words.doubt(point, say):
        text.append(f"\n{note}", style="magenta")
    if point.reason and point.verdict != Verdict.MET:
        text.append(f"\n{one_line(point.reason)}", style="dim")
    return text


def _misconceptions(
    result: Grade, rubric: Rubric, language: str, say: Catalogue
) -> "Iterable[RenderableType]":
    from rich.text import Text

    claims = {claim.id: claim for claim in rubric.misconceptions}
    held = [m for m in result.misconceptions if m.asserted]
    if held:
        yield Text(f"\n{say['misconceptions']}", style="bold red")
    for found in held:
        text = Text(getattr(claims[found.id], language))
        text.append(_quoted(found), style="cyan")
        correction = getattr(claims[found.id].correction, language)
        text.append(f"\n→ {one_line(correction)}", style="green")
        yield hung("✗", text, "red")
    if unclear := [m.id for m in result.misconceptions if m.asserted is None]:
        yield Text(say["unclear_misconceptions"].format(ids=", ".join(unclear)), style="magenta")


def _quoted(found: MisconceptionGrade) -> str:
    return "".join(f"\n“{one_line(e.text, _LONGEST_EVIDENCE)}”" for e in found.evidence)


def _reading(result: Grade, rubric: Rubric, say: Catalogue) -> "Iterable[RenderableType]":
    from rich.text import Text

    passages = words.passages(result, rubric)
    if passages:
        yield Text(f"\n{say['read_next']}", style="bold")
    for passage in passages:
        yield hung("•", Text(passage))


def _set_aside(result: Grade, say: Catalogue) -> "Iterable[Text]":
    from rich.text import Text

    if result.set_aside:
        yield Text(f"\n{say['set_aside']}", style="bold yellow")
    for piece in result.set_aside:
        line = f"• {words.set_aside(piece, say)} {one_line(piece.text, 80)}"
        yield Text(line, style="yellow")


def _flags(result: Grade, say: Catalogue) -> "Iterable[Text]":
    from rich.text import Text

    if result.flags:
        yield Text(f"\n{say['flags']}", style="bold yellow")
    for flag in result.flags:
        place = f"{flag.kind} [{flag.start}:{flag.end}]"
        yield Text(f"• {place} {one_line(flag.text, 80)}", style="yellow")

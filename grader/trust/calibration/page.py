"""The report as one HTML file that needs nothing else: no script, no network."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grader.record import Verdict
from grader.report.grade_view import SIGNS, claim_words, question_words
from grader.report.html import charts
from grader.report.html.page import BackLink, Mark, Segment, environment, frame, segments
from grader.rubric.format import Rubric
from grader.text.catalogue import words_in
from grader.trust.calibration import words
from grader.trust.calibration.finding import Calibration, Disagreement, PointDiagnosis
from grader.trust.calibration.page_figures import figures
from grader.trust.calibration.rasch_words import rasch_rows
from grader.trust.calibration.team_words import team_lines
from grader.trust.calibration.terminal import group_row
from grader.trust.calibration.values import AdjustedScore, LevelAgreement, Pair
from grader.trust.calibration.words import Words, figure, name, plain, share, signed
from grader.util.files import new_file

MOST_DISAGREEMENTS = 100
_MOST_ADJUSTED = 15
_LEAST_MOVED = 0.05  # per cent; less is not seen in what is printed
_SHADES = 5

Texts = Mapping[str, str]
"""Answers' texts by their digest."""


def write(
    path: Path,
    report: Calibration,
    rubrics: Mapping[str, Rubric],
    texts: Texts,
    language: str,
    back: BackLink | None = None,
) -> None:
    """Writes the page to *path*, whole or not at all.

    Args:
        rubrics: by question id; a question without one is shown by its ids.
        texts: the answers that are at hand; of others the quotes stand alone.
        language: ``en`` or ``zh``.
        back: where the page leads back to; None for a file of its own.

    Raises:
        Failed: the extra ``report`` is not installed.
        BadInput: the file cannot be written.
    """
    charts.need_extra()
    with new_file(path) as out:
        out.writelines(_page(report, rubrics, texts, language, back))


def _page(
    report: Calibration,
    rubrics: Mapping[str, Rubric],
    texts: Texts,
    language: str,
    back: BackLink | None,
) -> Iterator[str]:
    say = words.catalogue(language)
    shown = report.disagreements[:MOST_DISAGREEMENTS]
    question = partial(question_words, rubrics=rubrics, language=language)
    claim = partial(claim_words, rubrics=rubrics, language=language)
    return (
        environment(language)
        .get_template("calibration.html.j2")
        .generate(
            **frame(language, "calibration.css", back=back),
            title=say["title"],
            subtitle=words.subtitle(report, say),
            say=say,
            page=say["page"],
            words=words_in(language),
            report=report,
            overall=[d for d in report.decisions if d.question is None],
            by_question=[d for d in report.decisions if d.question is not None],
            charts=list(figures(report, say)),
            matrix=_matrix(report.pairs),
            points=words.standing_out(report),
            point_rows=[_point_row(point, claim, say) for point in report.points],
            reworded=partial(_reworded, rubrics=rubrics),
            disagreements=[
                _Shown(one, number, texts, claim, say) for number, one in enumerate(shown, 1)
            ],
            more=len(report.disagreements) - len(shown),
            group_rows=lambda table: [group_row(row, say) for row in table.rows],
            adjusted=_moved(report)[:_MOST_ADJUSTED],
            figure_rows=[row for level in report.levels for row in _figure_rows(level, say)],
            question=question,
            claim=claim,
            signs=SIGNS,
            reasons=partial(words.reasons, say=say),
            based=partial(words.based, say=say),
            check_line=partial(words.check_line, say=say),
            point_line=partial(words.point_line, say=say),
            excluded=words.excluded(report, say),
            rasch_rows=rasch_rows(report, say),
            team=list(team_lines(report, say)),
            constant=words.constant_raters(report, say),
            figure_words=partial(figure, say=say),
        )
    )


def _moved(report: Calibration) -> list[AdjustedScore]:
    """The answers whose score hangs on who rated them, those that move most first."""
    moved = [a for a in report.adjusted if abs(a.adjusted - a.mean) >= _LEAST_MOVED]
    return sorted(moved, key=lambda a: -abs(a.adjusted - a.mean))


@dataclass(frozen=True)
class Cell:
    """One cell of the rater matrix; ``shade`` 0 to 4 by exact agreement, None without any."""

    exact: str
    qwk: str
    n: int
    shade: int | None


def _matrix(pairs: Iterable[Pair]) -> dict[str, dict[str, Cell]]:
    """Rows and columns are raters; both halves are filled, the diagonal is not."""
    found: dict[str, dict[str, Cell]] = {}
    for pair in pairs:
        value = pair.exact.value
        shade = None if value is None else min(int(value * _SHADES), _SHADES - 1)
        exact = "–" if value is None else f"{100 * value:.0f}"
        qwk = "–" if pair.qwk.value is None else f"{pair.qwk.value:.2f}".replace("-", "−")
        cell = Cell(exact, qwk, pair.exact.n, shade)
        found.setdefault(pair.first, {})[pair.second] = cell
        found.setdefault(pair.second, {})[pair.first] = cell
    return found


def _point_row(
    point: PointDiagnosis, claim: Callable[[str, str], str], say: Words
) -> tuple[str, ...]:
    worst = min((e.value for e in point.models_agree.values() if e.value is not None), default=None)
    return (
        f"{point.question}: {claim(point.question, point.id)}",
        share(point.humans_agree.value, say),
        plain(point.humans_ac1.value, say),
        share(worst, say),
        share(point.met.value, say),
        share(point.flips.value, say),
        "; ".join(say["labels"][label.value] for label in point.labels),
    )


def _reworded(point: PointDiagnosis, rubrics: Mapping[str, Rubric]) -> str:
    """The rubric's line to reword, in the rubric's words; empty where it is not at hand."""
    rubric = rubrics.get(point.question)
    found = next((p for p in rubric.key_points if p.id == point.id), None) if rubric else None
    if found is None or point.reword is None:
        return ""
    return found.text("en") if point.reword == "claim" else getattr(found.notes, point.reword) or ""


def _figure_rows(level: LevelAgreement, say: Words) -> Iterator[tuple[str, ...]]:
    where = say["levels"][level.name.value]
    where = f"{level.question}: {where}" if level.question else where
    for model in level.models:
        for statistic, own in model.agreement.items():
            less = model.degradation.get(statistic)
            people = level.human.get(statistic)
            yield (
                where if len(level.models) == 1 else f"{where}, {name(model.model)}",
                say["statistics"][statistic.value],
                "" if people is None else figure(people, say),
                figure(own, say),
                "" if less is None or less.value is None else signed(less.value, say, 2),
                str(own.n),
            )


class _Shown:
    """One disagreement with the answer's text and the model's evidence marked in it."""

    def __init__(
        self,
        one: Disagreement,
        number: int,
        texts: Texts,
        claim: Callable[[str, str], str],
        say: Words,
    ) -> None:
        self.one, self.id = one, f"disagreement-{number}"
        self.text = texts.get(one.digest)
        self.effect = str(say["effects"][one.effect.value])
        self.claims = {point.id: claim(one.question, point.id) for point in one.points}
        scores = list(one.human_scores.values())
        self.humans = sum(scores) / len(scores) if scores else None

    def segments(self) -> Iterator[Segment]:
        """The text cut at the edges of the evidence; a quote is marked where the text has it."""
        text = self.text or ""
        marks = [
            Mark(piece.start, piece.end, (point.model or Verdict.MISSED).value, point.id, str(n))
            for n, point in enumerate(self.one.points, start=1)
            for piece in point.evidence
            if text[piece.start : piece.end] == piece.text
        ]
        return segments(text, marks)

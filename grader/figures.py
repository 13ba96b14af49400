"""The charts of a page, each with its text alternative and the numbers behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from grader import chart
from grader.catalogue import Catalogue, words_in
from grader.rubric import Rubric
from grader.summary import BINS, PointSummary, Scores, Summary
from grader.totals import mean, percent
from grader.view import claim_words, question_words

_MOST_ROWS = 6
"""Questions in one heat map: more are dealt out to several, side by side where there is room."""


@dataclass(frozen=True)
class Figure:
    """One chart."""

    name: str
    title: str
    note: str
    alternative: str
    """The chart in words."""
    drawings: tuple[Markup, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures_from: int
    """The first column of numbers."""


def charts(summary: Summary, rubrics: Mapping[str, Rubric], language: str) -> list[Figure]:
    """The charts that *summary* has enough for.

    Raises:
        Failed: the extra ``report`` is not installed.
    """
    chart.need_extra()
    say = words_in(language)["report"]
    if not summary.scores.answers:
        return []
    made = [_distribution(summary.scores, say)]
    if len(summary.periods) > 1:
        made.append(_progress(summary, say))
    return [*made, _heat_map(summary, rubrics, language)]


def _drawing(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704  (made by the chart library, which escapes its texts)


def _distribution(scores: Scores, say: Catalogue) -> Figure:
    width = 100 // BINS
    bars = [(i * width, (i + 1) * width, n) for i, n in enumerate(scores.histogram)]
    told = (say["distribution_bar"].format(low=a, high=b, count=n) for a, b, n in bars if n)
    return Figure(
        name="distribution",
        title=say["distribution"],
        note="" if scores.median is None else say["distribution_note"],
        alternative=say["distribution_alt"].format(
            count=scores.answers - scores.ungraded, bars="; ".join(told)
        ),
        drawings=(_drawing(chart.distribution(scores)),),
        heads=(f"{say['score']} %", say["count"]),
        rows=tuple((f"{low}–{high}", str(count)) for low, high, count in bars),
        figures_from=1,
    )


def _progress(summary: Summary, say: Catalogue) -> Figure:
    rows = tuple(
        (str(p.start), mean(p.scores, say), str(p.scores.answers)) for p in summary.periods
    )
    told = (say["progress_point"].format(start=row[0], mean=row[1]) for row in rows)
    unit = say["units"][summary.periods[0].unit.value]
    return Figure(
        name="progress",
        title=say["progress"],
        note="",
        alternative=say["progress_alt"].format(unit=unit, points="; ".join(told)),
        drawings=(_drawing(chart.progress(summary.periods)),),
        heads=(say["from"], say["mean"], say["count"]),
        rows=rows,
        figures_from=1,
    )


def _heat_map(summary: Summary, rubrics: Mapping[str, Rubric], language: str) -> Figure:
    say = words_in(language)
    names = {q.id: question_words(q.id, rubrics, language) for q in summary.questions}
    rows = ceil(len(names) / ceil(len(names) / _MOST_ROWS))
    parts = [summary.questions[at : at + rows] for at in range(0, len(names), rows)]
    counted = ("met", "partial", "missed", "contradicted", "ungraded")
    return Figure(
        name="heat",
        title=say["report"]["heat_map"],
        note=say["report"]["heat_map_note"],
        alternative=say["report"]["heat_map_alt"],
        drawings=tuple(_drawing(chart.heat_map(part, names)) for part in parts),
        heads=(
            say["report"]["question"],
            say["report"]["key_point"],
            f"{say['met']} %",
            *(say[name] for name in counted),
        ),
        rows=tuple(_point_rows(summary, names, rubrics, language)),
        figures_from=2,
    )


def _point_rows(
    summary: Summary, names: Mapping[str, str], rubrics: Mapping[str, Rubric], language: str
) -> Iterator[tuple[str, ...]]:
    for question in summary.questions:
        for point in question.key_points:
            claim = claim_words(question.id, point.id, rubrics, language)
            yield names[question.id], claim, _share(point), *map(str, point.counts)


def _share(point: PointSummary) -> str:
    return "?" if point.share_met is None else percent(100 * point.share_met)

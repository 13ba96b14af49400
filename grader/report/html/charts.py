"""The charts of a page as static SVG, each with its text alternative and the numbers behind it.

The one module that imports altair. Colours are the custom properties of the page that a chart is
set into, so that one chart serves light, dark and paper.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from markupsafe import Markup

from grader.errors import Failed
from grader.report.grade_view import claim_words, question_words
from grader.report.words import mean, percent
from grader.rubric.format import Rubric
from grader.session.summary import BINS, Period, PointSummary, QuestionSummary, Scores, Summary
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import one_line

if TYPE_CHECKING:
    import altair as alt

    Chart = alt.LayerChart | alt.FacetChart | alt.Chart

WIDTH = 340
"""Pixels: what a telephone shows without scaling."""

_INK, _MUTED, _LINE = "var(--ink)", "var(--muted)", "var(--line)"
_ACCENT, _PAPER = "var(--accent)", "var(--paper)"
STYLE: dict[str, Any] = {
    "background": "transparent",
    "padding": 4,
    "font": "sans-serif",
    "view": {"continuousWidth": 300, "continuousHeight": 300, "stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": _MUTED,
        "labelFontSize": 11,
        "labelPadding": 6,
    },
    "axisY": {"grid": True, "gridColor": _LINE},
}
"""Of every chart."""
VEGA_LITE = "6.4"
"""The version that altair writes."""
_HEIGHT = 150
_BAND = 44
_YEAR = 366
_MOSTLY_MET = 0.75
# No cell is of a middle tone, on which neither light nor dark figures can be read (WCAG AA).
_OPACITY = {0.0: 0.04, _MOSTLY_MET - 0.001: 0.45, _MOSTLY_MET: 0.85, 1.0: 1.0}
_LONGEST_NAME = 52
"""In Latin letters; a Chinese character takes the room of two."""


def distribution(scores: Scores) -> str:
    """Bars of the answers by tens of per cent, with a rule at the median, as SVG."""
    import altair as alt

    width = 100 // BINS
    bars = [{"low": i * width, "n": n} for i, n in enumerate(scores.histogram)]
    x = alt.X(
        "low:Q",
        bin="binned",
        title=None,
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(values=list(range(0, 101, 20))),
    )
    counts = alt.Axis(tickMinStep=1, tickCount=4, format="d")
    drawn = (
        alt.Chart(alt.InlineData(values=[{**b, "high": b["low"] + width} for b in bars]))
        .mark_bar(color=_ACCENT, binSpacing=2)
        .encode(x=x, x2="high:Q", y=alt.Y("n:Q", title=None, axis=counts))
    )
    if scores.median is not None:
        rule = alt.Chart(alt.InlineData(values=[{"at": scores.median}])).mark_rule(
            color=_INK, strokeDash=[3, 3], strokeWidth=1.5
        )
        drawn = alt.layer(drawn, rule.encode(x="at:Q"))
    return _svg(drawn.properties(width=WIDTH - 40, height=_HEIGHT))


def progress(periods: Sequence[Period]) -> str:
    """The mean score over time, in a band of what is certain, as SVG.

    A period without a single scored answer has a band but no point on the line.
    """
    import altair as alt

    rows = [{"at": p.start.isoformat(), **p.scores.model_dump()} for p in periods]
    x = alt.X(
        "at:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format=_form(periods), tickCount=5, labelFlush=True, labelOverlap=True),
    )
    percent = alt.Scale(domain=[0, 100])
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x)
    band = base.mark_area(color=_ACCENT, opacity=0.16).encode(
        y=alt.Y("low:Q", title=None, scale=percent, axis=alt.Axis(tickCount=5)), y2="high:Q"
    )
    line = base.transform_filter("datum.mean !== null").encode(y=alt.Y("mean:Q", scale=percent))
    drawn = alt.layer(
        band,
        line.mark_line(color=_ACCENT, strokeWidth=2),
        line.mark_point(color=_ACCENT, filled=True, opacity=1, size=40),
    )
    return _svg(drawn.properties(width=WIDTH - 40, height=_HEIGHT))


def heat_map(questions: Sequence[QuestionSummary], names: Mapping[str, str]) -> str:
    """A row for each question, a cell for each key point with the per cent that make it, as SVG.

    Args:
        questions: the rows.
        names: what to call a question, by its id.
    """
    import altair as alt

    rows = alt.Scale(paddingInner=0.5, paddingOuter=0)
    x = alt.X("column:O", title=None, axis=None, scale=alt.Scale(paddingInner=0.06, paddingOuter=0))
    y = alt.Y("row:O", title=None, axis=None, scale=rows)
    base = alt.Chart(alt.InlineData(values=_cells(questions))).encode(x=x, y=y)
    squares = base.mark_rect(fill=_ACCENT, stroke=_LINE, strokeWidth=1, cornerRadius=3).encode(
        fillOpacity=alt.FillOpacity(
            "share:Q",
            legend=None,
            scale=alt.Scale(domain=list(_OPACITY), range=list(_OPACITY.values())),
        )
    )
    dark = f"datum.share >= {_MOSTLY_MET}"
    numbers = base.mark_text(fontSize=11).encode(
        text="label:N",
        color=alt.condition(dark, alt.value(_PAPER), alt.value(_INK)),
    )
    heads = _heads([names.get(q.id, q.id) for q in questions], rows)
    height = _BAND * len(questions)
    return _svg(alt.layer(squares, numbers, heads).properties(width=WIDTH, height=height))


def _cells(questions: Sequence[QuestionSummary]) -> list[dict[str, object]]:
    return [
        {
            "row": row,
            "column": column,
            "share": point.share_met,
            "label": "?" if point.share_met is None else f"{100 * point.share_met:.0f}",
        }
        for row, question in enumerate(questions)
        for column, point in enumerate(question.key_points)
    ]


def _heads(names: Sequence[str], rows: "alt.Scale") -> "alt.Chart":
    import altair as alt

    titles = [{"row": row, "title": _short(name)} for row, name in enumerate(names)]
    y = alt.Y("row:O", axis=None, scale=rows, bandPosition=0)
    drawn: alt.Chart = (
        alt.Chart(alt.InlineData(values=titles))
        .mark_text(align="left", baseline="bottom", dy=-4, color=_MUTED, fontSize=11)
        .encode(x=alt.value(0), y=y, text="title:N")
    )
    return drawn


def _form(periods: Sequence[Period]) -> str:
    """How to write the days, in every language: months and days, years and months, or years."""
    days = (periods[-1].start - periods[0].start).days
    return "%m-%d" if days < _YEAR else "%Y-%m" if days < 4 * _YEAR else "%Y"


def _short(name: str) -> str:
    room, kept = _LONGEST_NAME, ""
    for char in one_line(name):
        room -= 2 if east_asian_width(char) in "WF" else 1
        if room < 0:
            return f"{kept}…"
        kept += char
    return kept


def of_spec(spec: Mapping[str, object]) -> str:
    """A chart given as a Vega-Lite specification, in the style of the others, as SVG."""
    # Without altair: importing it takes as long as drawing the charts of a page.
    return _render({**spec, "config": STYLE})


def need_extra() -> None:
    """Makes sure that charts can be drawn, before anything long is begun.

    Raises:
        Failed: the extra ``report`` is not installed.
    """
    if not all(map(find_spec, ("altair", "vl_convert"))):
        raise Failed("reports need the extra `report`: pip install 'answer-grader[report]'")


def _svg(drawn: "Chart") -> str:
    return _render({**drawn.to_dict(), "config": STYLE})


def _render(spec: dict[str, Any]) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
    # The page says what the chart shows; these would say it again, in English.
    return re.sub(r' (?:aria-[a-z]+|role|xmlns:xlink|class)="[^"]*"', "", svg)


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
    need_extra()
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
        drawings=(_drawing(distribution(scores)),),
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
        drawings=(_drawing(progress(summary.periods)),),
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
        drawings=tuple(_drawing(heat_map(part, names)) for part in parts),
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

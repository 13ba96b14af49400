"""The charts of a calibration as Vega-Lite specifications.

:mod:`grader.report.html.charts` draws them.

Colours are the custom properties of the page, so that one chart serves light, dark and paper.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from grader.report.html.charts import WIDTH
from grader.text.safe import one_line
from grader.trust.calibration.finding import PassMark
from grader.trust.calibration.values import BlandAltmanPoint, Estimate, RaterSeverity, Spread

Spec = dict[str, Any]

_INK, _MUTED, _ACCENT = "var(--ink)", "var(--muted)", "var(--accent)"
_PAPER = "var(--paper)"
_GOOD, _BAD = "var(--met)", "var(--contradicted)"
_ROW = 48
_BAND = 16
_SCORES = {"axis": {"values": [0, 20, 40, 60, 80, 100]}, "scale": {"domain": [0, 100]}}
_HEIGHT = 190
_PLOT = WIDTH - 40
_LONGEST = 28
_FEW_TENTHS = 0.4


def forest(rows: Sequence[tuple[str, Estimate, Estimate]], line: float) -> Spec:
    """Models' agreement as dots with intervals, people's as a band behind, a rule at the line.

    Args:
        rows: name, the model's figure, the people's.
    """
    values = [
        {
            "row": number,
            "name": _short(name),
            "low": model.low,
            "high": model.high,
            "value": model.value,
            "from": people.low,
            "to": people.high,
        }
        for number, (name, model, people) in enumerate(rows)
        if model.value is not None
    ]
    figures = [edge for _, *two in rows for one in two for edge in (one.low, one.value)]
    start = min([line - 0.05, *(edge for edge in figures if edge is not None)])
    ticks = _ticks(start)
    x = {
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [ticks[0], 1]},
        # Flush labels would be pushed into their neighbours at both ends.
        "axis": {"values": ticks, "labelFlush": False, "format": ".1f"},
    }
    y = {"field": "row", "type": "ordinal", "axis": None}
    band = {
        "mark": {"type": "bar", "color": _ACCENT, "opacity": 0.2, "height": _BAND},
        "encoding": {"x": {**x, "field": "from"}, "x2": {"field": "to"}, "y": y},
    }
    whisker = {
        "mark": {"type": "rule", "color": _INK, "strokeWidth": 1.5},
        "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
    }
    dot = {
        "mark": {"type": "point", "filled": True, "color": _INK, "size": 55, "opacity": 1},
        "encoding": {"x": {**x, "field": "value"}, "y": y},
    }
    layers = [band, _rule("x", line, x), whisker, dot, *_names(y)]
    return _layers(values, layers, _PLOT, _ROW * max(len(values), 1))


def severity(rows: Sequence[RaterSeverity]) -> Spec:
    """Each rater's leniency as a dot with its interval, a rule at zero; models are diamonds."""
    values = [
        {
            "row": number,
            "name": _short(one.rater),
            "low": one.points.low,
            "high": one.points.high,
            "value": one.points.value,
            "kind": one.kind,
        }
        for number, one in enumerate(rows)
    ]
    x = {"type": "quantitative", "title": None, "axis": {"tickCount": 6}}
    y = {"field": "row", "type": "ordinal", "axis": None}
    whisker = {
        "mark": {"type": "rule", "color": _INK, "strokeWidth": 1.5},
        "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y},
    }
    shapes = {"domain": ["human", "model"], "range": ["circle", "diamond"]}
    dot = {
        "mark": {"type": "point", "filled": True, "color": _ACCENT, "size": 70, "opacity": 1},
        "encoding": {
            "x": {**x, "field": "value"},
            "y": y,
            "shape": {"field": "kind", "type": "nominal", "scale": shapes, "legend": None},
        },
    }
    layers = [_rule("x", 0, x), whisker, dot, *_names(y)]
    return _layers(values, layers, _PLOT, _ROW * len(values))


def bland_altman(points: Sequence[BlandAltmanPoint], figures: Mapping[str, Estimate]) -> Spec:
    """Differences by mean score, with rules at ``bias``, ``low`` and ``high``.

    Thousands of dots would be megabytes of page; answers on one spot are one dot, larger.
    """
    counts: dict[tuple[float, float], int] = {}
    for point in points:
        place = (round(point.mean), round(point.difference))
        counts[place] = counts.get(place, 0) + 1
    values = [{"mean": m, "difference": d, "n": n} for (m, d), n in counts.items()]
    x = {"field": "mean", "type": "quantitative", "title": None, **_SCORES}
    y = {"type": "quantitative", "title": None}
    size = {"field": "n", "type": "quantitative", "legend": None, "scale": {"range": [14, 160]}}
    dots = {
        "mark": {"type": "point", "filled": True, "color": _ACCENT, "opacity": 0.45},
        "encoding": {"x": x, "y": {**y, "field": "difference"}, "size": size},
    }
    rules = [
        _rule("y", one.value, y, dashed=name != "bias")
        for name, one in figures.items()
        if one.value is not None
    ]
    return _layers(values, [dots, *rules], _PLOT, _HEIGHT)


def sweep(mark: PassMark) -> Spec:
    """Shares of answers by pass mark: decided alike, false passes, false fails."""
    parts = {"agree": _ACCENT, "false_passes": _BAD, "false_fails": _GOOD}
    values = [
        {"mark": cut.mark, "part": part, "share": one.value, "low": one.low, "high": one.high}
        for cut in mark.cuts
        for part in parts
        if (one := getattr(cut, part)).value is not None
    ]
    x = {"field": "mark", "type": "quantitative", "title": None, **_SCORES}
    y = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "tickCount": 5},
    }
    scale = {"domain": list(parts), "range": list(parts.values())}
    colour = {"field": "part", "type": "nominal", "scale": scale, "legend": None}
    low = {**y, "field": "low"}
    band = {
        "mark": {"type": "area", "opacity": 0.14},
        "encoding": {"x": x, "y": low, "y2": {"field": "high"}, "color": colour},
    }
    dashes = {"domain": list(parts), "range": [[1, 0], [6, 3], [2, 2]]}
    line = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": x,
            "y": y,
            "color": colour,
            "strokeDash": {"field": "part", "type": "nominal", "scale": dashes, "legend": None},
        },
    }
    return _layers(values, [band, line, _rule("x", mark.mark, x)], _PLOT, _HEIGHT)


def spread(one: Spread) -> Spec:
    """Bars of one rater's scores by tens of per cent."""
    values = [{"low": 10 * i, "high": 10 * i + 10, "n": n} for i, n in enumerate(one.histogram)]
    bars = {
        "mark": {"type": "bar", "color": _ACCENT, "binSpacing": 2},
        "encoding": {
            "x": {
                "field": "low",
                "bin": "binned",
                "type": "quantitative",
                "title": None,
                "axis": {"values": [0, 50, 100]},
                "scale": {"domain": [0, 100]},
            },
            "x2": {"field": "high"},
            "y": {
                "field": "n",
                "type": "quantitative",
                "title": None,
                "axis": {"tickMinStep": 1, "tickCount": 3, "format": "d"},
            },
        },
    }
    name = {
        "data": {"values": [{"name": _short(one.rater)}]},
        "mark": {"type": "text", "align": "left", "baseline": "bottom", "dy": -4, "color": _MUTED},
        "encoding": {"x": {"value": 0}, "y": {"value": 0}, "text": {"field": "name"}},
    }
    return _layers(values, [bars, name], 150, 70)


def _layers(values: Sequence[Spec], layers: Sequence[Spec], width: int, height: int) -> Spec:
    return {
        "data": {"values": list(values)},
        "width": width,
        "height": height,
        "layer": list(layers),
    }


def _rule(axis: str, at: float | None, channel: Spec, *, dashed: bool = True) -> Spec:
    mark: Spec = {"type": "rule", "color": _INK, "strokeWidth": 1}
    if dashed:
        mark["strokeDash"] = [3, 3]
    place = {k: v for k, v in channel.items() if k not in ("field", "axis")}
    return {
        "data": {"values": [{"at": at}]},
        "mark": mark,
        "encoding": {axis: {**place, "field": "at"}},
    }


def _names(y: Spec) -> list[Spec]:
    """Each row's name above it, at the left edge: there it needs no margin on a telephone.

    Under it the same in the colour of the paper, so that no rule strikes it through.
    """
    mark = {"type": "text", "align": "left", "baseline": "bottom", "dy": -10, "color": _MUTED}
    halo = {"stroke": _PAPER, "strokeWidth": 4, "strokeJoin": "round"}
    encoding = {"x": {"value": 0}, "y": y, "text": {"field": "name"}}
    return [{"mark": {**mark, "fontSize": 11, **more}, "encoding": encoding} for more in (halo, {})]


def _short(name: str) -> str:
    return one_line(name, _LONGEST)


def _ticks(start: float) -> list[float]:
    """From at most *start* up to 1, seven at most where agreement is above chance."""
    step = 1 if start >= _FEW_TENTHS else 2 if start >= 0 else 5  # tenths
    count = math.ceil((10 - 10 * start) / step - 1e-9)
    return [(10 - step * i) / 10 for i in range(count, -1, -1)]

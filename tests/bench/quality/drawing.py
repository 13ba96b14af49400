"""Draws how every grader agrees with people's scores of the same exam answers."""

from collections.abc import Sequence
from typing import Any

from tests.bench.quality.measure import FULL_MARKS

Row = dict[str, Any]


def _compared(rows: Sequence[Row]) -> list[Row]:
    """The QWK of every grader of SAF's 260 answers with its interval, the best first."""
    values = [
        {
            "grader": row["grader"],
            "QWK": row["figures"]["QWK"][0],
            "low": row["figures"]["QWK"][1],
            "high": row["figures"]["QWK"][2],
            "whose": "grade" if row["grader"].startswith("grade") else "others",
        }
        for row in rows
        if row["section"] in ("people", "tools", "fitted")
        and row["set"].startswith("SAF, 260")
        and row["figures"].get("QWK")
        and row["grader"] != FULL_MARKS
    ]
    values.sort(key=lambda value: -value["QWK"])
    return values


def drawing(rows: Sequence[Row]) -> str:
    """Returns the QWK of every grader of SAF's 260 answers with its interval, as SVG."""
    import altair as alt
    import vl_convert

    values = _compared(rows)
    order = [value["grader"] for value in values]
    base = alt.Chart({"values": values}).encode(
        y=alt.Y("grader:N", sort=order, title=None, axis=alt.Axis(labelLimit=320)),
        color=alt.Color(
            "whose:N",
            legend=None,
            scale=alt.Scale(domain=["grade", "others"], range=["#0b6e4f", "#8a8f98"]),
        ),
    )
    point = base.mark_point(filled=True, size=60).encode(
        x=alt.X("QWK:Q", title="QWK with people's scores, 95 % interval over questions")
    )
    line = base.mark_rule(strokeWidth=2).encode(x="low:Q", x2="high:Q")
    drawn = (line + point).properties(width=360).to_dict()
    svg: str = vl_convert.vegalite_to_svg(drawn, vl_version="6.4")
    return svg

"""Writes the tables and the drawing of `docs/quality.md`: `python -m tests.bench.quality.page`.

Every table stands between two marks, `<!-- begin NAME -->` and `<!-- end NAME -->`, and comes from
`figures.json`, which :mod:`tests.bench.quality.measure` writes: no figure is typed by hand.
"""

import argparse
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.quality.drawing import drawing
from tests.bench.quality.measure import FIGURES

DOCS = Path(__file__).parents[3] / "docs"
PAGE, DRAWING = DOCS / "quality.md", DOCS / "quality.svg"
Row = dict[str, Any]
_MARKED = re.compile(r"(<!-- begin ([\w-]+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)
_ALLOWED = {
    "practice-only": "practice only",
    "second-reader": "second reader beside a human",
    "alone-with-audit": "may grade alone, with audit",
    "not-enough-data": "not enough data",
}


def shown(value: Sequence[float | None] | None, digits: int = 2) -> str:
    """Returns a value with its interval, a dash where there is none."""
    if not value or value[0] is None:
        return "-"
    text = f"{value[0]:.{digits}f}"
    if value[1] is None or value[2] is None:
        return text
    return f"{text} [{value[1]:.{digits}f}, {value[2]:.{digits}f}]"


def per_cent(value: Sequence[float | None] | None) -> str:
    """Returns a share with its interval, in per cent."""
    if not value or value[0] is None:
        return "-"
    low, high = value[1], value[2]
    between = "" if low is None or high is None else f" [{100 * low:.0f}, {100 * high:.0f}]"
    return f"{100 * value[0]:.0f} %{between}"


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Returns a table in Markdown."""
    lines = [list(head), ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _chosen(rows: Sequence[Row], *sections: str) -> list[Row]:
    return [row for row in rows if row["section"] in sections]


def _people(rows: Sequence[Row]) -> str:
    head = (
        "answers",
        "grader",
        "QWK",
        "r",
        "MAE",
        "leniency",
        "exact",
        "kappa",
        "graded",
        "is fit for",
    )
    return table(head, [(row["set"], *_scores(row)) for row in _chosen(rows, "people")])


def _scores(row: Row) -> tuple[str, ...]:
    found, plain = row["figures"], row["plain"]
    return (
        row["grader"],
        *(shown(found.get(name)) for name in ("QWK", "r", "MAE", "leniency", "exact", "kappa")),
        f"{plain['graded']} of {plain['answers']}",
        _ALLOWED.get(plain["trust"] or "", "-"),
    )


def _by(rows: Sequence[Row]) -> str:
    chosen = _chosen(rows, "by kind", "by language", "by band", "by length")
    graders = list(dict.fromkeys(row["grader"] for row in chosen))
    parts = list(dict.fromkeys((row["section"], row["plain"]["part"]) for row in chosen))
    known = {(r["section"], r["plain"]["part"], r["grader"]): r for r in chosen}
    lines = []
    for section, part in parts:
        each = [known.get((section, part, grader)) for grader in graders]
        count = next(row["plain"]["answers"] for row in each if row)
        cells = [f"{shown(r['figures'].get('MAE'))}" if r else "-" for r in each]
        lines.append((section.removeprefix("by "), part, count, *cells))
    return table(("by", "answers", "number", *(f"MAE, {g}" for g in graders)), lines)


def _verdicts(rows: Sequence[Row]) -> str:
    head = ("grader", "label", "labels", "found (recall)", "right (precision)")
    return table(
        head,
        [
            (
                row["grader"],
                row["plain"]["part"],
                row["plain"]["labels"],
                per_cent(row["figures"].get("recall")),
                per_cent(row["figures"].get("precision")),
            )
            for row in _chosen(rows, "by verdict")
        ],
    )


def _sure(rows: Sequence[Row]) -> str:
    head = ("answers", "grader", "intervals that hold the score", "probability they have", "width")
    found = []
    for row in _chosen(rows, "sure"):
        plain = row["plain"]
        if "held" in row["figures"]:
            stated = plain.get("stated")
            said = "-" if stated is None else f"{100 * stated:.0f} %"
            width = f"{100 * plain['width']:.0f} points"
            found.append((row["set"], row["grader"], per_cent(row["figures"]["held"]), said, width))
    return table(head, found)


def _alone(rows: Sequence[Row]) -> str:
    head = (
        "answers",
        "grader",
        "QWK",
        "alone, all scores together at 0.80",
        "alone, themselves at 0.80",
    )
    found = [
        (
            row["set"],
            row["grader"],
            shown(row["figures"].get("QWK")),
            *(per_cent(row["figures"].get(name)) for name in ("together", "among")),
        )
        for row in _chosen(rows, "sure", "fitted")
        if "together" in row["figures"]
    ]
    return table(head, found)


def _calibration(rows: Sequence[Row]) -> str:
    head = ("verdicts", "grader", "number", "stated on average", "right", "ECE")
    return table(
        head,
        [
            (
                row["set"],
                row["grader"],
                plain["answers"],
                f"{plain['stated']:.2f}",
                f"{plain['right']:.2f}",
                f"{plain['ECE']:.3f}",
            )
            for row in _chosen(rows, "calibration")
            for plain in (row["plain"],)
        ],
    )


def _tools(rows: Sequence[Row]) -> str:
    head = (
        "tool",
        "QWK",
        "r",
        "MAE",
        "exact",
        "scored",
        "is fit for",
        "calls",
        "tokens in",
        "tokens out",
    )
    names = ("QWK", "r", "MAE", "exact")
    chosen = [
        row
        for row in rows
        if row["section"] == "tools" or (row["section"] == "people" and "calls" in row["plain"])
    ]
    chosen.sort(key=lambda row: -(row["figures"].get("QWK", [0])[0] or 0))
    return table(
        head,
        [
            (
                row["grader"],
                *(shown(row["figures"].get(name)) for name in names),
                f"{plain['graded']} of {plain['answers']}",
                _ALLOWED.get(plain["trust"] or "", "-"),
                plain["calls"],
                plain["input tokens"],
                plain["output tokens"],
            )
            for row in chosen
            for plain in (row["plain"],)
        ],
    )


def _network(rows: Sequence[Row]) -> str:
    head = (
        "tool",
        "network",
        "ended with",
        "lost",
        "another score",
        "requests",
        "paid again",
        "seconds",
    )
    names = ("exit", "lost", "invented", "requests", "paid again", "seconds")
    return table(
        head,
        [
            (row["grader"], row["set"], *(row["plain"][name] for name in names))
            for row in _chosen(rows, "network")
        ],
    )


def _summaries(rows: Sequence[Row]) -> str:
    head = ("who", "kappa")
    words = {
        "people": "two people",
        "majority": "judge and people's majority",
        "one": "judge and one person",
    }
    return table(
        head,
        [
            (words[name], shown(row["figures"].get(name)))
            for row in _chosen(rows, "realsumm")
            for name in words
        ],
    )


def _twice(rows: Sequence[Row]) -> str:
    head = ("judge", "the same score", "the same verdict", "greatest difference of a probability")
    return table(
        head,
        [
            (
                row["grader"],
                f"{plain['same score']} of {plain['answers']}",
                f"{plain['same verdict']} of {plain['verdicts']}",
                f"{plain['greatest difference']:.4f}",
            )
            for row in _chosen(rows, "twice")
            for plain in (row["plain"],)
        ],
    )


TABLES: dict[str, Callable[[Sequence[Row]], str]] = {
    "people": _people,
    "summaries": _summaries,
    "by": _by,
    "verdicts": _verdicts,
    "intervals": _sure,
    "alone": _alone,
    "calibration": _calibration,
    "tools": _tools,
    "network": _network,
    "twice": _twice,
}


def filled(page: str, rows: Sequence[Row]) -> str:
    """Returns the page with every table made anew. Raises KeyError for a mark of no table."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](rows)}\n{found[3]}", page)


def main() -> None:
    """Writes both, or says that they are not what the figures give."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", type=Path, default=FIGURES)
    given = parser.parse_args()
    rows = json.loads(given.figures.read_text(encoding="utf-8"))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")
    DRAWING.write_text(drawing(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

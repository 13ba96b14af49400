"""Groups of people: who is selected how often, and whether the model shifts a group's scores.

The groups come from a file of their own and are joined here alone; no model ever sees them.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from grader.errors import BadInput
from grader.stats.impact import impact_ratios
from grader.stats.scores import difference_of_standardised_means
from grader.text.safe import one_line
from grader.trust.calibration.finding import GroupRow, GroupTable
from grader.trust.calibration.measure import Counted, Sampling, ValueTable, estimates, scores, whole
from grader.trust.calibration.panel import Indices, Panel
from grader.trust.calibration.results import Faults, ModelGradings
from grader.trust.calibration.values import Estimate
from grader.util.text_file import NotText, decode, read_bytes

MAX_BYTES = 16 * 1024 * 1024

Unit = Literal["candidate", "answer"]


@dataclass(frozen=True)
class Groups:
    """Who belongs to which group.

    Attributes:
        of: group by attribute, then by candidate or answer id.
    """

    unit: Unit
    of: Mapping[str, Mapping[str, str]]


def read(path: Path) -> Groups:
    """The groups in a CSV file: a column ``candidate`` or ``answer_id``, and one an attribute.

    An empty cell is an unknown group.

    Raises:
        BadInput: the file cannot be read, lacks its columns, or names someone twice.
    """
    try:
        text, _ = decode(read_bytes(path, MAX_BYTES))
    except NotText as problem:
        raise BadInput(f"{path}: {problem}") from None
    first = text.partition("\n")[0]
    lines = io.StringIO(text, newline="")
    rows = csv.DictReader(lines, delimiter=max(",;\t", key=first.count), strict=True)
    names = [name.strip() for name in rows.fieldnames or []]
    rows.fieldnames = names
    key: Unit = "candidate" if "candidate" in names else "answer"
    column = "candidate" if key == "candidate" else "answer_id"
    attributes = [name for name in names if name and name != column]
    if column not in names or not attributes:
        raise BadInput(f"{path}:1: needs a column candidate or answer_id, and one an attribute")
    return Groups(key, _members(path, rows, column, attributes))


def _members(
    path: Path, rows: "csv.DictReader[str]", column: str, attributes: Sequence[str]
) -> dict[str, dict[str, str]]:
    faults, found = Faults(path), {name: dict[str, str]() for name in attributes}
    seen: set[str] = set()
    while (row := _next(rows, faults)) is not None:
        who = (row.get(column) or "").strip()
        if rows.restkey in row or None in row.values():
            faults.add(rows.line_num, "more or fewer cells than the heading")
            continue
        if not who:
            faults.add(rows.line_num, f"no {column}")
        elif who in seen:
            faults.add(rows.line_num, f"{who} stands twice")
        seen.add(who)
        for name in attributes:
            if group := (row.get(name) or "").strip():
                found[name][who] = group
    faults.complain()
    return found


def _next(rows: "csv.DictReader[str]", faults: Faults) -> dict[str | Any, str | Any] | None:
    try:
        return next(rows, None)
    except csv.Error as error:
        faults.add(rows.line_num, f"{error}: close every quotation mark")
        return None


def tables(
    panel: Panel,
    results: ModelGradings,
    groups: Groups,
    marks: Mapping[int, float],
    least: int,
    how: Sampling,
) -> tuple[GroupTable, ...]:
    """A table for each model and attribute.

    Args:
        marks: the pass mark by model's column.
        least: groups smaller than this are not flagged.
    """
    table = whole(panel) if groups.unit == "candidate" else scores(panel)
    names = _names(panel, results, groups.unit)
    _need_somebody(groups, names)
    return tuple(
        _table(
            table, (model, panel.raters[model].name, mark), attribute, members, names, least, how
        )
        for model, mark in marks.items()
        for attribute, members in groups.of.items()
    )


def _need_somebody(groups: Groups, names: Sequence[str]) -> None:
    listed = {who: None for members in groups.of.values() for who in members}
    if listed.keys().isdisjoint(names):
        which = "candidates" if any(names) else "candidates' names"
        which = which if groups.unit == "candidate" else "answers"
        first = next(iter(listed), "nobody")
        raise BadInput(
            f"the groups file names none of the {which} in the results; its first is"
            f" {one_line(first, 60)!r}"
        )


def _names(panel: Panel, results: ModelGradings, unit: Unit) -> list[str]:
    """What each unit of the table is called in the groups file."""
    if unit == "answer":
        return [answer for _, answer in panel.answers]
    whose = {(g.question, g.answer_id): g.candidate or "" for g in results.grades}
    found = [""] * (int(panel.candidate.max()) + 1)
    for key, index in zip(panel.answers, panel.candidate, strict=True):
        found[int(index)] = whose[key]
    return found


def _table(
    table: ValueTable,
    of: tuple[int, str, float],
    attribute: str,
    members: Mapping[str, str],
    names: Sequence[str],
    least: int,
    how: Sampling,
) -> GroupTable:
    model, name, mark = of
    humans, own = table.reference, table.values[:, model]
    both = np.isfinite(humans) & np.isfinite(own)
    belongs = [members.get(who) if both[i] else None for i, who in enumerate(names)]
    index: dict[str, Indices] = {
        group: np.flatnonzero([b == group for b in belongs])
        for group in sorted({b for b in belongs if b})
    }
    rates = [
        impact_ratios({g: (int((s[rows] >= mark).sum()), len(rows)) for g, rows in index.items()})
        for s in (humans, own)
    ]
    shifts = _shifts(table, model, index, how)
    rows = []
    for group, inside in index.items():
        people, machine = rates[0][group], rates[1][group]
        enough = len(inside) >= least and min(map(len, index.values())) > 0
        top = max(index, key=lambda g: rates[1][g].rate or 0.0)
        enough = enough and len(index[top]) >= least
        rows.append(
            GroupRow(
                group=group,
                n=len(inside),
                human_rate=people.rate or 0.0,
                model_rate=machine.rate or 0.0,
                human_ratio=people.ratio,
                model_ratio=machine.ratio,
                flagged=machine.below_four_fifths if enough else None,
                p=machine.p,
                dsm=shifts[group],
            )
        )
    unknown = int(both.sum()) - sum(map(len, index.values()))
    unit: Unit = "candidate" if table.name == "score" else "answer"
    return GroupTable(attribute=attribute, model=name, unit=unit, rows=tuple(rows), unknown=unknown)


def _shifts(
    table: ValueTable, model: int, index: Mapping[str, Indices], how: Sampling
) -> dict[str, Estimate]:
    humans, own = table.reference, table.values[:, model]
    wanted = {}
    for group, rows in index.items():
        inside = np.zeros(len(own), dtype=bool)
        inside[rows] = True
        sampled = difference_of_standardised_means(humans, own, inside, clusters=table.clusters)
        codes = table.clusters.codes[inside]
        wanted[group] = Counted(sampled, len(rows), len(np.unique(codes)), difference=True)
    return estimates(wanted, how)


def worst(found: Sequence[GroupTable], model: str, least: int) -> Estimate | None:
    """The shift of the group that may be furthest from zero; None without a group large enough."""
    shifts = [
        row.dsm
        for table in found
        if table.model == model
        for row in table.rows
        if row.n >= least and row.dsm.low is not None and row.dsm.high is not None
    ]
    return max(shifts, key=lambda e: max(-(e.low or 0.0), e.high or 0.0), default=None)

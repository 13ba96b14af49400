"""Tables: a row for each key point, or a row for each question with its key points in columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from grader.authoring.importing.gather import Gathering
from grader.authoring.importing.material import (
    LEVELS,
    ImportedClaim,
    ImportedPoint,
    ImportedQuestion,
    ImportGap,
    Read,
)
from grader.authoring.importing.names import ROLES, numbered_role, role_of
from grader.authoring.importing.outline import Kind, OutlineLine, as_text, outline
from grader.authoring.importing.points import number, split_points
from grader.authoring.importing.rows import RowReader, heading, open_rows
from grader.authoring.importing.source import ImportFile
from grader.errors import BadInput
from grader.session.exports.columns import read_pairs
from grader.util.table import CsvRow

_HELP = "write ROLE=COLUMN, such as question=Aufgabe,key_point=Erwartet; roles: " + ", ".join(ROLES)
_PARTS = re.compile(r"[;；]")
_DIGITS = 4
Roles = Mapping[str, str]
"""A column by each role that was named for it."""


def read_roles(texts: Sequence[str]) -> dict[str, str]:
    """What ``--columns`` says: a column in small letters by its role.

    Raises:
        BadInput: a text is not of the form ``ROLE=COLUMN``, or there is no such role.
    """
    roles = {}
    for text in texts:
        for pair in read_pairs(text, _HELP):
            role, _, column = (part.strip() for part in pair.partition("="))
            role = role.replace(" ", "_")
            if role not in ROLES or not column:
                near = get_close_matches(role, ROLES, 1)
                hint = f"did you mean {near[0]}? " if near else ""
                raise BadInput(f"--columns {text}: {hint}{_HELP}")
            roles[role] = column.lower()
    return roles


@dataclass(frozen=True)
class Layout:
    """Which column is what.

    Attributes:
        columns: a column by its role.
        numbered: columns of the first, second, ... key point by their roles.
    """

    columns: dict[str, str]
    numbered: dict[int, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Sequence[str], told: Roles) -> "Layout":
        """The layout of a table with these columns; what is told goes before what is seen."""
        there = {role: column for role, column in told.items() if column in names}
        columns, several = dict(there), dict[int, dict[str, str]]()
        for name in names:
            role = role_of(name)
            if name in there.values():
                continue
            if role:
                columns.setdefault(role, name)
            elif both := numbered_role(name):
                several.setdefault(both[1], {}).setdefault(both[0], name)
        kept = {n: roles for n, roles in sorted(several.items()) if "key_point" in roles}
        return cls(columns, kept)

    @property
    def is_table(self) -> bool:
        """Whether such a table says what is asked, and what a good answer says."""
        asks = {"question", "question_id", "title"} & self.columns.keys()
        return bool(asks) and bool(
            {"key_point", "key_points"} & self.columns.keys() or self.numbered
        )

    @property
    def used(self) -> set[str]:
        """The columns that are read."""
        several = (column for roles in self.numbered.values() for column in roles.values())
        return {*self.columns.values(), *several}

    @property
    def by_question(self) -> bool:
        """Whether each row is a question."""
        return bool(self.numbered) or (
            "key_points" in self.columns and "key_point" not in self.columns
        )


def is_heading(names: Sequence[str], told: Roles | None = None) -> bool:
    """Whether these columns make a table of key points."""
    return Layout.of(names, told or {}).is_table


def recognises(file: ImportFile, told: Roles) -> bool:
    """Whether the first row names such columns."""
    return heading(file, lambda names: is_heading(names, told)) is not None


def read(file: ImportFile, told: Roles) -> Iterator[Read]:
    """The questions of a table, in its order.

    Raises:
        BadInput: a named column is not there, or nothing says which column is what.
    """
    table = open_rows(file, lambda names: is_heading(names, told))
    for column in told.values():
        if column not in table.names:
            near = get_close_matches(column, table.names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BadInput(f"{file.name}:1: no column {column!r}{hint}")
    layout = Layout.of(table.names, told)
    if not layout.is_table:
        raise BadInput(
            f"{file.name}:1: no column for question and key point; say --columns: {_HELP}"
        )
    if unread := [name for name in table.names if name and name not in layout.used]:
        way_out = "name what counts by --columns ROLE=COLUMN"
        yield ImportGap(file.name, "1", f"columns not read: {', '.join(unread)}; {way_out}")
    yield from _questions(table, layout)


def _questions(table: RowReader, layout: Layout) -> Iterator[Read]:
    questions: dict[str, ImportedQuestion] = {}
    last = ""
    for row in table.rows():
        if isinstance(row, ImportGap):
            yield row
            continue
        cell = _Cells(row, layout)
        asked = cell.get("question_id") or cell.get("question") or cell.get("title")
        key = f"{row.line}" if layout.by_question else asked or last
        if not key:
            told = "names no question, and no row before it does"
            yield ImportGap(table.file.name, str(row.line), told, left_out=True)
            continue
        last = key
        question = questions.setdefault(key, ImportedQuestion(table.file.name, str(row.line)))
        cell.fill(question)
        _rest(cell, question)
    yield from questions.values()


@dataclass(frozen=True)
class _Cells:
    """The cells of one row by their roles."""

    row: CsvRow
    layout: Layout

    @property
    def at(self) -> str:
        return str(self.row.line)

    def get(self, role: str, among: Mapping[str, str] | None = None) -> str:
        column = (self.layout.columns if among is None else among).get(role, "")
        return as_text(self.row.cells.get(column, ""))

    def fill(self, question: ImportedQuestion) -> None:
        """Adds what the row says of the question itself."""
        question.given_id = question.given_id or self.get("question_id")
        question.title = question.title or self.get("title")
        text = self.get("question")
        if text and question.text and text != question.text:
            question.lack(f"asks something else than line {question.at}; that is kept", self.at)
        question.text = question.text or text
        total = self.get("total") or (self.get("points") if self.layout.by_question else "")
        if total:
            question.total = question.total or _points(total, question, self.at)


def _rest(cell: _Cells, question: ImportedQuestion) -> None:
    """Adds the key points and wrong claims of a row."""
    for among in cell.layout.numbered.values():
        _point(cell, question, cell.get("key_point", among), among)
    if text := cell.row.cells.get(cell.layout.columns.get("key_points", ""), "").strip():
        _listed(text, question, cell.at)
    if not cell.layout.by_question:
        _point(cell, question, cell.get("key_point"), cell.layout.columns)
    elif source := cell.get("source"):
        question.cited.append(_with_section(source, cell))
    _claims(cell, question)


def _point(cell: _Cells, question: ImportedQuestion, text: str, among: Mapping[str, str]) -> None:
    if not text:
        return
    said, worth = split_points(text)
    if stated := cell.get("points", among):
        said, worth = text, _points(stated, question, cell.at)
    point = ImportedPoint(said, cell.at, worth, given_id=cell.get("key_point_id", among))
    point.notes = {level: note for level in LEVELS if (note := cell.get(level, among))}
    point.hint = cell.get("hint", among)
    if source := cell.get("source", among):
        point.cited.append(_with_section(source, cell))
    point.group = cell.get("group", among)
    enough = cell.get("enough", among)
    if point.group and enough.isdecimal() and len(enough) < _DIGITS:
        question.enough[point.group] = int(enough)
    elif enough:
        question.lack(f"how many are enough, {enough!r}, has no group or is no number", cell.at)
    question.add(point, cell.get("correction", among))


def _with_section(source: str, cell: _Cells) -> str:
    section = cell.get("section")
    return f"{source} § {section.lstrip('§ ')}" if section else source


def _listed(text: str, question: ImportedQuestion, at: str, section: str = "") -> None:
    """Adds the list in a cell: lines, with bullets or without, or parts between semicolons."""
    lines = outline(text)
    if not any(line.kind is Kind.ITEM for line in lines):
        parts = [line.text for line in lines]
        parts = (
            [p.strip() for p in _PARTS.split(parts[0]) if p.strip()] if len(parts) == 1 else parts
        )
        lines = [OutlineLine(Kind.ITEM, 1, part, 1) for part in parts]
    gathering = Gathering(question, section=section)
    before = len(question.points), len(question.claims)
    gathering.take(lines)
    gathering.end()
    for point in question.points[before[0] :]:
        point.at = at  # the row, not the line of the cell
    for claim in question.claims[before[1] :]:
        claim.at = at


def _claims(cell: _Cells, question: ImportedQuestion) -> None:
    text = cell.row.cells.get(cell.layout.columns.get("misconception", ""), "").strip()
    if not text:
        return
    correction, penalty = cell.get("correction"), cell.get("penalty")
    if cell.layout.by_question and not correction and not penalty:
        _listed(text, question, cell.at, "misconception")
        return
    said, worth = split_points(as_text(text))
    cost = _points(penalty, question, cell.at) if penalty else worth
    claim = ImportedClaim(said, cell.at, abs(cost or 0), correction)
    claim.cited = [_with_section(source, cell)] if (source := cell.get("source")) else []
    question.claims.append(claim)


def _points(text: str, question: ImportedQuestion, at: str) -> float | None:
    value = number(text)
    if value is None:
        question.lack(f"points {text[:40]!r} are no number", at)
    return value

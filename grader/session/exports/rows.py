"""The rows of such a table as answers: one person a row, an answer for each question."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from grader import answer
from grader.errors import GraderError
from grader.session.entry import Entry, Problem, Questions, as_utc, whole
from grader.session.exports.shape import IDS, AnswerColumn, Person, Shape
from grader.session.exports.times import time_in
from grader.text.safe import one_line
from grader.util.table import CsvRow, RowProblem

_SHORT = 60
NextRow = Callable[[], CsvRow]
"""Gives the next row; raises RowProblem for one that cannot be read, StopIteration at the end."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What one person handed in, in one row."""

    person: Person
    place: str
    cells: dict[str, str]


def entries(
    place: str, next_row: NextRow, shape: Shape, questions: Questions
) -> Iterator[Entry | Problem]:
    """The answers in the rows of a table, and what cannot be graded.

    Args:
        place: how the file is called in places.
    """
    fitting, problems = identified(shape, questions)
    yield from (Problem(f"{place}:1", problem) for problem in problems)
    for row in handed_in(place, next_row, shape):
        if isinstance(row, Problem):
            yield row
            continue
        for column in fitting.answers:
            yield _entry(row, column, fitting, questions)


def identified(shape: Shape, questions: Questions) -> tuple[Shape, list[str]]:
    """*shape* with the question of each column, without those that nobody knows; and these."""
    fitting, problems = [], []
    for column in shape.answers:
        question = column.question or (column.wording and questions.asked_by(column.wording))
        try:
            if question:
                questions.find(question)
        except GraderError as error:
            problems.append(f"column {_short(column.column)}: {error}")
            continue
        if question or column.asked:
            fitting.append(replace(column, question=question or None))
        else:
            problems.append(_unknown(column, questions))
    return replace(shape, answers=tuple(fitting)), problems


def missing(shape: Shape, names: list[str]) -> list[str]:
    """What to say of columns that *shape* needs and the table does not have."""
    wanted = [each.column for each in shape.answers]
    wanted += [each.asked for each in shape.answers if each.asked]
    wanted += [*shape.person.values(), *([shape.attempted] if shape.attempted else [])]
    told = []
    for column in dict.fromkeys(wanted):
        if column not in names:
            near = get_close_matches(column, names, 1)
            hint = f"; did you mean {_short(near[0])}?" if near else ""
            told.append(f"no column {_short(column)}{hint}")
    return told


def _short(name: str) -> str:
    return repr(one_line(name, _SHORT))


def _unknown(column: AnswerColumn, questions: Questions) -> str:
    near = questions.nearest_to(column.wording or column.column)
    which = near or "QUESTION-ID"
    hint = f"; the nearest is {near}" if near else ""
    return (
        f"column {_short(column.column)}: which question it answers is not known{hint}; say"
        f" --columns {_short(column.column)}={which}, or ={'-'} to leave it out"
    )


def handed_in(place: str, next_row: NextRow, shape: Shape) -> Iterator[HandedIn | Problem]:
    """What each person handed in; whoever handed nothing in is passed over."""
    attempts: Counter[str] = Counter()
    while True:
        try:
            row = next_row()
        except StopIteration:
            return
        except RowProblem as problem:
            yield Problem(f"{place}:{problem.line}", str(problem))
            continue
        where = f"{place}:{row.line}"
        known = {field: whole(row.cells[column].strip()) for field, column in shape.person.items()}
        state = row.cells[shape.state].strip() if shape.state else ""
        if _is_absent(state, known, shape):
            continue
        if state.lower().startswith(shape.unfinished):
            yield Problem(where, f"the attempt was not handed in: {one_line(state, _SHORT)}")
            continue
        number = _number(known, where, attempts) if shape.by_attempt else 1
        yield HandedIn(_person(known, where, number), where, row.cells)


def _is_absent(state: str, known: dict[str, str], shape: Shape) -> bool:
    if shape.absent and state.lower().startswith(shape.absent):
        return True
    names = (known.get(field, "") for field in ("last", "first", "name"))
    return bool(shape.summary) and any(n.lower().startswith(shape.summary or "") for n in names)


def _number(known: dict[str, str], where: str, attempts: Counter[str]) -> int:
    ident = _person(known, where, 1).id
    attempts[ident] += 1
    return attempts[ident]


def _person(known: dict[str, str], where: str, attempt: int) -> Person:
    ident = next((known[field] for field in IDS if known.get(field)), "")
    ident = ident or Person("", known).name or where
    again = f" (attempt {attempt})" if attempt > 1 else ""
    return Person(ident + again, known, attempt)


def question_of(row: HandedIn, column: AnswerColumn, questions: Questions) -> str | None:
    """The id of the question that the row answers in *column*."""
    asked = row.cells[column.asked] if column.asked else ""
    return column.question or questions.asked_by(answer.cleaned(asked).text)


def _entry(
    row: HandedIn, column: AnswerColumn, shape: Shape, questions: Questions
) -> Entry | Problem:
    place = row.place if len(shape.answers) == 1 else f"{row.place} {column.column[:_SHORT]}"
    question = question_of(row, column, questions)
    if question is None:
        asked = row.cells[column.asked or column.column]
        near = questions.nearest_to(asked)
        hint = f"; the nearest is {near}" if near else ""
        return Problem(place, f"no question {_short(asked)}{hint}")
    cell = row.cells[column.column]
    text, flags = answer.cleaned("" if cell.strip() in shape.blank else cell)
    return Entry(
        question=question,
        text=text,
        # A table of single answers has an id in each row; without one, its place is the id.
        id=row.person.id if row.person.id != row.place else place,
        place=place,
        candidate=row.person.name,
        attempted_at=as_utc(time_in(row.cells[shape.attempted])) if shape.attempted else None,
        flags=flags,
    )

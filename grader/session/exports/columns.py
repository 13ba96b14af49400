"""What ``--columns`` says of a table: which column is what, or answers which question."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.errors import BadInput
from grader.session.exports import canvas, google_forms, moodle
from grader.session.exports.shape import AnswerColumn, Shape, present

ROLES = ("question", "answer", "id", "candidate", "attempted_at")
LEFT_OUT = "-"
_HELP = "write question=COLUMN,answer=COLUMN, or COLUMN=QUESTION-ID for each column of answers"
_PERSON = {"id": "id", "candidate": "name", "name": "name", "email": "email"}
_PERSON |= {"email address": "email", "student number": "number", "id number": "number"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns as a person names them, in small letters.

    Attributes:
        roles: a column by each of :data:`ROLES` that was given.
        questions: a question's id by its column of answers; ``-`` leaves a column out.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.roles or self.questions)

    @property
    def named(self) -> tuple[str, ...]:
        """All columns that are named."""
        return (*self.roles.values(), *self.questions)


NO_COLUMNS = Columns()
"""Nothing said."""


def read_columns(texts: Sequence[str]) -> Columns:
    """What *texts* say, each ``A=B`` or several with commas between.

    Raises:
        BadInput: a text is not of that form.
    """
    roles, questions = {}, {}
    for text in texts:
        for pair in read_pairs(text, _HELP):
            name, _, value = pair.partition("=")
            if name.strip() in ROLES and value.strip():
                roles[name.strip()] = value.strip().lower()
                continue
            # A heading may have a sign of equality in it, a question's id never.
            column, sign, question = pair.rpartition("=")
            if not (sign and column.strip() and question.strip()):
                raise BadInput(f"--columns {text}: {_HELP}")
            questions[column.strip().lower()] = question.strip()
    if ("answer" in roles) != ("question" in roles):
        raise BadInput(f"--columns {','.join(texts)}: {_HELP}")
    return Columns(roles, questions)


def read_pairs(text: str, way_out: str) -> list[str]:
    """Returns the pairs that *text*, a value of ``--columns``, says: ``A=B``, commas between.

    Raises:
        BadInput: a quotation mark is left open; *way_out* says how it is written.
    """
    if text.count("=") == 1 and not text.startswith('"'):
        return [text]  # a question's words may have commas in them
    try:
        return [
            pair
            for pair in next(csv.reader([text], skipinitialspace=True, strict=True), [])
            if pair
        ]
    except csv.Error:
        raise BadInput(f"--columns {text}: {way_out}") from None


def shape_of(names: Sequence[str], columns: Columns) -> Shape | None:
    """The shape of a table with these columns, None where nobody knows it.

    Args:
        names: in small letters.
        columns: what the user said of them; it goes before what is recognised.
    """
    shape = _recognised(names)
    if shape is None and not any(_column(name, names) for name in columns.named):
        return None
    return _as_told(shape or Shape("table", present(names, _PERSON), ()), names, columns)


def _recognised(names: Sequence[str]) -> Shape | None:
    each = (module.recognise(names) for module in (moodle, canvas, google_forms))
    return next((shape for shape in each if shape is not None), None)


def _as_told(shape: Shape, names: Sequence[str], columns: Columns) -> Shape:
    roles = {role: _column(name, names) or name for role, name in columns.roles.items()}
    person = dict(shape.person)
    person |= {"id": roles["id"]} if "id" in roles else {}
    if "candidate" in roles:
        person = {k: v for k, v in person.items() if k not in {"first", "last"}}
        person["name"] = roles["candidate"]
    answers = {each.column: each for each in shape.answers}
    if "answer" in roles:
        answers = {roles["answer"]: AnswerColumn(roles["answer"], asked=roles["question"])}
    for name, question in columns.questions.items():
        column = _column(name, names) or name
        known = answers.get(column, AnswerColumn(column))
        answers[column] = replace(known, question=question)
    kept = (each for each in answers.values() if each.question != LEFT_OUT)
    used = {*roles.values()} - {roles.get("answer")}
    return replace(
        shape,
        person=person,
        answers=tuple(each for each in kept if each.column not in used),
        attempted=roles.get("attempted_at", shape.attempted),
    )


def _column(name: str, names: Sequence[str]) -> str | None:
    """The column that *name* names: by all of it, or by the number that Canvas begins it with."""
    if name in names:
        return name
    return next((each for each in names if each.startswith(f"{name}: ")), None)

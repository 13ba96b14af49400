"""What was settled, for the rubric: a labelled answer to test it with, or a line for its notes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from grader.decision import decided, latest
from grader.errors import BadInput, BadRubric
from grader.judge.base import language as language_of
from grader.record import Grade, Override, PointGrade, Verdict
from grader.rubric.files import text_of
from grader.rubric.format import Rubric
from grader.rubric.labelled import Kind, Label, LabelledAnswer, read_labelled
from grader.text.safe import one_line
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.settle import most_given
from grader.util.files import new_file

_STRONG = 85.0
_SHORT = 60
_QUOTED = 120


def to_labelled(
    grade: Grade, ratings: Ratings | None, text: str, rubric: Rubric, kind: Kind | None = None
) -> LabelledAnswer:
    """Returns a settled answer as a labelled one, for ``grade rubric test``.

    A label is what a person decided, else what most of *ratings* gave; never the judge's own
    verdict, which it would be tested against.

    Args:
        text: the answer, as it was graded.
        kind: None tells it by the score and by what is denied.

    Raises:
        BadInput: nobody decided on one of the key points, or most gave no one verdict.
    """
    settled = decided(grade)
    overrides, people = latest(grade.overrides), _given(grade, ratings)
    held = tuple(m.id for m in settled.misconceptions if m.asserted)
    labels = {
        point.id: _label(grade, point, overrides.get(point.id), people.get(point.id, {}))
        for point in grade.key_points
    }
    return LabelledAnswer(
        id=grade.answer_id,
        kind=kind or _kind(labels, held, settled),
        language=_language(text, rubric),
        text=text,
        misconceptions=held,
        verdicts=labels,
    )


def add_labelled(folder: Path, answers: Iterable[LabelledAnswer], rubric: Rubric) -> Path:
    """Appends labelled answers to ``labelled/<question>.toml`` in *folder*, and returns its path.

    What stands there stays as it is, to the letter. The folder is that of one's own rubrics.

    Raises:
        BadRubric: the file that is there is not of the format, has an answer of such an id, or
            an answer does not fit *rubric*.
        BadInput: the file cannot be written.
    """
    path = folder / "labelled" / f"{rubric.id}.toml"
    before = _before(path, rubric)
    there = {a.id for a in read_labelled(path, rubric).answers} if path.is_file() else set()
    new = list(answers)
    for answer in new:
        if answer.id in there:
            raise BadRubric(f"{path}: has an answer {one_line(answer.id, _SHORT)} already")
        there.add(answer.id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
    beside = path.with_name(f".{rubric.id}.new.toml")
    try:
        with new_file(beside) as file:
            file.write("\n".join([before, *map(_block, new)]))
        read_labelled(beside, rubric)  # as a whole it must be what the next reader expects
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def to_note(grade: Grade, override: Override, text: str | None = None) -> str:
    """Returns a proposal for the rubric: which of a key point's notes to add to, and the words.

    Nothing is written: the file stays in its author's order.

    Args:
        text: the answer; the judge's evidence is quoted from the record where it is None.
    """
    point = next((p for p in grade.key_points if p.id == override.key_point), None)
    said = [piece.text for piece in point.evidence] if point else []
    quote = one_line(said[0] if said else text or "", _QUOTED)
    shown = f"“{quote}”: " if quote else ""
    place = f"{override.key_point}, notes.{override.verdict.value}"
    return f"{place}: {shown}{one_line(override.reason)} ({one_line(override.by, _SHORT)})"


def _given(grade: Grade, ratings: Ratings | None) -> dict[str, dict[str, Verdict]]:
    given: dict[str, dict[str, Verdict]] = {}
    for row in ratings.rows if ratings else ():
        of_answer = (row.question, row.answer_id) == (grade.question, grade.answer_id)
        if of_answer and row.key_point is not None and row.verdict is not None:
            given.setdefault(row.key_point, {})[row.rater] = row.verdict
    return given


def _label(
    grade: Grade, point: PointGrade, by: Override | None, people: Mapping[str, Verdict]
) -> Label:
    if by is not None:
        why = f"{one_line(by.by)}: {one_line(by.reason)}"
        return Label(verdict=by.verdict, why=why, settled=why if people else None)
    verdict = most_given(people.values())
    if verdict is None:
        raise BadInput(
            f"answer {one_line(grade.answer_id, _SHORT)}: nobody settled {point.id}; use grade"
            f" override {one_line(grade.answer_id, _SHORT)} --point {point.id}"
        )
    who = ", ".join(one_line(name) for name, given in people.items() if given is verdict)
    return Label(verdict=verdict, why=f"so rated by {who}")


def _kind(labels: Mapping[str, Label], held: tuple[str, ...], settled: Grade) -> Kind:
    verdicts = {label.verdict for label in labels.values()}
    if held or Verdict.CONTRADICTED in verdicts:
        return "wrong"
    if verdicts == {Verdict.MISSED}:
        return "off-topic"
    return "strong" if (settled.score.percent or 0.0) >= _STRONG else "partial"


def _language(text: str, rubric: Rubric) -> str:
    tags = list(rubric.question.texts)
    return language_of(text) if {"en", "zh"} & set(tags) else tags[0]


def _before(path: Path, rubric: Rubric) -> str:
    if not path.exists():
        return tomli_w.dumps({"schema": "labelled/1", "question": rubric.id})
    try:
        return text_of(path).rstrip("\n") + "\n"
    except (OSError, ValueError) as error:
        raise BadRubric(f"{path}: cannot be read as labelled answers: {error}") from None


def _block(answer: LabelledAnswer) -> str:
    fields: dict[str, Any] = answer.model_dump(mode="json", exclude_none=True)
    return tomli_w.dumps({"answers": [fields]}, multiline_strings="\r" not in answer.text)

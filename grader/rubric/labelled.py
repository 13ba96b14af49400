"""Labelled answers: what people decided, for fitting and checking a judge. Never sent to one."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationError

from grader.errors import BadRubric
from grader.record import Verdict
from grader.rubric.files import text_of
from grader.rubric.format import Rubric
from grader.text.language import LANGUAGE_TAG
from grader.util.complaint import first_complaint
from grader.util.frozen import Frozen
from grader.util.toml import parse_toml

Kind = Literal[
    "strong", "partial", "wrong", "terse", "padded", "analogy", "self-correcting", "off-topic"
]


class Label(Frozen):
    """The verdict of people on one key point of an answer.

    Attributes:
        verdict: the settled one.
        why: what in the answer decides it.
        second: the verdict of a second pass, made without seeing the first.
        settled: why the final verdict stands where the passes differed.
    """

    verdict: Verdict
    why: str
    second: Verdict | None = None
    settled: str | None = None


def _spoken(language: str) -> str:
    if language != "mixed" and not re.match(LANGUAGE_TAG, language):
        raise ValueError("must be 'mixed' or the tag of a language, as 'en', 'zh' or 'de'")
    return language


class LabelledAnswer(Frozen):
    """One answer with its labels, a label for each key point."""

    id: str
    kind: Kind
    language: Annotated[str, AfterValidator(_spoken)]
    """The tag of its language, or ``mixed``."""
    text: str
    misconceptions: tuple[str, ...] = ()
    verdicts: dict[str, Label]


class Labelled(Frozen):
    """The labelled answers to one question."""

    schema_: Literal["labelled/1"]
    question: str
    answers: tuple[LabelledAnswer, ...]


def read_labelled(path: Path, rubric: Rubric) -> Labelled:
    """The labelled answers in *path*, every key point of *rubric* labelled in each.

    Raises:
        BadRubric: the file cannot be read, is not of the format, or does not fit the rubric.
    """
    try:
        content = parse_toml(text_of(path))
        found = Labelled.model_validate({"schema_": content.pop("schema", None), **content})
    except ValidationError as error:
        raise BadRubric(f"{path}: {first_complaint(error)}") from None
    except (OSError, ValueError) as error:
        raise BadRubric(f"{path}: cannot be read as labelled answers: {error}") from None
    for answer in found.answers:
        _check(answer, rubric, path)
    return found


def _check(answer: LabelledAnswer, rubric: Rubric, path: Path) -> None:
    points = {point.id: point for point in rubric.key_points}
    if odd := points.keys() ^ answer.verdicts.keys():
        names = ", ".join(sorted(odd))
        raise BadRubric(f"{path}: answer {answer.id}: labels and key points differ in {names}")
    for name, label in answer.verdicts.items():
        if label.verdict == Verdict.PARTIAL and points[name].binary:
            raise BadRubric(f"{path}: answer {answer.id}: {name} knows no partial")
    if unknown := set(answer.misconceptions) - {m.id for m in rubric.misconceptions}:
        raise BadRubric(f"{path}: answer {answer.id}: no misconception {min(unknown)}")


def labelled_of(rubric: Rubric, folders: Sequence[Path]) -> Labelled | None:
    """The labelled answers to a rubric's question: ``labelled/<id>.toml`` beside it, or None."""
    for folder in folders:
        path = folder / "labelled" / f"{rubric.id}.toml"
        if path.is_file():
            return read_labelled(path, rubric)
    return None

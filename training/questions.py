"""Labelled questions: what a file of `training/questions/` holds, and what is wrong with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from grader.rubric.format import Rubric
from grader.text.sentences import sentences
from grader.util.complaint import first_complaint
from grader.util.frozen import Frozen

FOLDER = Path(__file__).parent / "questions"
Level = Literal["met", "partial", "missed", "contradicted", "yes", "no"]
POINT_LEVELS = ("met", "partial", "missed", "contradicted")
CLAIM_LEVELS = ("yes", "no")
WITHOUT_SENTENCE = ("missed", "no")
Text = Annotated[str, Field(min_length=1)]


class Bilingual(Frozen):
    """One text in English and in Chinese."""

    en: Text
    zh: Text


class Notes(Frozen):
    """What counts as which verdict, as a rubric's notes say it."""

    met: Text
    partial: Text
    missed: Text
    contradicted: Text | None = None


class Claim(Bilingual):
    """A key point or a misconception."""

    id: Text
    notes: Notes | None = None


class Answer(Frozen):
    """One answer cut into sentences `s`, with a label `v` for every claim.

    A label is a level and, after `met`, `partial`, `contradicted` and `yes`, the numbers
    (from 1) of the one or two sentences that show it.
    """

    kind: Text
    lang: Literal["en", "zh", "zh-Hant", "mixed"]
    s: Annotated[list[Text], Field(min_length=1)]
    v: dict[str, str]

    def level(self, claim: str) -> str:
        """Returns the level that the label of this claim names."""
        return self.v[claim].split()[0]

    def sentences(self, claim: str) -> list[int]:
        """Returns the numbers, from 1, of the sentences that show the label of this claim."""
        return [int(number) for number in self.v[claim].split()[1:]]


class Question(Frozen):
    """A question with its key points, misconceptions and labelled answers."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    domain: Text
    question: Bilingual
    points: Annotated[list[Claim], Field(min_length=4, max_length=8)]
    wrong: Annotated[list[Claim], Field(min_length=2, max_length=3)]
    answers: Annotated[list[Answer], Field(min_length=7)]

    @property
    def claims(self) -> dict[str, Claim]:
        """All claims by id, key points first."""
        return {claim.id: claim for claim in [*self.points, *self.wrong]}

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        if len(self.claims) < len(self.points) + len(self.wrong):
            raise ValueError("two claims have the same id")
        faults = [
            f"answer {number}: {fault}"
            for number, answer in enumerate(self.answers, 1)
            for fault in self._faults_of(answer)
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults_of(self, answer: Answer) -> Iterator[str]:
        if odd := set(answer.v) ^ set(self.claims):
            yield f"labels lacking or of no claim: {', '.join(sorted(odd))}"
            return
        points = {point.id for point in self.points}
        for claim in answer.v:
            levels = POINT_LEVELS if claim in points else CLAIM_LEVELS
            if fault := _fault_of_label(answer, claim, levels):
                yield f"{claim}: {fault}"


def _fault_of_label(answer: Answer, claim: str, levels: tuple[str, ...]) -> str | None:
    if not answer.v[claim].strip():
        return "label is empty"
    level = answer.level(claim)
    if level not in levels:
        return f"label {level!r} is none of {', '.join(levels)}"
    try:
        sentences = answer.sentences(claim)
    except ValueError:
        return f"{answer.v[claim]!r} has something else than sentence numbers"
    if bool(sentences) == (level in WITHOUT_SENTENCE):
        return f"{level!r} {'with' if sentences else 'without'} a sentence number"
    for number in sentences:
        if not 1 <= number <= len(answer.s):
            return f"sentence {number} of {len(answer.s)}"
    return None


def read_file(path: Path) -> list[Question]:
    """Returns the questions of one JSON Lines file.

    Raises ValueError with every fault as `file:line: what`.
    """
    questions, faults = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            questions.append(Question.model_validate(json.loads(line)))
        except ValidationError as error:
            faults.append(f"{path.name}:{number}: {first_complaint(error)}")
        except ValueError as error:
            faults.append(f"{path.name}:{number}: not JSON: {error}")
    if faults:
        raise ValueError("\n".join(faults))
    return questions


def read_all(folder: Path = FOLDER) -> dict[str, list[Question]]:
    """Returns the questions of every file of the folder, by the file's stem (its subject group).

    Raises ValueError where a file has faults or two questions share an id.
    """
    groups = {path.stem: read_file(path) for path in sorted(folder.glob("*.jsonl"))}
    seen: set[str] = set()
    for group, questions in groups.items():
        for question in questions:
            if question.id in seen:
                raise ValueError(f"{group}.jsonl: {question.id} is in another file or line too")
            seen.add(question.id)
    return groups


def as_rubric(question: Question) -> Rubric:
    """Returns the question as a rubric of this project, so that its own parts can read it.

    All weights are 2; a point without notes gets the words of its claim.
    """
    points = [
        {
            "id": point.id,
            "weight": 2,
            "en": point.en,
            "zh": point.zh,
            "notes": _notes(point),
        }
        for point in question.points
    ]
    wrong = [
        {"id": claim.id, "en": claim.en, "zh": claim.zh, "correction": {"en": "-", "zh": "-"}}
        for claim in question.wrong
    ]
    return Rubric.model_validate(
        {
            "schema": "rubric/1",
            "id": question.id,
            "question": question.question.model_dump(),
            "key_points": points,
            "misconceptions": wrong,
        }
    )


def _notes(point: Claim) -> dict[str, str]:
    if point.notes is None:
        return {"met": point.en, "partial": "a part of it", "missed": "absent"}
    return point.notes.model_dump(exclude={"contradicted"})


def lines_of(text: str) -> tuple[str, ...]:
    """Returns the sentences of a text, as the judge is shown them."""
    return tuple(span.text for span in sentences(text))

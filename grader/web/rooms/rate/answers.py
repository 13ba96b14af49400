"""The answers to be rated: their texts and key points, and nothing of what a model said of them."""

import hashlib
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import BadInput, GraderError
from grader.rubric.format import Rubric
from grader.session.entry import Entry, Questions
from grader.session.exports.columns import NO_COLUMNS, Columns
from grader.session.read import read_session
from grader.session.result_lines import LONGEST_RECORD
from grader.text.safe import one_line
from grader.trust.calibration.results import AnswerKey, by_digest
from grader.util.lines import LineProblem, Lines, sample
from grader.util.text_file import marked

_SHORT = 60


@dataclass(frozen=True)
class ToRate:
    """One answer, as raters get it."""

    question: str
    answer_id: str
    text: str
    points: tuple[str, ...]
    """The ids of its key points."""

    @property
    def key(self) -> AnswerKey:
        """Tells it from the others."""
        return (self.question, self.answer_id)


@dataclass(frozen=True)
class AnswersToRate:
    """All answers that a rater gets.

    Attributes:
        rubrics: by question id.
        models: names that no rater may have.
        planned: whether a sampling plan gives their order, the same for all.
        skipped: what of the session cannot be rated, and why.
    """

    answers: tuple[ToRate, ...]
    rubrics: Mapping[str, Rubric]
    models: frozenset[str] = frozenset()
    planned: bool = False
    skipped: tuple[str, ...] = ()

    def order(self, rater: str) -> tuple[ToRate, ...]:
        """Returns the answers in *rater*'s own order, the same each time.

        So nobody's tiredness falls on the same answers as the others'.
        """
        order = list(self.answers)
        if not self.planned:
            seed = f"{self._digest()}/{rater.casefold()}"
            random.Random(seed).shuffle(order)  # noqa: S311 -- an order, not a secret
        return tuple(order)

    def _digest(self) -> str:
        told = "\0".join(part for a in self.answers for part in (*a.key, a.text))
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def read_answers(
    paths: Sequence[str],
    folders: Sequence[Path],
    sessions: Sequence[str] = (),
    columns: Columns = NO_COLUMNS,
) -> AnswersToRate:
    """The answers of sessions, or those that results are of.

    Args:
        paths: sessions as for ``grade batch``, or files of results, which are read without their
            verdicts.
        folders: of rubrics.
        sessions: what was graded, where *paths* are results: those hold no texts.
        columns: what the user said of the columns of tables.

    Raises:
        BadInput: a file cannot be read, or there is nothing to rate.
    """
    questions = Questions(folders)
    results = [path for path in paths if _is_results(Path(path))]
    if results and len(results) < len(paths):
        raise BadInput(
            f"{results[0]}: holds results, and others of the files none: give the session that was"
            " graded with --answers"
        )
    if not results:
        return _of_session(paths, questions, columns)
    if not sessions:
        raise BadInput(
            f"{results[0]}: results hold no texts: give the session that was graded with --answers"
        )
    return _of_results(results, questions, by_digest(sessions, folders, columns))


def only(given: AnswersToRate, keys: Sequence[AnswerKey], plan: Path) -> AnswersToRate:
    """*given* cut to what a sampling plan drew, in its order.

    Raises:
        BadInput: an answer that was drawn is not there.
    """
    known = {answer.key: answer for answer in given.answers}
    for question, answer_id in keys:
        if (question, answer_id) not in known:
            raise BadInput(
                f"{plan}: answer {one_line(answer_id, _SHORT)!r} to {one_line(question, _SHORT)}"
                " was drawn, but is not among the answers to rate"
            )
    return AnswersToRate(
        tuple(known[key] for key in keys), given.rubrics, given.models, True, given.skipped
    )


def _of_session(paths: Sequence[str], questions: Questions, columns: Columns) -> AnswersToRate:
    answers: list[ToRate] = []
    skipped: list[str] = []
    for entry in read_session(paths, questions, columns=columns):
        if not isinstance(entry, Entry):
            skipped.append(str(entry))
            continue
        try:
            text = entry.attempt().answer.text
        except GraderError as error:
            skipped.append(str(error))
            continue
        points = tuple(point.id for point in questions.find(entry.question).key_points)
        answers.append(ToRate(entry.question, entry.id, text, points))
    return _whole(answers, questions, frozenset(), skipped, paths[0])


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Id(_Lenient):
    id: str


class _Model(_Lenient):
    model: str


class _AnswerDigest(_Lenient):
    answer: str


class _Asked(_Lenient):
    """What of a record a rater may know: no verdict is even read."""

    schema_: str = Field(alias="schema", pattern="^grade/1$")
    question: str
    answer_id: str
    key_points: tuple[_Id, ...]
    judge: _Model
    digests: _AnswerDigest


def _of_results(
    paths: Sequence[str], questions: Questions, texts: Mapping[str, str]
) -> AnswersToRate:
    answers: dict[AnswerKey, ToRate] = {}
    models: set[str] = set()
    skipped: list[str] = []
    for place, asked in (line for path in paths for line in _asked(Path(path))):
        models.add(asked.judge.model)
        key = (asked.question, asked.answer_id)
        text = texts.get(asked.digests.answer)
        if text is None:
            told = f"{place}: the text of answer {one_line(key[1], _SHORT)!r} is not in --answers"
            skipped.append(told)
        elif key not in answers:
            answers[key] = ToRate(*key, text, tuple(point.id for point in asked.key_points))
    return _whole([*answers.values()], questions, frozenset(models), skipped, paths[0])


def _whole(
    answers: Collection[ToRate],
    questions: Questions,
    models: frozenset[str],
    skipped: Sequence[str],
    path: str,
) -> AnswersToRate:
    if not answers:
        raise BadInput(skipped[0] if skipped else f"{path}: holds no answers to rate")
    rubrics = {answer.question: questions.find(answer.question) for answer in answers}
    return AnswersToRate(tuple(answers), rubrics, models, skipped=tuple(skipped))


def _is_results(path: Path) -> bool:
    if path.suffix.lower() != ".jsonl" or not path.is_file():
        return False
    return next((record is not None for _, record in _records(path)), False)


def _asked(path: Path) -> Iterator[tuple[str, _Asked]]:
    for number, record in _records(path):
        if record is None:
            raise BadInput(f"{path}:{number}: not a record of grade/1")
        yield f"{path}:{number}", record


def _records(path: Path) -> Iterator[tuple[int, _Asked | None]]:
    try:
        with path.open("rb") as stream:
            lines = Lines(stream, marked(sample(stream)) or "utf-8", LONGEST_RECORD)
            for line in lines:
                if line.strip():
                    yield lines.number, _record(line)
    except (OSError, LineProblem) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from None


def _record(line: str) -> _Asked | None:
    try:
        return _Asked.model_validate_json(line)
    except ValidationError:
        return None

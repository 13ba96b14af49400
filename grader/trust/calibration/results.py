"""Reads records as the gradings of one or several models, and what they say was asked.

All that is wrong with a file is told at once. The texts of graded answers are brought back, to be
shown beside what raters said of them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from grader.errors import BadInput, Faulty, GraderError
from grader.record import Grade
from grader.scoring import Scheme, scheme_of
from grader.session.entry import Entry, Questions
from grader.session.exports.columns import NO_COLUMNS, Columns
from grader.session.read import read_session
from grader.session.result_lines import records
from grader.text.safe import one_line

MOST = 20
"""Faults that are told in full; the rest are counted."""


class Faults:
    """The faults of one file, each with its line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[str] = []
        self._count = 0

    def add(self, line: int, fault: str) -> None:
        """Notes *fault* on *line*."""
        self._count += 1
        if self._count <= MOST:
            self._found.append(f"{self.path}:{line}: {fault}")

    def complain(self) -> None:
        """Tells all faults, a line each.

        Raises:
            Faulty: there is at least one.
        """
        if self._count > MOST:
            self._found.append(f"{self.path}: and {self._count - MOST} more")
        if self._found:
            raise Faulty(*self._found)


def by_digest(
    paths: Sequence[str], folders: Sequence[Path], columns: Columns = NO_COLUMNS
) -> dict[str, str]:
    """Texts by digest, of the sessions that were graded; what cannot be read is left out.

    Args:
        paths: as for ``grade batch``: files and folders of any shape.
        folders: of rubrics.
        columns: what the user said of the columns of tables.

    Raises:
        BadInput: a path does not exist.
    """
    found = {}
    for entry in read_session(paths, Questions(folders), columns=columns):
        if isinstance(entry, Entry):
            try:
                answer = entry.attempt().answer
            except GraderError:
                continue
            found[answer.digest] = answer.text
    return found


_SHORT = 60

AnswerKey = tuple[str, str]
"""Question id and answer id."""
PointKey = tuple[str, str, str]
"""Question id, answer id and key point id."""


@dataclass(frozen=True)
class ModelGradings:
    """What models graded.

    Attributes:
        grades: the records, in the order read.
        points: weight of each key point, by question id and key point id.
        names: the rater's name of each record: the model, told apart by how it was asked where
            needed, and ``#2``, ``#3`` ... for its repeats.
    """

    grades: tuple[Grade, ...]
    points: Mapping[str, Mapping[str, float]]
    names: tuple[tuple[str, ...], ...]
    """For each record the raters that it speaks for; several where code decided for all models."""
    questions_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The questions that an answer id stands under; nearly always one."""
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    """How the points of each question add up, where they do not just do so."""

    @property
    def keys(self) -> tuple[AnswerKey, ...]:
        """Each answer once, in the order read."""
        return tuple(dict.fromkeys((g.question, g.answer_id) for g in self.grades))

    def id_of(self, written: str) -> str:
        """The answer's id that a sheet has as *written*: spreadsheets cut noughts off in front."""
        if written in self.questions_of or not written.isdecimal():
            return written
        return self._without_noughts.get(written.lstrip("0")) or written

    @cached_property
    def _without_noughts(self) -> dict[str, str]:
        """Ids of digits by what is left of them in a spreadsheet; those alike give none."""
        ids: dict[str, str] = {}
        for answer in filter(str.isdecimal, self.questions_of):
            short = answer.lstrip("0")
            ids[short] = "" if short in ids else answer
        return ids


def read(paths: Sequence[Path]) -> ModelGradings:
    """The records in JSONL files.

    Raises:
        BadInput: a file cannot be read, a line is no record, or records contradict each other
            about what was answered or asked; file and line are named.
    """
    placed = [(path, line, grade) for path in paths for line, grade in _lines(path)]
    if not placed:
        raise BadInput(f"{paths[0]}: holds no records; grade answers with --json or grade batch")
    _one_text_each(placed)
    points, schemes = _points(placed)
    grades = tuple(grade for _, _, grade in placed)
    questions: dict[str, dict[str, None]] = defaultdict(dict)
    for grade in grades:
        questions[grade.answer_id][grade.question] = None
    return ModelGradings(
        grades, points, _names(grades), {a: tuple(q) for a, q in questions.items()}, schemes
    )


def _lines(path: Path) -> Iterator[tuple[int, Grade]]:
    faults, found = Faults(path), []
    for number, record in records(path):
        if isinstance(record, Grade):
            found.append((number, record))
        else:
            faults.add(number, str(record))
    faults.complain()
    yield from found


def _one_text_each(placed: Sequence[tuple[Path, int, Grade]]) -> None:
    seen: dict[AnswerKey, tuple[Path, int, str]] = {}
    for path, line, grade in placed:
        digest = grade.digests.answer
        first = seen.setdefault((grade.question, grade.answer_id), (path, line, digest))
        if first[2] != digest:
            raise BadInput(
                f"{path}:{line}: answer {one_line(grade.answer_id, _SHORT)} is another text than"
                f" at {first[0]}:{first[1]}; give every answer an id of its own"
            )


def _points(
    placed: Sequence[tuple[Path, int, Grade]],
) -> tuple[dict[str, dict[str, float]], dict[str, Scheme]]:
    known: dict[str, tuple[Path, int, tuple[dict[str, float], Scheme]]] = {}
    for path, line, grade in placed:
        here = {point.id: point.weight for point in grade.key_points}, scheme_of(grade)
        first = known.setdefault(grade.question, (path, line, here))
        if first[2] != here:
            raise BadInput(
                f"{path}:{line}: question {grade.question} was graded against other key points"
                f" than at {first[0]}:{first[1]}; calibrate one version of a rubric at a time"
            )
    parts = {question: here for question, (_, _, here) in known.items()}
    return {q: here[0] for q, here in parts.items()}, {q: here[1] for q, here in parts.items()}


def _names(grades: Sequence[Grade]) -> tuple[tuple[str, ...], ...]:
    judges = list(dict.fromkeys(_judge(g) for g in grades if g.judge.kind != "code"))
    shown = _told_apart(judges) or {("", "", "", ""): "code"}
    repeats: Counter[tuple[AnswerKey, str]] = Counter()
    names = []
    for grade in grades:
        # What code decided without a call, it would have decided for any of the models.
        mine = list(shown.values()) if grade.judge.kind == "code" else [shown[_judge(grade)]]
        for name in mine:
            repeats[((grade.question, grade.answer_id), name)] += 1
        key = (grade.question, grade.answer_id)
        counts = [repeats[(key, name)] for name in mine]
        names.append(tuple(n if c == 1 else f"{n} #{c}" for n, c in zip(mine, counts, strict=True)))
    return tuple(names)


_Judge = tuple[str, str, str, str]


def _judge(grade: Grade) -> _Judge:
    judge = grade.judge
    parameters = ", ".join(f"{k}={v}" for k, v in sorted(judge.parameters.items()))
    return (judge.model, judge.ask, judge.endpoint, parameters)


def _told_apart(judges: Sequence[_Judge]) -> dict[_Judge, str]:
    """A name for each judge: its model, and of the rest only what tells namesakes apart."""
    names = {}
    for judge in judges:
        namesakes = [other for other in judges if other[0] == judge[0]]
        differing = [i for i in (1, 2, 3) if len({other[i] for other in namesakes}) > 1]
        rest = ", ".join(judge[i] or "-" for i in differing)
        names[judge] = f"{judge[0]} ({rest})" if rest else judge[0]
    return names

"""Imports files: each is recognised and read, each of its questions becomes a rubric or a gap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.authoring.importing.assemble import Assembler, Imported
from grader.authoring.importing.formats import format_of
from grader.authoring.importing.material import ImportedQuestion, ImportGap
from grader.authoring.importing.names import guess_language
from grader.authoring.importing.source import files_of, open_file
from grader.authoring.importing.table import Roles
from grader.errors import BadInput, GraderError
from grader.util.files import new_file

MOST_QUESTIONS = 5000


@dataclass(frozen=True)
class ImportResult:
    """What an import gave.

    Attributes:
        gaps: everything that the files lack, in their order.
        language: the tag of the rubrics' texts.
        guessed: whether nobody named the language.
        faults: files that could not be read at all.
    """

    rubrics: tuple[Imported, ...]
    gaps: tuple[ImportGap, ...]
    language: str
    guessed: bool
    faults: tuple[GraderError, ...] = ()

    @property
    def left_out(self) -> bool:
        """Whether a file, or a part of one, is in no rubric."""
        return bool(self.faults) or any(gap.left_out for gap in self.gaps)


@dataclass
class _Reading:
    """Questions and gaps as the files are read."""

    format_name: str
    roles: Roles
    questions: list[ImportedQuestion] = field(default_factory=list)
    gaps: list[ImportGap] = field(default_factory=list)
    faults: list[GraderError] = field(default_factory=list)

    def read(self, path: Path, name: str) -> None:
        try:
            file = open_file(path, name)
            before = len(self.questions) + self.left_out()
            for each in format_of(file, self.format_name, self.roles).read(file, self.roles):
                if isinstance(each, ImportGap):
                    self.gaps.append(each)
                elif len(self.questions) < MOST_QUESTIONS:
                    self.questions.append(each)
                else:
                    raise BadInput(f"{name}: more than {MOST_QUESTIONS} questions; import in parts")
            if len(self.questions) + self.left_out() == before:
                raise BadInput(f"{name}: holds no question")
        except GraderError as fault:
            self.faults.append(fault)

    def left_out(self) -> int:
        return sum(gap.left_out for gap in self.gaps)


def import_rubrics(
    sources: Sequence[Path],
    *,
    language: str = "",
    title: str = "",
    format_name: str = "",
    roles: Roles | None = None,
) -> ImportResult:
    """The rubrics that *sources* hold, files or folders of them.

    Args:
        language: the tag of the language of all texts; empty to guess it from them.
        title: of what was imported from, as it is cited; empty for each file's name.
        format_name: one of the formats' names; empty to recognise each file.
        roles: a column by its role, for tables.

    Raises:
        BadInput: a source does not exist, or nothing could be read.
    """
    reading = _Reading(format_name, roles or {})
    for source in sources:
        for path in files_of(source):
            name = str(path.relative_to(source)) if source.is_dir() else path.name
            reading.read(path, name)
    if reading.faults and not (reading.questions or reading.left_out()):
        raise BadInput("\n".join(str(fault) for fault in reading.faults))
    tag = language or guess_language(_words(reading.questions))
    assembler = Assembler(tag, title)
    made = [assembler.rubric(question) for question in reading.questions]
    gaps = [*reading.gaps, *(gap for question in reading.questions for gap in question.gaps)]
    rubrics = tuple(each for each in made if each is not None)
    return ImportResult(rubrics, _in_order(gaps), tag, not language, tuple(reading.faults))


def _in_order(gaps: Sequence[ImportGap]) -> tuple[ImportGap, ...]:
    """The gaps by file, and in each by line; what has no line first."""
    files = list(dict.fromkeys(gap.file for gap in gaps))

    def place(gap: ImportGap) -> tuple[int, int]:
        return files.index(gap.file), int(gap.at) if gap.at.isdecimal() else 0

    return tuple(sorted(gaps, key=place))


def _words(questions: Sequence[ImportedQuestion]) -> str:
    texts: list[str] = []
    for question in questions:
        texts += [question.title, question.text, *(claim.text for claim in question.claims)]
        texts += [text for p in question.points for text in (p.text, *p.notes.values())]
    return "\n".join(texts)


def write_rubric(imported: Imported, folder: Path, *, force: bool) -> tuple[Path, bool]:
    """Writes the rubric into *folder*; gives its path, and whether it is there now.

    A file that says something else is only written over with *force*.

    Raises:
        BadInput: the folder cannot be written to.
    """
    path, content = folder / f"{imported.rubric.id}.toml", imported.toml
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = path.exists() or path.is_symlink()
        if there and path.is_file() and path.read_bytes() == content.encode():
            return path, True
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
    if there and not force:
        return path, False
    try:
        with new_file(path) as file:
            file.write(content)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
    return path, True

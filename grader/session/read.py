"""A session: many answers, read one after another from files of several shapes.

Recognised are a Markdown file with a ``## QUESTION-ID`` heading for each answer, a folder of
``QUESTION-ID.txt`` or ``CANDIDATE/QUESTION-ID.md``, such a file by itself or a document, JSONL,
tables as people and platforms have them, and ``-`` for any of them on standard input. Whatever
cannot be graded comes out as a :class:`Problem` in its place, and the rest goes on. Memory does not
grow with the number of answers.
"""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from grader import answer
from grader.errors import BadInput, Failed, GraderError
from grader.session.documents import DOCUMENTS, convert
from grader.session.entry import Entry, Problem, Questions, readable
from grader.session.exports.columns import NO_COLUMNS, Columns
from grader.session.exports.label_studio import task_table
from grader.session.exports.rows import identified, missing
from grader.session.exports.workbook import workbook_table
from grader.session.rows import jsonl, table_rows
from grader.session.sections import markdown
from grader.session.tables import AnswerTable, csv_table, has_heading
from grader.util.digest_set import Seen
from grader.util.lines import encoding, sample
from grader.util.table import RowProblem, first_record
from grader.util.text_file import NotText, marked

SUFFIXES = (".txt", ".md")
_TABLES = {"csv", "workbook", "tasks"}
_KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv"}
_KINDS |= {".md": "markdown", ".markdown": "markdown", ".txt": "markdown", ".xlsx": "workbook"}
_BUFFER = 64 * 1024


def single(path: Path, name: str, candidate: str | None = None) -> Entry | Problem:
    """The file ``QUESTION-ID.txt``, ``QUESTION-ID.md`` or a document as one answer."""
    try:
        read = convert(path) if path.suffix.lower() in DOCUMENTS else answer.read(path)
    except GraderError as error:
        return Problem(name, str(error).removeprefix(f"{path}: "))
    return Entry(path.stem, read.text, name, name, candidate, flags=read.flags)


def folder(root: Path, name: str) -> Iterator[Entry | Problem]:
    """The answers in ``ID.txt``, ``ID.md``, ``CANDIDATE/ID.txt`` and ``CANDIDATE/ID.md``.

    Hidden files are passed over. A link that leads out of the folder is reported, not followed:
    it could send any file of this machine to the judge.
    """
    return _folder(root, root, name, None)


def _folder(root: Path, inner: Path, name: str, candidate: str | None) -> Iterator[Entry | Problem]:
    try:
        # Names alone, which take a tenth of the room that paths do.
        members = sorted(os.listdir(inner))  # noqa: PTH208
    except OSError as error:
        yield Problem(name, f"cannot be read: {error.strerror}")
        return
    for member in members:
        path, place = inner / member, f"{name}/{readable(member)}"
        if member.startswith("."):
            continue
        if path.is_symlink() or not path.is_dir():
            yield _text_file(root, path, place, candidate)
        elif candidate is None:
            yield from _folder(root, path, place, readable(member))
        else:
            yield Problem(place, "a folder too deep: answers lie in CANDIDATE/QUESTION-ID.md")


def _text_file(root: Path, path: Path, place: str, candidate: str | None) -> Entry | Problem:
    if path.is_symlink() and not _inside(root, path):
        return Problem(place, "a link that leads out of the folder or nowhere")
    if not path.is_file():
        return Problem(place, "not a file; links to folders are not followed")
    if path.suffix.lower() not in {*SUFFIXES, *DOCUMENTS}:
        return Problem(place, f"not an answer: {' and '.join(SUFFIXES)} are read")
    return single(path, place, candidate)


def _inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # a link to itself
        return False


def read_session(
    paths: Sequence[str],
    questions: Questions,
    stdin: BinaryIO | None = None,
    columns: Columns = NO_COLUMNS,
) -> Iterator[Entry | Problem]:
    """The answers of all *paths*, in their order, and whatever cannot be graded.

    Args:
        paths: files, folders and ``-``; used as given in places and ids.
        stdin: what ``-`` stands for.
        columns: what the user said of the columns of tables.

    Raises:
        BadInput: a path does not exist or is not of a shape that is known; before anything
            is read of any of them.
    """
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise BadInput(f"{path}: no such file or folder")
    if len(set(paths)) != len(paths):
        raise BadInput("the same path is given twice")
    return _checked(paths, _Reader(questions, columns), stdin or io.BytesIO())


def _checked(paths: Sequence[str], reader: "_Reader", stdin: BinaryIO) -> Iterator[Entry | Problem]:
    ids = Seen()
    for path in paths:
        for each in reader.read(path, stdin):
            yield each if isinstance(each, Problem) else _check(each, reader.questions, ids)


def _check(entry: Entry, questions: Questions, ids: Seen) -> Entry | Problem:
    try:
        questions.find(entry.question)
    except GraderError as error:
        return Problem(entry.place, str(error))
    if len(entry.text) > answer.MAX_CHARS:
        return Problem(entry.place, f"longer than {answer.MAX_CHARS:,} characters")
    name = f"{entry.question}\0{entry.id}"
    if not ids.add(hashlib.blake2b(name.encode(), digest_size=8).digest()):
        return Problem(entry.place, f"the id {entry.id!r} stands twice in the session")
    return entry


@dataclass(frozen=True)
class _Reader:
    """Reads one path after another."""

    questions: Questions
    columns: Columns

    def read(self, path: str, stdin: BinaryIO) -> Iterator[Entry | Problem]:
        """The answers of *path*, not yet held against their questions."""
        if path == "-":
            return self._stream("stdin", "", stdin)
        place, file = readable(path.rstrip("/") or path), Path(path)
        return folder(file, place) if file.is_dir() else self._file(file, place)

    def _file(self, path: Path, name: str) -> Iterator[Entry | Problem]:
        if path.suffix.lower() in DOCUMENTS:
            yield from self._document(path, name)
            return
        try:
            with path.open("rb", buffering=_BUFFER) as stream:
                named = path.suffix in SUFFIXES and self.questions.knows(path.stem)
                if named and not _has_headings(path, self.questions):
                    yield single(path, name)
                else:
                    yield from self._stream(name, path.suffix.lower(), stream)
        except OSError as error:
            yield Problem(name, f"cannot be read: {error.strerror}")

    def _document(self, path: Path, name: str) -> Iterator[Entry | Problem]:
        """A document that is one answer, or has a heading for each."""
        read = single(path, name)
        if isinstance(read, Problem):
            yield read
            return
        text = io.BytesIO(read.text.encode("utf-8", "replace"))
        each = list(markdown(name, text, "utf-8", self.questions))
        if self.questions.knows(path.stem) and not any(isinstance(e, Entry) for e in each):
            yield read
            return
        for part in each:
            yield replace(part, flags=read.flags) if isinstance(part, Entry) else part

    def _stream(self, name: str, suffix: str, stream: BinaryIO) -> Iterator[Entry | Problem]:
        kind = _kind(suffix, stream, self.columns)
        if kind == "jsonl":
            # By its standard JSON is in UTF-8: a line that is not is in no other code page.
            return jsonl(name, stream, marked(sample(stream)) or "utf-8", self.columns)
        try:
            if kind != "markdown":
                return table_rows(self._table(name, kind, stream), self.questions)
            return markdown(name, stream, encoding(stream), self.questions)
        except RowProblem as problem:
            return iter((Problem(f"{name}:{problem.line}", str(problem)),))
        except (NotText, Failed) as problem:
            return iter((Problem(name, str(problem)),))

    def _table(self, name: str, kind: str, stream: BinaryIO) -> AnswerTable:
        if kind == "workbook":
            return workbook_table(name, stream, self.columns)
        if kind == "tasks":
            return task_table(name, stream, self.columns)
        return csv_table(name, stream, encoding(stream), self.questions, self.columns)

    def tables(self, path: str) -> Iterator[AnswerTable]:
        """The table of a platform in *path*, if it is one; to be read before the next is asked."""
        file = Path(path)
        if not file.is_file():
            return
        with file.open("rb", buffering=_BUFFER) as stream:
            kind = _kind(file.suffix.lower(), stream, self.columns)
            try:
                table = self._table(readable(path), kind, stream) if kind in _TABLES else None
            except (NotText, RowProblem, Failed):  # told when it was read
                return
            if table is not None:
                yield table


def read_tables(
    paths: Sequence[str], questions: Questions, columns: Columns = NO_COLUMNS
) -> Iterator[AnswerTable]:
    """The tables of platforms among *paths*, each to be read before the next is asked for.

    Those that cannot be read are passed over: :func:`read_session` tells what is wrong with them.
    """
    reader = _Reader(questions, columns)
    for path in paths:
        for table in reader.tables(path):
            if table.shape is not None and not missing(table.shape, table.names):
                shape, _ = identified(table.shape, questions)
                yield replace(table, shape=shape)


def _kind(suffix: str, stream: BinaryIO, columns: Columns) -> str:
    """What a file is, by its name or else by how it begins."""
    start = sample(stream)
    text = start.decode(marked(start) or "latin-1", "replace").lstrip("\ufeff")
    if suffix in _KINDS:
        return _KINDS[suffix]
    if text.lstrip().startswith("{"):
        return "jsonl"
    if text.lstrip().startswith("[") and suffix == ".json":
        return "tasks"
    return "csv" if has_heading(first_record(io.StringIO(text)), columns) else "markdown"


def _has_headings(path: Path, questions: Questions) -> bool:
    """Whether a file that is named like a question is a session all the same."""
    with path.open("rb", buffering=_BUFFER) as stream:
        found = markdown("", stream, "latin-1", questions)
        return any(isinstance(each, Entry) for each in found)

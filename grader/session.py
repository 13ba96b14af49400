"""A session: many answers, read one after another from files of several shapes.

Recognised are a Markdown file with a ``## QUESTION-ID`` heading for each answer, a folder of
``QUESTION-ID.txt`` or ``CANDIDATE/QUESTION-ID.md``, such a file by itself, JSONL, CSV, and ``-``
for any of them on standard input. Whatever cannot be graded comes out as a :class:`Problem` in
its place, and the rest goes on. Memory does not grow with the number of answers.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from grader import answer
from grader.entry import Entry, Problem, Questions, readable
from grader.errors import BadInput, GraderError
from grader.lines import encoding, sample
from grader.seen import Seen
from grader.session_row import csv_rows, has_heading, jsonl
from grader.session_text import SUFFIXES, folder, markdown, single

_JSONL = {".jsonl", ".ndjson"}
_CSV = {".csv", ".tsv"}
_MARKDOWN = {".md", ".markdown", ".txt"}
_BUFFER = 64 * 1024


def read(
    paths: Sequence[str], questions: Questions, stdin: BinaryIO | None = None
) -> Iterator[Entry | Problem]:
    """The answers of all *paths*, in their order, and whatever cannot be graded.

    Args:
        paths: files, folders and ``-``; used as given in places and ids.
        stdin: what ``-`` stands for.

    Raises:
        BadInput: a path does not exist or is not of a shape that is known; before anything
            is read of any of them.
    """
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise BadInput(f"{path}: no such file or folder")
    if len(set(paths)) != len(paths):
        raise BadInput("the same path is given twice")
    return _checked(paths, questions, stdin or io.BytesIO())


def _checked(
    paths: Sequence[str], questions: Questions, stdin: BinaryIO
) -> Iterator[Entry | Problem]:
    ids = Seen()
    for path in paths:
        for found in _read(path, questions, stdin):
            yield found if isinstance(found, Problem) else _check(found, questions, ids)


def _check(entry: Entry, questions: Questions, ids: Seen) -> Entry | Problem:
    try:
        questions.find(entry.question)
    except GraderError as error:
        return Problem(entry.place, str(error))
    if not entry.text.strip():
        return Problem(entry.place, f"the answer to {entry.question} is empty")
    if len(entry.text) > answer.MAX_CHARS:
        return Problem(entry.place, f"longer than {answer.MAX_CHARS:,} characters")
    if not ids.add(hashlib.blake2b(entry.id.encode(), digest_size=8).digest()):
        return Problem(entry.place, f"the id {entry.id!r} stands twice in the session")
    return entry


def _read(path: str, questions: Questions, stdin: BinaryIO) -> Iterator[Entry | Problem]:
    if path == "-":
        return _stream("stdin", "", stdin, questions)
    place, file = readable(path.rstrip("/") or path), Path(path)
    if file.is_dir():
        return folder(file, place)
    return _file(file, place, questions)


def _file(path: Path, name: str, questions: Questions) -> Iterator[Entry | Problem]:
    try:
        with path.open("rb", buffering=_BUFFER) as stream:
            named = path.suffix in SUFFIXES and questions.knows(path.stem)
            if named and not _has_headings(path, questions):
                yield single(path, name)
            else:
                yield from _stream(name, path.suffix.lower(), stream, questions)
    except OSError as error:
        yield Problem(name, f"cannot be read: {error.strerror}")


def _stream(
    name: str, suffix: str, stream: BinaryIO, questions: Questions
) -> Iterator[Entry | Problem]:
    start = sample(stream)
    written_in = encoding(start)
    if written_in.startswith(("utf-16", "utf_16", "utf-32", "utf_32")):
        return iter((Problem(name, f"in {written_in.upper()}: save it as UTF-8"),))
    shape = _shape(suffix, start.decode(written_in, "replace").lstrip("\ufeff"))
    if shape == "jsonl":
        return jsonl(name, stream)
    if shape == "csv":
        return csv_rows(name, stream, written_in)
    return markdown(name, stream, written_in, questions.knows)


def _shape(suffix: str, start: str) -> str:
    """What a file is, by its name or else by how it begins."""
    if suffix in _JSONL:
        return "jsonl"
    if suffix in _CSV:
        return "csv"
    if suffix in _MARKDOWN:
        return "markdown"
    if start.lstrip().startswith("{"):
        return "jsonl"
    return "csv" if has_heading(start.partition("\n")[0]) else "markdown"


def _has_headings(path: Path, questions: Questions) -> bool:
    """Whether a file that is named like a question is a session all the same."""
    with path.open("rb", buffering=_BUFFER) as stream:
        found = markdown("", stream, "latin-1", questions.knows)
        return any(isinstance(e, Entry) and questions.knows(e.question) for e in found)

"""Rubrics: a question with its key points and misconceptions, one TOML file each."""

import difflib
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from grader.errors import BadInput, BadRubric, UnknownQuestion
from grader.rubric.format import (
    SLUG,
    Rubric,
)
from grader.text.language import LANGUAGE_TAG
from grader.util import complaint
from grader.util.files import data_folder, new_file
from grader.util.text_file import NotText, decode_utf8, read_bytes
from grader.util.toml import nearest_line, parse_toml, value_lines

_PATTERNS = {
    SLUG: "must be small letters and digits joined by single hyphens, as 'bank-conflict'",
    LANGUAGE_TAG: "is not a key of the format, nor the tag of a language, as 'de' or 'pt-BR'",
}
MAX_BYTES = 1024 * 1024

_SHORT = 80


def read_rubric(path: Path) -> Rubric:
    """The rubric in the file *path*.

    Raises:
        BadRubric: the file cannot be read, is not TOML or not of the format. One line that
            names the file, the line, the key and what is expected.
    """
    text = text_of(path)
    try:
        content = parse_toml(text)
    except ValueError as error:  # TOMLDecodeError, and numbers too long for int()
        place = re.search(r" \(at line (\d+), .*\)$", str(error))
        where, what = (f":{place[1]}", str(error)[: place.start()]) if place else ("", str(error))
        raise BadRubric(f"{path}{where}: not TOML: {what}") from None
    try:
        rubric = Rubric.model_validate(content)
    except ValidationError as error:
        raise BadRubric(_complaint(path, text, error.errors(include_url=False))) from None
    if rubric.id != path.stem:
        line = nearest_line(value_lines(text), ("id",))
        raise BadRubric(f"{path}:{line}: id: must be the file's name, {path.stem!r}")
    return rubric


def text_of(path: Path) -> str:
    """The text of the rubric file *path*, its line ends made one kind.

    Raises:
        BadRubric: there is no such file, or it is too large or not UTF-8, which TOML is.
    """
    try:
        if not path.is_file():
            raise BadRubric(f"{path}: no such file")
        content = read_bytes(path, MAX_BYTES)
    except (OSError, ValueError, BadInput) as error:
        raise BadRubric(str(error)) from None
    if len(content) > MAX_BYTES:
        raise BadRubric(f"{path}: larger than 1 MiB; a rubric is a few kB of TOML")
    try:
        return decode_utf8(content, "save the file as UTF-8").replace("\r\n", "\n")
    except NotText as problem:
        raise BadRubric(f"{path}:{problem}") from None


def _complaint(path: Path, text: str, errors: Sequence[ErrorDetails]) -> str:
    places = value_lines(text)
    line, first = min(
        ((nearest_line(places, e["loc"]), e) for e in errors), key=lambda pair: pair[0]
    )
    key = complaint.key_of(first["loc"])
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    where = f"{path}:{line}: {key}: " if key else f"{path}: "
    return f"{where}{expected(first)}{more}"


def expected(error: ErrorDetails) -> str:
    """What the format asks for, in words, where a file went against it."""
    return complaint.expected(error, _PATTERNS)


def rubric_folders(own: Path | None = None, only: bool = False) -> tuple[Path, ...]:
    """The folders to look for rubrics in, the first to win: *own*, then the shipped one.

    Args:
        own: a folder of one's own rubrics; None takes the environment's ``GRADER_RUBRICS``.
        only: leave the shipped rubrics out.

    Raises:
        BadInput: the folder does not exist, or *only* is asked for without one.
    """
    own = own or (Path(named) if (named := os.environ.get("GRADER_RUBRICS")) else None)
    if own is None:
        if only:
            raise BadInput("only one's own rubrics, but no folder: name it by --rubrics DIR")
        return (data_folder("rubrics"),)
    if not own.is_dir():
        raise BadInput(f"{own}: not a folder; --rubrics and GRADER_RUBRICS name one of rubrics")
    return (own,) if only else (own, data_folder("rubrics"))


def load_rubric(question_id: str, folders: Sequence[Path] | None = None) -> Rubric:
    """The rubric of the question *question_id*, from the first of *folders* that has it.

    None stands for those that :func:`rubric_folders` gives.

    Raises:
        UnknownQuestion: no folder has it; the nearest ids are named.
        BadRubric: the file is not of the format.
    """
    folders = rubric_folders() if folders is None else folders
    # An id that is no slug names no file: so no id can lead out of the folders.
    if re.fullmatch(SLUG, question_id):
        for folder in folders:
            if (path := folder / f"{question_id}.toml") in _files(folder):
                return read_rubric(path)
    written = "-".join(question_id[:_SHORT].lower().split())
    near = difflib.get_close_matches(written, question_ids(folders), cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "see them all by: grade questions"
    raise UnknownQuestion(f"no question {question_id[:_SHORT]!r}; {hint}")


def question_ids(folders: Sequence[Path]) -> list[str]:
    """The ids of all questions in *folders*, in order."""
    return sorted({path.stem for folder in folders for path in _files(folder)})


def load_rubrics(folders: Sequence[Path] | None = None) -> tuple[Rubric, ...]:
    """Every rubric of *folders*, by id; one in an earlier folder hides its namesakes.

    None stands for those that :func:`rubric_folders` gives.

    Raises:
        BadRubric: one of the files is not of the format.
    """
    return tuple(
        read_rubric(path) for path in _paths(rubric_folders() if folders is None else folders)
    )


def load_readable(
    folders: Sequence[Path],
) -> tuple[tuple[Rubric, ...], tuple[BadRubric, ...]]:
    """As :func:`load_rubrics`, but a file that is not of the format stops none of the others."""
    rubrics, faults = [], []
    for path in _paths(folders):
        try:
            rubrics.append(read_rubric(path))
        except BadRubric as fault:
            faults.append(fault)
    return tuple(rubrics), tuple(faults)


def _paths(folders: Sequence[Path]) -> list[Path]:
    paths = {path.stem: path for folder in reversed(folders) for path in _files(folder)}
    return [paths[name] for name in sorted(paths)]


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.glob("*.toml") if p.is_file() and not p.name.startswith(".")]


def search_rubrics(rubrics: Iterable[Rubric], words: Iterable[str]) -> tuple[Rubric, ...]:
    """The rubrics that say all of *words*, in any case; those that say them in the question first.

    Looked through are id, question and key points, in all their languages.
    """
    wanted = [_folded(word) for word in words]

    def says(texts: Iterable[str]) -> bool:
        text = _folded("\n".join(texts))
        return all(word in text for word in wanted)

    def asked(r: Rubric) -> tuple[str, ...]:
        return (r.id, *r.question.wordings)

    found = [
        r for r in rubrics if says([*asked(r), *(t for p in r.key_points for t in p.wordings)])
    ]
    return tuple(sorted(found, key=lambda r: not says(asked(r))))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def rubric_toml(rubric: Rubric) -> str:
    """Returns the rubric as its file says it: TOML in the format's order, no defaults."""
    import tomli_w

    return tomli_w.dumps(rubric.model_dump(mode="json", by_alias=True, exclude_defaults=True))


def save_rubric(rubric: Rubric, folder: Path) -> Path:
    """Writes the rubric into *folder* under its id, whole or not at all; gives the file's path.

    Raises:
        BadInput: the folder cannot be written to.
    """
    path = folder / f"{rubric.id}.toml"
    with new_file(path) as file:
        file.write(rubric_toml(rubric))
    return path

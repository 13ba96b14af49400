"""A file to import from: bounded, decoded once, held against every format before one reads it."""

import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.errors import BadInput
from grader.util.json_text import without_halves
from grader.util.text_file import NotText, decode, read_bytes

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of a file: a question bank without its pictures."""
_ZIP = b"PK\x03\x04"
KINDS = {".md", ".markdown", ".csv", ".tsv", ".txt", ".xlsx", ".xml", ".gift", ".json"}
"""Endings of the files of a folder that are looked at."""


@dataclass(frozen=True)
class ImportFile:
    """The bytes of a file, and how it is called in places."""

    name: str
    data: bytes

    @property
    def stem(self) -> str:
        """The name without folder and ending."""
        return Path(self.name).stem

    @property
    def is_workbook(self) -> bool:
        """Whether it is a ZIP file, as XLSX is."""
        return self.data.startswith(_ZIP)

    @cached_property
    def text(self) -> str:
        """The text, its line ends made one kind; empty for a workbook.

        Raises:
            NotText: it is no text.
        """
        if self.is_workbook:
            return ""
        text = decode(self.data)[0].removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - JSON of anybody
        """What it says as JSON, or None."""
        if self.text.lstrip()[:1] not in {"{", "["}:
            return None
        try:
            return json.loads(without_halves(self.text))
        except (ValueError, RecursionError):
            return None

    def stream(self) -> io.BytesIO:
        """The bytes from the beginning."""
        return io.BytesIO(self.data)


def open_file(path: Path, name: str) -> ImportFile:
    """The file *path*, called *name* in places.

    Raises:
        BadInput: it cannot be read, or is too large.
    """
    data = read_bytes(path, MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise BadInput(f"{name}: larger than {MOST_BYTES >> 20} MiB; give it in several files")
    try:
        file = ImportFile(name, data)
        file.text  # noqa: B018 - whether it is text shows here, with the file's name
    except NotText as problem:
        raise BadInput(f"{name}: {problem}") from None
    return file


def files_of(path: Path) -> list[Path]:
    """The files that *path* names: itself, or those of a folder and of the folders in it.

    Raises:
        BadInput: there is no such file, or none in the folder.
    """
    if not path.is_dir():
        if not path.exists():
            raise BadInput(f"{path}: no such file or folder")
        return [path]
    inner = (p for p in sorted(path.rglob("*")) if p.suffix.lower() in KINDS and p.is_file())
    files = [p for p in inner if not any(part[:1] == "." for part in p.relative_to(path).parts)]
    if not files:
        kinds = ", ".join(sorted(kind.lstrip(".") for kind in KINDS))
        raise BadInput(f"{path}: no file to import from in this folder ({kinds})")
    return files

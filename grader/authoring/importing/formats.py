"""The formats that rubrics are imported from, and which of them a file is of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grader.authoring.importing import (
    canvas,
    gradescope,
    label_studio,
    markdown,
    moodle,
    table,
)
from grader.authoring.importing.material import Read
from grader.authoring.importing.source import ImportFile
from grader.authoring.importing.table import Roles
from grader.errors import BadInput


@dataclass(frozen=True)
class ImportFormat:
    """A family of files.

    Attributes:
        recognises: whether a file is of it, by its content.
        read: its questions and gaps; raises BadInput for a file that cannot be read as such.
    """

    name: str
    recognises: Callable[[ImportFile, Roles], bool]
    read: Callable[[ImportFile, Roles], Iterator[Read]]


FORMATS = (
    ImportFormat("moodle-xml", moodle.recognises_xml, moodle.read_xml),
    ImportFormat("canvas", canvas.recognises, canvas.read),
    ImportFormat("gradescope", gradescope.recognises, gradescope.read),
    ImportFormat("label-studio", label_studio.recognises, label_studio.read),
    ImportFormat("table", table.recognises, table.read),
    ImportFormat("gift", moodle.recognises_gift, moodle.read_gift),
    ImportFormat("markdown", markdown.recognises, markdown.read),
)
"""In the order in which a file is held against them: what is surest first."""
NAMES = tuple(each.name for each in FORMATS)


def format_of(file: ImportFile, name: str = "", roles: Roles | None = None) -> ImportFormat:
    """The format called *name*, or else the first that recognises the file.

    A file whose columns were named, *roles*, is a table where nothing else recognises it.

    Raises:
        BadInput: there is no such format, or none recognises the file.
    """
    fitting = (each for each in FORMATS if each.recognises(file, roles or {}))
    known = None if name else next(fitting, None)
    if known is None and (name or roles):
        name = name or "table"
        named = next((each for each in FORMATS if each.name == name), None)
        if named is None:
            raise BadInput(f"--format {name}: one of {', '.join(NAMES)}")
        return named
    if known is None:
        raise BadInput(
            f"{file.name}: not recognised; a table needs columns for question and key point"
            f" (--columns ROLE=COLUMN), any other file --format {'|'.join(NAMES)}"
        )
    return known

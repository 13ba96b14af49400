"""Markdown: a heading is a question, the items of the lists below it are its key points.

``## Common mistakes`` and ``## Source``, in any of the known languages, belong to the question
above them. A heading with nothing but deeper headings below it is a chapter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from grader.authoring.importing.gather import SECTIONS, Gathering
from grader.authoring.importing.material import ImportedQuestion, Read
from grader.authoring.importing.names import labelled, role_of
from grader.authoring.importing.outline import Kind, OutlineLine, of_markdown
from grader.authoring.importing.points import split_points
from grader.authoring.importing.source import ImportFile
from grader.authoring.importing.table import Roles
from grader.errors import BadInput

MOST_CHARACTERS = 2_000_000
_SAMPLE = 65536


@dataclass
class _Part:
    """A heading and the lines below it, up to the next question."""

    heading: OutlineLine | None
    lines: list[OutlineLine] = field(default_factory=list)

    @property
    def has_items(self) -> bool:
        return any(line.kind is Kind.ITEM for line in self.lines)


def recognises(file: ImportFile, _: Roles) -> bool:
    """Whether there is a heading with a list item below it."""
    if file.is_workbook or file.text.lstrip()[:1] == "<" or file.json is not None:
        return False
    lines = of_markdown(file.text[:_SAMPLE])
    first = next((n for n, line in enumerate(lines) if line.kind is Kind.HEADING), len(lines))
    return any(line.kind is Kind.ITEM for line in lines[first:])


def read(file: ImportFile, _: Roles) -> Iterator[Read]:
    """The questions of a file; one without any key point is a gap.

    Raises:
        BadInput: it is longer than a course is.
    """
    if len(file.text) > MOST_CHARACTERS:
        raise BadInput(f"{file.name}: longer than {MOST_CHARACTERS:,} characters; import in parts")
    parts = list(_parts(of_markdown(file.text)))
    for part, after in zip_longest(parts, parts[1:]):
        if part.heading is None:
            if part.has_items:
                question = ImportedQuestion(file.name, str(part.lines[0].line))
                question.lack("a list above the first heading, so of no question", left_out=True)
                yield from question.gaps
            continue
        deeper = after is not None and after.heading and after.heading.depth > part.heading.depth
        if part.has_items or not deeper:
            yield _question(file, part, part.heading)


def _parts(lines: list[OutlineLine]) -> Iterator[_Part]:
    part = _Part(None)
    for line in lines:
        if line.kind is Kind.HEADING and not _is_section(line, part):
            if part.heading or part.lines:
                yield part
            part = _Part(line)
        else:
            part.lines.append(line)
    if part.heading or part.lines:
        yield part


def _is_section(line: OutlineLine, part: _Part) -> bool:
    """Whether a heading belongs to the question above it."""
    return part.heading is not None and role_of(line.text) in {*SECTIONS, "contradicted"}


def _question(file: ImportFile, part: _Part, heading: OutlineLine) -> ImportedQuestion:
    title, total = split_points(heading.text)
    role, rest = labelled(title)
    title = rest if role in {"question", "title"} else title
    question = ImportedQuestion(file.name, str(heading.line), title=title, total=total)
    gathering = Gathering(question)
    gathering.take(part.lines)
    gathering.end()
    asks = title.rstrip().endswith(("?", "\uff1f"))
    told = [title, *gathering.prose] if asks or not gathering.prose else gathering.prose
    question.text = question.text or "\n\n".join(told)
    return question

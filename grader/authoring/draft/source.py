"""What a rubric is drafted from: a text in blocks, each with its heading and line.

A source is data of unknown origin, as an answer is: nothing in it is an instruction.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path

from grader.authoring.check.words import tokens
from grader.authoring.draft.blocks import Block, of_html, of_markdown, of_text
from grader.errors import BadInput
from grader.text.flags import flags
from grader.text.quotes import Span, locate, sentences
from grader.util.text_file import read_text

MAX_BYTES = 2 * 1024 * 1024
"""A long chapter; a book is drafted from chapter by chapter."""
LONGEST_QUOTE = 400
"""Characters: more is a passage, not a quotation."""
_FEWEST_TOKENS = 3
_NOT_A_STATEMENT = {"instruction", "self-grading", "fake-delimiter", "role-token"}


@dataclass(frozen=True)
class Quotation:
    """Words of the source, where they stand.

    Attributes:
        text: the source's own words, on one line.
    """

    text: str
    line: int
    heading: str

    @property
    def section(self) -> str:
        """The place in words, as ``Padding, line 12``."""
        return f"{self.heading}, line {self.line}" if self.heading else f"line {self.line}"


@dataclass(frozen=True)
class SourceText:
    """A text in blocks."""

    path: str
    blocks: tuple[Block, ...]

    @cached_property
    def text(self) -> str:
        """The whole text as a model sees it: headings marked, blocks apart."""
        return as_text(self.blocks)

    @cached_property
    def digest(self) -> str:
        """``sha256:`` of the text."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def title(self) -> str:
        """The first heading, or the file's name."""
        first = next((block.text for block in self.blocks if block.is_heading), "")
        return first or Path(self.path).name

    def find(self, quote: str) -> Quotation | None:
        """Where the source says *quote*: in one block that is no heading.

        None for a quote that is not there, that is too short to name anything or too long to
        be one, that holds what nobody can see, or that speaks to a model that reads it.
        """
        if len(tokens(quote)) < _FEWEST_TOKENS:
            return None
        for block in self.blocks:
            span = None if block.is_heading else locate(quote, block.text)
            if span and _quotable(block, span):
                return _quotation(block, span)
        return None

    @cached_property
    def statements(self) -> tuple[Quotation, ...]:
        """Every sentence outside headings that is no instruction, in order."""
        return tuple(
            _quotation(block, span)
            for block in self.blocks
            if not block.is_heading
            for span in sentences(block.text)
            if not _speaks_to_models(block, span)
        )

    def parts(self, limit: int) -> tuple[str, ...]:
        """The text in parts of about *limit* characters, cut between blocks."""
        ends, total = [], 0
        for block in self.blocks:
            ends.append(total // limit)
            total += len(block.text)
        numbered = zip(ends, self.blocks, strict=True)
        grouped = groupby(numbered, key=lambda pair: pair[0])
        return tuple(as_text([block for _, block in part])[: 2 * limit] for _, part in grouped)


def as_text(parts: Iterable[Block]) -> str:
    """Blocks as a model sees them."""
    return "\n\n".join(f"# {b.text}" if b.is_heading else b.text for b in parts)


def _quotable(block: Block, span: Span) -> bool:
    seen = all(char.isprintable() or char.isspace() for char in span.text)
    return seen and len(span.text) <= LONGEST_QUOTE and not _speaks_to_models(block, span)


def _quotation(block: Block, span: Span) -> Quotation:
    line = block.line + block.text.count("\n", 0, span.start)
    return Quotation(" ".join(span.text.split()), line, block.heading)


def _speaks_to_models(block: Block, span: Span) -> bool:
    return any(start < span.end and span.start < end for start, end in _barred(block.text))


@lru_cache(maxsize=1024)
def _barred(text: str) -> tuple[tuple[int, int], ...]:
    """Where *text* speaks to its reader's model instead of about the subject."""
    return tuple((f.start, f.end) for f in flags(text) if f.kind in _NOT_A_STATEMENT)


def read(path: Path) -> SourceText:
    """Reads Markdown (``.md``), HTML (``.html``, or what begins as such) or plain text.

    Raises:
        BadInput: missing, no text, in no known encoding, empty or too long.
    """
    text = read_text(path, MAX_BYTES, "larger than 2 MiB; draft from one chapter at a time")
    start = text.lstrip()[:200].lower()
    if path.suffix.lower() in {".html", ".htm", ".xhtml"} or start.startswith(
        ("<!doctype html", "<html")
    ):
        found = of_html(text)
    elif path.suffix.lower() in {".md", ".markdown"}:
        found = of_markdown(text)
    else:
        found = of_text(text)
    if not any(not block.is_heading for block in found):
        raise BadInput(f"{path}: holds no text to draft from")
    return SourceText(str(path), tuple(found))

"""What a rubric is drafted from: a text in blocks, each with its heading and line.

A source is data of unknown origin, as an answer is: nothing in it is an instruction. Markdown is
read by markdown-it-py, which rich brings along. HTML is read by the standard library's parser: it
streams, so that no nesting of a hostile page can slow it down, and blocks are all that is wanted
of a page; tree-building parsers took time quadratic in the depth.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from grader.authoring.check.words import tokens
from grader.errors import BadInput
from grader.text.flags import flags
from grader.text.quotes import Span, locate, sentences

if TYPE_CHECKING:
    from markdown_it.token import Token

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
_VOID |= {"source", "track", "wbr"}
_UNSEEN = {"script", "style", "template", "noscript", "svg", "math", "nav", "footer", "form"}
_UNSEEN |= {"button", "select", "iframe", "object", "head", "textarea", "title"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_OWN_BLOCK = {"p", "div", "li", "tr", "pre", "blockquote", "section", "article", "main", "table"}
_OWN_BLOCK |= {"ul", "ol", "dl", "dd", "dt", "figure", "figcaption", "body", "header", "aside"}
_OWN_BLOCK |= _HEADINGS | {"hr", "html", "caption", "thead", "tbody", "details", "summary"}
_ENDS_ITSELF = {"p", "li", "tr", "dd", "dt"}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CELL = " | "
_TITLE = r".{1,80}[^.。!\uff01;\uff1b,\uff0c:\uff1a\n]"


@dataclass(frozen=True)
class Block:
    """A paragraph, list item, table row, piece of code or heading.

    Attributes:
        line: of its beginning in the file, from 1.
        heading: of the section that it stands in; empty before the first heading.
    """

    text: str
    line: int
    heading: str = ""
    is_heading: bool = False


def of_text(text: str) -> list[Block]:
    """Paragraphs, apart by blank lines. A short first line that ends no sentence is the title."""
    found: list[Block] = []
    line = 1
    for part in re.split(r"(\n[^\S\n]*(?:\n[^\S\n]*)+)", text):
        if part.strip():
            lead = len(part) - len(part.lstrip())
            place = line + part.count("\n", 0, lead)
            title = not found and re.fullmatch(_TITLE, part.strip())
            found.append(Block(part.strip(), place, is_heading=bool(title)))
        line += part.count("\n")
    return found if len(found) > 1 else [replace(block, is_heading=False) for block in found]


def of_markdown(text: str) -> list[Block]:
    """Paragraphs, list items, table rows, code and headings, without their markup."""
    from markdown_it import MarkdownIt

    reader = _Blocks()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    heading = row = False
    for token in tokens:
        line = token.map[0] + 1 if token.map else reader.line
        if token.type == "heading_open":
            heading = True
        elif token.type in {"tr_open", "tr_close"}:
            reader.end()
            row = token.type == "tr_open"
        elif token.type == "inline":
            if row:
                reader.cell()
            reader.say(_inline(token), line)
            if not row:
                reader.end(heading=heading)
            heading = False
        elif token.type in {"fence", "code_block"}:
            reader.code(token.content, line)
        elif token.type == "html_block":
            for block in of_html(token.content):
                reader.say(block.text, line + block.line - 1)
                reader.end()
    return reader.found


def _inline(token: "Token") -> str:
    kept = {"text", "code_inline"}
    pieces = []
    for child in token.children or []:
        if child.type in kept:
            pieces.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            pieces.append(" ")
    return "".join(pieces)


def of_html(text: str) -> list[Block]:
    """What a reader of the page sees, in blocks; scripts, navigation and hidden parts left out."""
    reader = _Page()
    reader.feed(_closable(text))
    reader.close()
    reader.blocks.end()
    return reader.blocks.found


def _closable(text: str) -> str:
    """*text* with nothing left open: the parser would look for its end again and again."""
    head, closing, rest = text.rpartition("-->")
    text = head + closing + rest.replace("<!--", "&lt;!--")
    head, closing, rest = text.rpartition(">")
    return head + closing + rest.replace("<", "&lt;")


class _Blocks:
    """Gathers words into blocks, and remembers the heading."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.line = 1
        self._words: list[str] = []
        self._heading = ""

    def say(self, words: str, line: int) -> None:
        if not self._words:
            if not words.strip():
                return
            self.line = line
        self._words.append(words)

    def cell(self) -> None:
        """Another cell of a row begins."""
        if self._words:
            self._words.append(_CELL)

    def end(self, *, heading: bool = False) -> None:
        text = " ".join("".join(self._words).split())
        self._words = []
        if text:
            self._heading = text if heading else self._heading
            self.found.append(Block(text, self.line, self._heading, heading))

    def code(self, text: str, line: int) -> None:
        self.end()
        if text.strip():
            self.found.append(Block(text.strip("\n"), line, self._heading))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks = _Blocks()
        self._unseen = ""
        self._depth = 0
        self._heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen and not (self._unseen in _ENDS_ITSELF and tag in _OWN_BLOCK):
            self._depth += tag == self._unseen
            return
        self._unseen = ""
        if tag in _OWN_BLOCK:
            self._end()
            self._heading = tag in _HEADINGS
        if tag in {"td", "th"}:
            self.blocks.cell()
        if tag == "br":
            self.blocks.say(" ", self.getpos()[0])
        elif tag not in _VOID and (tag in _UNSEEN or _is_hidden(dict(attrs))):
            self._unseen, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._depth -= tag == self._unseen
            self._unseen = self._unseen if self._depth else ""
        elif tag in _OWN_BLOCK:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            lead = data[: len(data) - len(data.lstrip())]
            self.blocks.say(data, self.getpos()[0] + lead.count("\n"))

    def _end(self) -> None:
        self.blocks.end(heading=self._heading)
        self._heading = False


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
    )


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
    text = _text(path)
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


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from None
    if len(content) > MAX_BYTES:
        raise BadInput(f"{path}: larger than 2 MiB; draft from one chapter at a time")
    if content.startswith((b"%PDF-", b"PK\x03\x04")) or b"\0" in content[:4096]:
        raise BadInput(f"{path}: is not text; save it as text, Markdown or HTML")
    return _decoded(path, content).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        guess = from_bytes(content).best()
        if guess is None:
            raise BadInput(
                f"{path}: neither UTF-8 nor another known text; save it as UTF-8"
            ) from None
        return str(guess)

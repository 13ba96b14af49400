"""The blocks of a text, Markdown or HTML: paragraphs, list items, table rows, code and headings.

Markdown is read by markdown-it-py, which rich brings along; HTML by the standard library's parser,
for blocks are all that is wanted of a page.
"""

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from grader.text.html import CELL, ENDS_ITSELF, HEADINGS, OWN_BLOCK, VOID, closable, is_hidden

if TYPE_CHECKING:
    from markdown_it.token import Token

_UNSEEN = {"script", "style", "template", "noscript", "svg", "math", "nav", "footer", "form"}
_UNSEEN |= {"button", "select", "iframe", "object", "head", "textarea", "title"}
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
    reader.feed(closable(text))
    reader.close()
    reader.blocks.end()
    return reader.blocks.found


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
            self._words.append(CELL)

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
        if self._unseen and not (self._unseen in ENDS_ITSELF and tag in OWN_BLOCK):
            self._depth += tag == self._unseen
            return
        self._unseen = ""
        if tag in OWN_BLOCK:
            self._end()
            self._heading = tag in HEADINGS
        if tag in {"td", "th"}:
            self.blocks.cell()
        if tag == "br":
            self.blocks.say(" ", self.getpos()[0])
        elif tag not in VOID and (tag in _UNSEEN or is_hidden(dict(attrs))):
            self._unseen, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._depth -= tag == self._unseen
            self._unseen = self._unseen if self._depth else ""
        elif tag in OWN_BLOCK:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            lead = data[: len(data) - len(data.lstrip())]
            self.blocks.say(data, self.getpos()[0] + lead.count("\n"))

    def _end(self) -> None:
        self.blocks.end(heading=self._heading)
        self._heading = False

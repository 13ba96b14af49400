"""Texts as lines that are headings, list items or prose: HTML, Markdown and plain text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.text.html import HEADINGS, is_html, visible

if TYPE_CHECKING:
    from markdown_it.token import Token

_BULLET = re.compile(
    r"(?P<lead>[ \t]*)(?:[-*+•‣▪◦·–—]|\(?\d{1,3}[.)、](?!\d)|\(?[a-z]\)|[①-⑳]|（\d{1,3}）)"
    r"[ \t\u3000]*(?P<text>\S.*)"
)
_SPACED = re.compile(r"[ \t]*[-*+–—·.]\S")
_TASK = re.compile(r"\[[ xX]\]\s+")
_LIST_TAG = re.compile(r"<(/?)(ul|ol|li|h[1-6])\b[^>]*>", re.IGNORECASE)
_ITEM, _HEADING = "\ue000", "\ue001"
"""Marks of items and headings of HTML, from the private use area; taken out of what is read."""


class Kind(StrEnum):
    """What a line is."""

    HEADING = "heading"
    ITEM = "item"
    PROSE = "prose"


@dataclass(frozen=True)
class OutlineLine:
    """One line of a text.

    Attributes:
        depth: of a heading, 1 to 6; of an item, 1 for one that stands in no other.
        line: from 1, within its text.
    """

    kind: Kind
    depth: int
    text: str
    line: int


def outline(text: str, markup: str = "") -> list[OutlineLine]:
    """Returns the lines of *text*.

    Args:
        markup: ``html``, ``markdown`` or ``plain``; empty where it is to be seen from the text.
    """
    if markup == "html" or (not markup and is_html(text)):
        return list(_of_html(text))
    return of_markdown(text) if markup == "markdown" else list(_of_plain(text))


def as_text(text: str, markup: str = "") -> str:
    """Returns *text* as a reader sees it, its HTML taken away."""
    if markup == "html" or (not markup and is_html(text)):
        return visible(text).text.strip()
    return text.strip()


def _of_plain(text: str) -> Iterator[OutlineLine]:
    margins: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        bullet = None if _SPACED.match(line) else _BULLET.fullmatch(line)
        if bullet is None:
            margins = margins if line.strip() else []
            if line.strip():
                yield OutlineLine(Kind.PROSE, 0, line.strip(), number)
            continue
        margin = len(bullet["lead"].expandtabs(4))
        margins = [*(m for m in margins if m < margin), margin]
        yield OutlineLine(Kind.ITEM, len(margins), bullet["text"].strip(), number)


def _of_html(text: str) -> Iterator[OutlineLine]:
    """The lines that a browser shows; marks say which of them begin as items or headings."""
    depth = 0

    def marked(tag: re.Match[str]) -> str:
        nonlocal depth
        name, opens = tag[2].lower(), not tag[1]
        if name in {"ul", "ol"}:
            depth = max(0, depth + (1 if opens else -1))
        mark = _HEADING if name in HEADINGS else _ITEM * max(depth, 1) if name == "li" else ""
        return tag[0] + mark if opens else tag[0]

    bare = text.replace(_ITEM, "").replace(_HEADING, "")
    marks = ""  # of a line without words: a block begins within the item
    for number, line in enumerate(visible(_LIST_TAG.sub(marked, bare)).text.split("\n"), start=1):
        marks += "".join(c for c in line if c in {_ITEM, _HEADING})
        words = line.replace(_ITEM, "").replace(_HEADING, "").strip()
        if words:
            yield _marked_line(words, marks, number)
            marks = ""


def _marked_line(words: str, marks: str, number: int) -> OutlineLine:
    if marks:
        kind = Kind.HEADING if marks.endswith(_HEADING) else Kind.ITEM
        return OutlineLine(kind, marks.count(marks[-1]), words, number)
    plain = next(_of_plain(words))
    return OutlineLine(plain.kind, plain.depth, plain.text, number)


def of_markdown(text: str) -> list[OutlineLine]:
    """Returns headings, list items and paragraphs; each keeps its own marks, as ``**bold**``."""
    from markdown_it import MarkdownIt

    lines: list[OutlineLine] = []
    depth, begins, heading = 0, False, 0
    # Marks within a line stay as they are; to read them takes time quadratic in open brackets
    blocks = MarkdownIt("commonmark").disable(["inline", "reference"])
    for token in blocks.parse(text):
        depth += _step(token)
        if token.type == "list_item_open":
            begins = True
        elif token.type == "heading_open":
            heading = int(token.tag[1:])
        elif token.type in {"inline", "fence", "code_block"} and token.content.strip():
            kind = Kind.HEADING if heading else Kind.ITEM if begins else Kind.PROSE
            line = (token.map[0] if token.map else 0) + 1
            lines.append(OutlineLine(kind, heading or depth, _untasked(token.content), line))
            begins, heading = False, 0
    return lines


def _step(token: "Token") -> int:
    return token.nesting if token.type.startswith(("bullet_list", "ordered_list")) else 0


def _untasked(text: str) -> str:
    return _TASK.sub("", text.strip(), count=1) if _TASK.match(text.strip()) else text.strip()

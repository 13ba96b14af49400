"""What a reader of HTML sees: answers from learning platforms, and pages that people draft from.

Read by the standard library's parser: it streams, so that no nesting of a hostile page can slow
it down. Tree-building parsers took time quadratic in the depth.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
VOID |= {"source", "track", "wbr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
OWN_BLOCK = {"p", "div", "li", "tr", "pre", "blockquote", "section", "article", "main", "table"}
OWN_BLOCK |= {"ul", "ol", "dl", "dd", "dt", "figure", "figcaption", "body", "header", "aside"}
OWN_BLOCK |= HEADINGS | {"hr", "html", "caption", "thead", "tbody", "details", "summary"}
ENDS_ITSELF = {"p", "li", "tr", "dd", "dt"}
"""Elements whose end tag may be left out."""
CELL = " | "
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

# What editors of learning platforms write. Names that people also give to marks in prompts
# (<summary>, <title>, <s>) are not among them: an answer about prompts must keep those.
_WRITTEN = {"p", "div", "span", "br", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr"}
_WRITTEN |= {"td", "th", "caption", "colgroup", "col", "strong", "b", "em", "i", "u", "sub", "sup"}
_WRITTEN |= {"pre", "code", "kbd", "blockquote", "a", "img", "hr", "font", "center", "del", "ins"}
_WRITTEN |= {"strike", "small", "big", "mark", "tt", "dl", "dt", "dd", "o:p", "wbr"} | HEADINGS
_PAGE = {"html", "head", "body", "meta", "link", "style", "script", "title"}
_UNSEEN = {"script", "style", "head", "title", "template"}
_UNCLOSED = ENDS_ITSELF | {"td", "th", "thead", "tbody", "tfoot", "colgroup"}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)((?:\s[^<>]*|/)?)>")
_STARTS = re.compile(r"\s*(?:<!doctype\s+html|<html[\s>])", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CONDITION = re.compile(r"<!\[(?:end)?if[^<>]*\]>", re.IGNORECASE)
"""What word processors leave behind, as ``<![if !supportLists]>``."""
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]*`")
_BARE = re.compile(r"<(?![/a-zA-Z])|&(?!#?\w{1,32};)")
# As HTML has it: a no-break space is not among them
_SPACE = re.compile(r"[ \t\n\r\f]+")


@dataclass(frozen=True)
class Visible:
    """The text of a piece of HTML as a browser would show it, blocks on lines of their own.

    Attributes:
        hidden: stretches of the text that a browser would not show.
    """

    text: str
    hidden: tuple[tuple[int, int], ...]


def is_html(text: str) -> bool:
    """Returns whether *text* is HTML as a learning platform stores it, by its tags.

    It is where it begins as a page, or where every tag is one that editors write and every end
    fits a beginning: ``a < b``, ``#include <vector>``, ``<|im_start|>``, tags in code fences and
    tags that are spoken of one by one are no markup.
    """
    if "<" not in text:
        return False
    if _STARTS.match(text):
        return True
    if _FENCE.search(text) or any("<" in code for code in _INLINE_CODE.findall(text)):
        return False
    tags = list(_TAG.finditer(_COMMENT.sub("", closable(text))))
    first = text.lstrip()
    begins = bool(tags) and tags[0][2].lower() in _WRITTEN and first.startswith(tags[0][0])
    if begins and "=" in tags[0][3]:  # nobody speaks of a tag with its attributes first of all
        return True
    names = [(tag[1], tag[2].lower()) for tag in tags]
    if not begins and (_BARE.search(text) or not all(name in _WRITTEN for _, name in names)):
        return False
    return _is_balanced([each for each in names if each[1] in _WRITTEN])


def _is_balanced(tags: list[tuple[str, str]]) -> bool:
    """Whether there are elements at all, and each end has its beginning."""
    open_: list[str] = []
    closed = False
    for end, name in tags:
        if name in VOID:
            closed |= name == "br" or name == "img"
        elif not end:
            open_.append(name)
        else:
            while open_ and open_[-1] != name and open_[-1] in _UNCLOSED:
                open_.pop()
            if not open_ or open_.pop() != name:
                return False
            closed = True
    return closed and all(name in _UNCLOSED for name in open_)


def visible(text: str) -> Visible:
    """Returns what a browser would show of *text*, in which only known tags are taken for tags."""
    page = _Shown()
    page.feed(_known_tags(closable(text)))
    page.close()
    return Visible("".join(page.pieces), tuple(page.hidden))


def _known_tags(text: str) -> str:
    """*text* with whatever else looks like a tag made plain text."""
    folded = text.lower()
    # A <script> that never ends would swallow the rest of the answer
    unclosed = {name for name in _UNSEEN if f"</{name}" not in folded}
    known = "|".join(map(re.escape, sorted((_WRITTEN | _PAGE) - unclosed)))
    text = _CONDITION.sub("", text)
    return re.sub(rf"<(?!!--|!doctype\b|/?(?:{known})(?:[\s/>]))", "&lt;", text, flags=re.I)


def closable(text: str) -> str:
    """Returns *text* with nothing left open: the parser would look for its end again and again."""
    head, closing, rest = text.rpartition("-->")
    text = head + closing + rest.replace("<!--", "&lt;!--")
    head, closing, rest = text.rpartition(">")
    return head + closing + rest.replace("<", "&lt;")


def is_hidden(attributes: dict[str, str | None]) -> bool:
    """Returns whether an element with *attributes* is on the page but not seen."""
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
    )


class _Shown(HTMLParser):
    """Gathers the words; a line ends where a block begins or ends, and only once."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.hidden: list[tuple[int, int]] = []
        self._size = 0
        self._pending = ""
        self._spaced = True
        self._pre = 0
        self._unseen = ""
        self._hides: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen:
            return
        given = dict(attrs)
        if tag in OWN_BLOCK:
            self._end()
        self._pre += tag == "pre"
        if tag in _UNSEEN:
            self._unseen = tag
        elif tag == "br":
            self._pending += "\n"
        elif tag == "img":
            self._say(_picture(given))
        # A row's first cell has nothing to be parted from
        elif tag in {"td", "th"} and self.pieces and not self._pending:
            self._say(CELL)
        elif tag not in VOID and (self._hides or is_hidden(given)):
            self._hides.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen = "" if tag == self._unseen else self._unseen
            return
        if tag in self._hides:
            while self._hides.pop() != tag:
                pass
        self._pre -= tag == "pre" and self._pre > 0
        if tag in OWN_BLOCK:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            words = data if self._pre else _SPACE.sub(" ", data)
            # A soft hyphen shows where a word may be broken, and is in no word.
            self._say(words.replace("\xa0", " ").replace("\xad", ""), spaced=words[:1] == " ")

    def _end(self) -> None:
        """Ends a block: what comes next stands on a line of its own."""
        self._pending = "\n" if self.pieces else ""

    def _say(self, words: str, *, spaced: bool = False) -> None:
        if spaced and not self._pre and (self._spaced or self._pending):
            words = words[1:]
        if not words:
            return
        start = self._size + len(self._pending)
        self.pieces.append(self._pending + words)
        self._size = start + len(words)
        self._pending = ""
        self._spaced = words.endswith((" ", "\n"))
        if self._hides:
            self.hidden.append((start, self._size))


def _picture(attributes: dict[str, str | None]) -> str:
    """A picture as Markdown has it."""
    source = attributes.get("src") or ""
    # Such an address holds the whole picture
    name = "data:" if source.startswith("data:") else source
    return f"![{attributes.get('alt') or ''}]({name})"

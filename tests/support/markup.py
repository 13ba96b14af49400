"""Pages and Markdown as their readers get them: parsed, not compared as text."""

from collections.abc import Iterator
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from grader.record import Grade
from grader.report.html.page import answer_page
from grader.rubric.format import Rubric
from tests.support.records import RUBRIC

VOID = {"meta", "link", "input", "br"}
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
JOINER = "\u2060"  # keeps names and numbers from becoming mentions; shows nothing


class Parsed(HTMLParser):
    """A page: its elements in order, and the text inside those of each class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        names = [*(dict(attrs).get("class") or "").split(), tag]
        for name in names:
            self.text.setdefault(name, []).append("")
        if tag not in VOID:
            self._open.append((tag, names))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag

    def handle_data(self, data: str) -> None:
        for name in {name for _, names in self._open for name in names}:
            self.text[name][-1] += data

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def answer(
    grade: Grade, text: str | None, language: str = "en", rubric: Rubric | None = RUBRIC
) -> Parsed:
    return Parsed("".join(answer_page(grade, rubric, text, language, 1)))


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def shown(text: str) -> str:
    """What a reader of the rendered Markdown sees."""
    inline = (t for t in PARSER.parse(text) if t.type == "inline")
    lines = ("".join(c.content for c in t.children or ()) for t in inline)
    return "\n".join(lines).replace(JOINER, "")

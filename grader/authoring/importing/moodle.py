"""Moodle: essay questions with their information for graders, as XML and as GIFT.

In XML ``graderinfo`` has what a grader looks for, ``defaultgrade`` the points of the question. GIFT
has neither: what a good answer says stands in the general feedback, ``{####...}``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.authoring.importing.gather import Gathering
from grader.authoring.importing.material import ImportedQuestion, ImportGap, Read
from grader.authoring.importing.outline import as_text, outline
from grader.authoring.importing.points import number
from grader.authoring.importing.source import ImportFile
from grader.authoring.importing.table import Roles
from grader.authoring.importing.xml_tree import XmlElement, parse_xml
from grader.util.text_file import marked

_XML = re.compile(r"<quiz[\s/>]")
_SAMPLE = 65536
_MARKUP = {"html": "html", "markdown": "markdown", "plain_text": "plain", "plain": "plain"}
_COURSE = re.compile(r"^\$[a-z]+\$/(?:top/)?|^top/")


def recognises_xml(file: ImportFile, _: Roles) -> bool:
    """Whether the root is ``quiz``."""
    start = file.text[:_SAMPLE]
    return start.lstrip()[:1] == "<" and _XML.search(start) is not None


def read_xml(file: ImportFile, _: Roles) -> Iterator[Read]:
    """The essay questions of a quiz; those of other types are gaps.

    Raises:
        BadInput: the XML is broken, or declares a document type.
    """
    root = parse_xml(_utf8(file), file.name)
    category = ""
    for element in root.all("question"):
        kind = element.attributes.get("type", "")
        if kind == "category":
            category = _COURSE.sub("", _text_of(element.child("category")))
        elif kind.startswith("essay"):
            yield _essay(file, element, category)
        else:
            told = f"a question of type {kind[:40] or 'unknown'}, which has no key points"
            yield ImportGap(file.name, str(element.line), told, left_out=True)


def _utf8(file: ImportFile) -> bytes:
    """The bytes for expat, which knows few code pages: those that it knows as they are."""
    head = file.data[:200].lower()
    if b"encoding" in head and not marked(file.data) and b"utf" not in head:
        return re.sub(rb"(?<=encoding=[\"'])[^\"']+", b"utf-8", file.text.encode(), count=1)
    return file.data


def _text_of(element: XmlElement | None) -> str:
    """What the ``text`` within an element says."""
    inner = element.child("text") if element is not None else None
    return inner.text.strip() if inner is not None else ""


def _own(element: XmlElement, tag: str) -> str:
    child = element.child(tag)
    return child.text.strip() if child is not None else ""


def _essay(file: ImportFile, element: XmlElement, category: str) -> ImportedQuestion:
    question = ImportedQuestion(file.name, str(element.line), title=_text_of(element.child("name")))
    question.given_id = _own(element, "idnumber")
    asked = element.child("questiontext")
    question.text = as_text(_text_of(asked), _markup(asked))
    if stated := _own(element, "defaultgrade"):
        question.total = number(stated.rstrip("0").rstrip(".") if "." in stated else stated)
        if question.total is None:
            question.lack(f"points {stated[:40]!r} are no number")
    if category:
        question.remarks.append(f"Category: {category}")
    tags = element.child("tags")
    named = [_text_of(tag) for tag in tags.all("tag")] if tags is not None else []
    if named:
        question.remarks.append(f"Tags: {', '.join(named)}")
    _take(question, element)
    return question


def _markup(element: XmlElement | None) -> str:
    return _MARKUP.get(element.attributes.get("format", "") if element is not None else "", "")


def _take(question: ImportedQuestion, element: XmlElement) -> None:
    """Adds the lists of the grader information, or else of the general feedback."""
    for tag in ("graderinfo", "generalfeedback"):
        child = element.child(tag)
        inner = child.child("text") if child is not None else None
        if child is None or inner is None or not inner.text.strip():
            continue
        skipped = inner.text[: len(inner.text) - len(inner.text.lstrip())].count("\n")
        gathering = Gathering(question, inner.line + skipped)
        gathering.take(outline(inner.text.strip(), _markup(child)))
        gathering.end()
        if question.points:
            return


_TITLE = re.compile(r"\s*::(?P<title>(?:\\.|[^\\])*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|plain|markdown|moodle)\]")
_BRACES = re.compile(r"(?<!\\)\{(?P<inner>(?:\\.|[^\\{}])*)\}", re.DOTALL)
_ESCAPED = re.compile(r"\\([~=#{}:\\n])")
_OPTION = re.compile(r"\[([a-z]+):([^\]]*)\]")


def recognises_gift(file: ImportFile, _: Roles) -> bool:
    """Whether a block is a category, or a question with a name or an answer in braces."""
    start = file.text[:_SAMPLE]
    if start.lstrip()[:1] == "<" or file.json is not None:
        return False
    return bool(
        re.search(r"^(?:\$CATEGORY:|[ \t]*::.+?::)", start, re.MULTILINE)
        or re.search(r"\{\s*(?:####|[=~#]|T(?:RUE)?\b|F(?:ALSE)?\b|\})", start)
    )


@dataclass(frozen=True)
class _Block:
    """Lines of a GIFT file without a blank line between them."""

    text: str
    line: int


def _blocks(text: str) -> Iterator[_Block]:
    """The blocks, without lines that are comments; a brace that is open holds blank lines too."""
    lines: list[str] = []
    begins = depth = 0
    for number_, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith("//"):
            continue
        if not line.strip() and depth <= 0:
            if lines:
                yield _Block("\n".join(lines), begins)
            lines, depth = [], 0
            continue
        if line.startswith("$CATEGORY:"):
            yield _Block(line, number_)
            continue
        begins = begins if lines else number_
        lines.append(line)
        bare = re.sub(r"\\.", "", line)
        depth += bare.count("{") - bare.count("}")
    if lines:
        yield _Block("\n".join(lines), begins)


def read_gift(file: ImportFile, _: Roles) -> Iterator[Read]:
    """The essay questions of a GIFT file; those of other types are gaps."""
    category = ""
    for block in _blocks(file.text):
        if block.text.startswith("$CATEGORY:"):
            category = _COURSE.sub("", block.text.removeprefix("$CATEGORY:").strip())
            continue
        yield _gift(file, block, category)


def _gift(file: ImportFile, block: _Block, category: str) -> Read:
    named = _TITLE.match(block.text)
    rest = block.text[named.end() :] if named else block.text
    stated = _FORMAT.match(rest)
    markup = _MARKUP.get(stated[1], "") if stated else ""
    braces = _BRACES.search(rest)
    if braces is None:
        told = "no answer in braces; an essay question ends in {}"
        return ImportGap(file.name, str(block.line), told, left_out=True)
    answer, _, feedback = braces["inner"].partition("####")
    if answer.strip():
        told = "a question with answers to choose or match, which has no key points"
        return ImportGap(file.name, str(block.line), told, left_out=True)
    question = ImportedQuestion(file.name, str(block.line))
    question.title = _plain(named["title"]).strip() if named else ""
    begin = stated.end() if stated else 0
    parts = (rest[begin : braces.start()], rest[braces.end() :])
    question.text = "\n\n".join(text for part in parts if (text := as_text(_plain(part), markup)))
    question.remarks += [f"Category: {category}"] if category else []
    _listed(question, block, feedback, markup)
    return question


def _listed(question: ImportedQuestion, block: _Block, feedback: str, markup: str) -> None:
    """Adds the lists of the feedback, which stands in *block*."""
    own = _FORMAT.match(feedback)
    markup = _MARKUP.get(own[1], "") if own else markup
    text = feedback[own.end() :] if own else feedback
    lead = text[: len(text) - len(text.lstrip())]
    before = block.text[: block.text.find(text)] + lead if text else ""
    gathering = Gathering(question, block.line + before.count("\n"))
    gathering.take(outline(_plain(text).strip(), markup))
    gathering.end()


def _plain(text: str) -> str:
    """*text* with its escapes resolved."""
    return _ESCAPED.sub(lambda each: "\n" if each[1] == "n" else each[1], text)

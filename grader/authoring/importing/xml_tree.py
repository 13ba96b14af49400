"""XML from anybody as a tree with lines: no document type, no entities, bounded depth.

Read by expat: what makes XML dangerous, declarations of entities, all stands in a document type.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from grader.errors import BadInput

MOST_DEPTH = 64
MOST_ELEMENTS = 500_000


@dataclass
class XmlElement:
    """An element.

    Attributes:
        line: on which it begins, from 1.
        words: its own text, in pieces, that of its children left out.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["XmlElement"] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text."""
        return "".join(self.words)

    def child(self, tag: str) -> "XmlElement | None":
        """The first child called *tag*."""
        return next((each for each in self.children if each.tag == tag), None)

    def all(self, tag: str) -> Iterator["XmlElement"]:
        """The children called *tag*."""
        return (each for each in self.children if each.tag == tag)


class _Refused(Exception):
    """What no question bank has."""


def parse_xml(data: bytes, name: str) -> XmlElement:
    """Returns the root of the XML in *data*.

    Raises:
        BadInput: it is broken or has a document type; the message begins with *name* and line.
    """
    builder = _Builder()
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise BadInput(f"{name}:{error.lineno}: broken XML: {what}; export it again") from None
    except _Refused as refused:
        line = builder.parser.CurrentLineNumber
        raise BadInput(f"{name}:{line}: {refused}") from None
    except (ValueError, LookupError) as error:
        raise BadInput(f"{name}:1: XML in an unknown encoding: {error}") from None
    return builder.open[0].children[0]


class _Builder:
    def __init__(self) -> None:
        self.open = [XmlElement("", {}, 0)]
        self._count = 0
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self.open) > MOST_DEPTH or self._count > MOST_ELEMENTS:
            raise _Refused("more elements, or deeper ones, than a question bank has")
        element = XmlElement(tag, attributes, self.parser.CurrentLineNumber)
        self.open[-1].children.append(element)
        self.open.append(element)

    def _end(self, tag: str) -> None:  # noqa: ARG002 - expat has seen that it fits
        self.open.pop()

    def _text(self, text: str) -> None:
        self.open[-1].words.append(text)

    def _doctype(self, *_: object) -> None:
        raise _Refused("declares a document type, which may hold entities; take <!DOCTYPE> out")

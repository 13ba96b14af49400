"""Lines of a file, one at a time and of bounded length: a broken file never fills the memory."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from grader.errors import BadInput

LONGEST = 1024 * 1024
"""Bytes of the longest line that is read: the longest answer takes 0.4 MB as escaped JSON."""
_SAMPLE = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class LineProblem(BadInput):
    """One line cannot be read; those after it can."""


class Lines(Iterator[str]):
    """The lines of a binary stream as text, ends of lines included.

    A line that is too long or not of the encoding raises :class:`LineProblem`; asking again
    goes on with the one after it.

    Attributes:
        number: of the line that was given last, counted from 1; 0 before the first.
    """

    def __init__(self, stream: BinaryIO, encoding: str = "utf-8", longest: int = LONGEST) -> None:
        self.number = 0
        self._stream = stream
        self._encoding = encoding
        self._longest = longest

    def __next__(self) -> str:
        line = self._stream.readline(self._longest + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > self._longest:
            self._skip()
            raise LineProblem(f"longer than {self._longest:,} bytes")
        if self.number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            raise LineProblem(f"not {self._encoding.upper()}") from None

    def _skip(self) -> None:
        while (rest := self._stream.readline(self._longest)) and not rest.endswith(b"\n"):
            pass


def encoding(sample: bytes) -> str:
    """The encoding of a text that begins with *sample*: UTF-8 unless that cannot be.

    Spreadsheets write other encodings: the likeliest one is then taken for the whole file.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        found = from_bytes(sample).best()
        return found.encoding if found else "utf-8"
    return "utf-8"


def sample(stream: BinaryIO, size: int = _SAMPLE) -> bytes:
    """The first bytes of a stream that can look ahead or go back; none are used up."""
    peek = getattr(stream, "peek", None)
    if peek is not None:
        return bytes(peek(size)[:size])
    start = stream.read(size)
    stream.seek(0)
    return start

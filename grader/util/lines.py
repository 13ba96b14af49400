"""Lines of a file, one at a time and of bounded length: a broken file never fills the memory."""

import codecs
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from grader.errors import BadInput
from grader.util.code_pages import recognise
from grader.util.text_file import SAVE_AS_TEXT, NotText, marked, refuse_binary

LONGEST = 1024 * 1024
"""Bytes of the longest line that is read: the longest answer takes 0.4 MB as escaped JSON."""
_SAMPLE = 64 * 1024
_WIDE = {"utf-16", "utf-32"}


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
        wide, returns = encoding in _WIDE, _ends_in_returns(stream)
        self.number = 0
        self._stream = stream
        if wide or returns:
            self._stream = io.BufferedReader(_Narrowed(stream, encoding if wide else "", returns))
        self._encoding = "utf-8" if wide else encoding
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
            raise LineProblem(f"not {self._encoding.upper()}; {SAVE_AS_TEXT}") from None

    def _skip(self) -> None:
        while (rest := self._stream.readline(self._longest)) and not rest.endswith(b"\n"):
            pass


class _Narrowed(io.RawIOBase):
    """UTF-16 or UTF-32 as UTF-8, and lines that end in a carriage return as everybody's.

    Half a character becomes U+FFFD, as everywhere.
    """

    def __init__(self, stream: BinaryIO, wide: str, returns: bool) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(wide)("replace") if wide else None
        self._ends = (b"\r", b"\n") if returns else (b"", b"")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        more = True
        while more and not self._left:
            data = self._stream.read(_SAMPLE)
            more = bool(data)
            if self._decoder is not None:
                data = self._decoder.decode(data, final=not more).encode()
            self._left = data.replace(*self._ends) if self._ends[0] else data
        taken, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _ends_in_returns(stream: BinaryIO) -> bool:
    """Whether the lines end as they did on old Macintoshes."""
    start = sample(stream)
    return b"\r" in start and b"\n" not in start


def encoding(stream: BinaryIO) -> str:
    """Returns the encoding of a text, looked for through the whole of a file that can go back.

    Of any other stream the first bytes decide. UTF-8 unless that cannot be: where most of what
    is beyond ASCII is UTF-8, single lines that are not are left to who reads them.

    Raises:
        NotText: it is in no encoding that is known.
    """
    start = sample(stream)
    if mark := marked(start):
        return mark
    if 8 * start.count(0) > len(start) or not start.count(0):
        refuse_binary(start)
    foreign = _beyond_ascii(stream) if stream.seekable() else start
    try:
        # Never told that it is final: a sample may end in the middle of a character
        codecs.getincrementaldecoder("utf-8")().decode(foreign)
    except UnicodeDecodeError:
        # Whole lines, for half a character is in no code page
        page = recognise(foreign[: foreign.rfind(b"\n") + 1] or foreign)
        if page is None:
            raise NotText(f"neither UTF-8 nor another known text; {SAVE_AS_TEXT}") from None
        return page
    return "utf-8"


def _beyond_ascii(stream: BinaryIO) -> bytes:
    """Lines that are not plain ASCII, first of those that are not UTF-8, as many as tell."""
    broken: list[bytes] = []
    whole: list[bytes] = []
    size = {True: 0, False: 0}
    begin = stream.tell()
    while line := stream.readline(LONGEST):
        if line.isascii():
            continue
        good = _is_utf8(line)
        if size[good] < _SAMPLE:
            size[good] += len(line)
            (whole if good else broken).append(line)
    stream.seek(begin)
    return b"\n".join([*broken, *whole]) if broken else b""


def _is_utf8(line: bytes) -> bool:
    try:
        # A line that is cut at LONGEST may end in half a character
        codecs.getincrementaldecoder("utf-8")().decode(line)
    except UnicodeDecodeError:
        return False
    return True


def sample(stream: BinaryIO, size: int = _SAMPLE) -> bytes:
    """Returns the first bytes of a stream that can look ahead or go back; none are used up."""
    peek = getattr(stream, "peek", None)
    if peek is not None:
        return bytes(peek(size)[:size])
    begin = stream.tell()
    start = stream.read(size)
    stream.seek(begin)
    return start

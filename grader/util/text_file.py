"""Text from people, read the one way: bounded, and decoded as what it is or not at all."""

import codecs
from pathlib import Path

from grader.errors import BadInput
from grader.util.code_pages import recognise

SAVE_AS_TEXT = "save it as plain text in UTF-8"
_MARKS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
_DOCUMENTS = ((b"%PDF-", "a PDF"), (b"PK\x03\x04", "a ZIP or Office file"), (b"{\\rtf", "RTF"))


class NotText(BadInput):
    """Bytes that are no text. The message names no file: who read them does."""


def read_bytes(path: Path, most: int) -> bytes:
    """Returns the bytes of the file *path*: at most *most*, and one more where it is longer.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadInput(f"{path}: cannot be read: {error}") from None


def read_text(path: Path, most: int, too_long: str) -> str:
    """Returns the text of the file *path*, its line ends made one kind.

    Args:
        most: bytes that it may have.
        too_long: what to say of a longer one, and the way out.

    Raises:
        BadInput: it cannot be read, is too long, or no text in a known encoding.
    """
    data = read_bytes(path, most)
    if len(data) > most:
        raise BadInput(f"{path}: {too_long}")
    try:
        text, _ = decode(data)
    except NotText as problem:
        raise BadInput(f"{path}: {problem}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def marked(data: bytes) -> str | None:
    """Returns the encoding that a byte order mark at the start of *data* names."""
    return next((name for mark, name, _ in _MARKS if data.startswith(mark)), None)


def decode(data: bytes) -> tuple[str, str]:
    """Returns the text that *data* holds and the name of its encoding.

    By its byte order mark, as UTF-8, or in one of the code pages that
    :func:`~grader.util.code_pages.recognise` knows.

    Raises:
        NotText: it is binary, broken, or in an encoding that nobody knows.
    """
    for mark, encoding, codec in _MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding, codec), encoding
    # After the marks, since UTF-16 is full of NULs; before UTF-8, which RTF is too
    refuse_binary(data)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        page = recognise(data)
    if page is None:
        raise NotText(f"neither UTF-8 nor another known text; {SAVE_AS_TEXT}")
    return _strictly(data, page, page), page


def decode_utf8(data: bytes, way_out: str) -> str:
    """Returns the text that *data* holds in UTF-8, with or without a byte order mark.

    Raises:
        NotText: it is not UTF-8; the message begins with the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotText(f"{line}: not UTF-8; {way_out}") from None


def _strictly(data: bytes, encoding: str, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise NotText(
            f"looks like {encoding} but is broken at byte {error.start}; {SAVE_AS_TEXT}"
        ) from None


def refuse_binary(data: bytes) -> None:
    """Makes sure that *data* is not a document of another kind.

    Raises:
        NotText: it is.
    """
    for start, what in _DOCUMENTS:
        if data.startswith(start):
            raise NotText(f"is {what}, not text; {SAVE_AS_TEXT}")
    if b"\0" in data:
        raise NotText(f"not text: is binary, or UTF-16 without a byte order mark; {SAVE_AS_TEXT}")

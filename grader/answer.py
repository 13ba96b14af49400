"""Reads the answer: untrusted bytes in, text out, or one line that says why not."""

import codecs
import errno
import hashlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict

from grader.errors import EmptyAnswer, UnreadableAnswer
from grader.text import flags as integrity
from grader.text import patterns
from grader.text.flags import Flag
from grader.text.fold import fold
from grader.text.repeats import repeated

MAX_BYTES = 65_536
"""Bytes that an answer has at most; of a longer one just one more is read."""

MAX_CHARS = MAX_BYTES
"""Code points that an answer has at most."""

_BYTE_ORDER_MARKS = (  # the longer first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)
# In the order in which they are believed where a short text reads well in several.
_LEGACY = ("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252")
_DOCUMENTS = ((b"%PDF-", "a PDF"), (b"PK\x03\x04", "a ZIP or Office file"), (b"{\\rtf", "RTF"))
_LETTER = re.compile(r"[^\W_]")
_SAVE_AS_TEXT = "save it as plain text in UTF-8"


class Answer(BaseModel):
    """The candidate's text as read; offsets everywhere count its code points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    digest: str
    """``sha256:`` and the hexadecimal digest of the text in UTF-8."""
    source: str
    """The path, or ``-`` for standard input."""
    encoding: str
    flags: tuple[Flag, ...]


def read(path: str | Path, stdin: BinaryIO | None = None) -> Answer:
    """Reads the file at *path*, or standard input for ``-``: at most ``MAX_BYTES`` and one more.

    Raises:
        UnreadableAnswer: it is missing, no text, in no known encoding, or too long.
        EmptyAnswer: it holds white space only.
    """
    source = str(path)
    if source == "-":
        return from_bytes(_limited(stdin or sys.stdin.buffer), source)
    try:
        with Path(path).open("rb", buffering=0) as stream:
            data = _limited(stream)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UnreadableAnswer(f"{_name(source)}: {_reason(error)}") from error
    return from_bytes(data, source)


def from_bytes(data: bytes, source: str) -> Answer:
    """Decodes *data*: by its byte order mark, as UTF-8, or in the legacy encoding it fits.

    Raises:
        UnreadableAnswer: no text, in no known encoding, or longer than ``MAX_BYTES``.
        EmptyAnswer: white space only.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableAnswer(
            f"{_name(source)}: longer than {MAX_BYTES // 1024} KiB; an answer is a text of a few "
            "pages: cut it down to the answer itself"
        )
    text, encoding = _decoded(data, _name(source))
    return _answer(text, source, encoding)


def from_text(text: str, source: str) -> Answer:
    """The answer that *text* is.

    Raises:
        UnreadableAnswer: it holds NUL or half a character, or is longer than ``MAX_CHARS``.
        EmptyAnswer: white space only.
    """
    return _answer(text, source, "utf-8")


def has_content(text: str, question_texts: Iterable[str]) -> bool:
    """Whether anything in *text* can be graded at all.

    False only where nothing is left of it besides punctuation, symbols and invisible characters,
    sentences of the question repeated, known openers ("Let me think step by step") and
    non-answers ("I don't know"). Whatever else it says, right, wrong or terse, is content.
    """
    question = "\n".join(question_texts)
    said = fold(text)
    own, place = [], 0
    for start, end in repeated(said, question):
        own.append(said.text[place:start])
        place = end
    own.append(said.text[place:])
    empty = patterns.load().empty(fold(question).text)
    return _goes_beyond(" ".join(own), empty)


def _goes_beyond(text: str, empty: re.Pattern[str]) -> bool:
    """Whether a letter or digit is outside of what *empty* matches; the first one ends the look."""
    place = 0
    while found := _LETTER.search(text, place):
        skipped = empty.match(text, found.start())
        if skipped is None:
            return True
        place = skipped.end()
    return False


def _limited(stream: BinaryIO) -> bytes:
    data = b""
    # A pipe may give less at a time than it was asked for.
    while len(data) <= MAX_BYTES and (more := stream.read(MAX_BYTES + 1 - len(data))):
        data += more
    return data


def _reason(error: OSError | ValueError) -> str:
    """What is the matter with a path, and the way out."""
    known = {
        errno.ENOENT: "there is no such file; name the file with the answer, or - for stdin",
        errno.EISDIR: "is a folder; name a text file, or grade a folder with `grade batch`",
        errno.EACCES: "may not be read; give yourself permission to read it",
    }
    code = error.errno if isinstance(error, OSError) else None
    what = error.strerror if isinstance(error, OSError) else str(error)
    return known.get(code or 0, f"cannot be read ({what}); name a text file, or - for stdin")


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding, codec, name), encoding
    _refuse_binary(data, name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        guess = _guessed(data)
    if guess is None:
        raise UnreadableAnswer(f"{name}: neither UTF-8 nor another known text; {_SAVE_AS_TEXT}")
    return _strictly(data, guess, guess, name), guess


def _strictly(data: bytes, encoding: str, codec: str, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise UnreadableAnswer(
            f"{name}: looks like {encoding} but is broken at byte {error.start}; {_SAVE_AS_TEXT}"
        ) from error


def _refuse_binary(data: bytes, name: str) -> None:
    for start, what in _DOCUMENTS:
        if data.startswith(start):
            raise UnreadableAnswer(f"{name}: is {what}, not text; {_SAVE_AS_TEXT}")
    if b"\0" in data:
        raise UnreadableAnswer(
            f"{name}: is binary, or UTF-16 without a byte order mark; {_SAVE_AS_TEXT}"
        )


def _guessed(data: bytes) -> str | None:
    from charset_normalizer import from_bytes as guesses

    found = {guess.encoding: guess.chaos for guess in guesses(data, cp_isolation=list(_LEGACY))}
    likely = [name for name in _LEGACY if name in found]
    return min(likely, key=found.__getitem__, default=None)


def _answer(text: str, source: str, encoding: str) -> Answer:
    text = text.replace("\r\n", "\n")
    name = _name(source)
    if not text.strip():
        raise EmptyAnswer(f"{name}: is empty; write the answer into it first")
    if len(text) > MAX_CHARS:
        raise UnreadableAnswer(f"{name}: longer than {MAX_CHARS:,} characters; cut it down")
    try:
        digest = hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise UnreadableAnswer(
            f"{name}: holds half a character at {error.start}; {_SAVE_AS_TEXT}"
        ) from error
    if "\0" in text:
        raise UnreadableAnswer(f"{name}: holds NUL characters; {_SAVE_AS_TEXT}")
    return Answer(
        text=text,
        digest=f"sha256:{digest}",
        source=source,
        encoding=encoding,
        flags=integrity.flags(text),
    )


def _name(source: str) -> str:
    """The source on one line."""
    shown = "stdin" if source == "-" else source
    return shown if shown.isprintable() else ascii(shown)

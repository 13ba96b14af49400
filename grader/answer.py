"""Reads the answer: untrusted bytes in, text out, or one line that says why not."""

import errno
import hashlib
import re
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import BaseModel, ConfigDict

from grader.errors import EmptyAnswer, UnreadableAnswer
from grader.text import flags as integrity
from grader.text import html, patterns
from grader.text.flags import MAX_FLAGS, Flag, in_order
from grader.text.fold import fold
from grader.text.repeats import repeated
from grader.util.text_file import SAVE_AS_TEXT, NotText, decode

MAX_BYTES = 65_536
"""Bytes that an answer has at most; of a longer one just one more is read."""

MAX_CHARS = MAX_BYTES
"""Code points that an answer has at most."""

_LETTER = re.compile(r"[^\W_]")
_HALF = re.compile("[\ud800-\udfff]")


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
    try:
        text, encoding = decode(data)
    except NotText as problem:
        raise UnreadableAnswer(f"{_name(source)}: {problem}") from None
    return as_read(cleaned(text), source, encoding)


def from_text(text: str, source: str) -> Answer:
    """The answer that *text* is.

    Raises:
        UnreadableAnswer: it holds NUL, or is longer than ``MAX_CHARS``.
        EmptyAnswer: white space only.
    """
    return as_read(cleaned(text), source)


class CleanedText(NamedTuple):
    """The text of an answer as it is read, and what had to be done to read it."""

    text: str
    flags: tuple[Flag, ...] = ()


def cleaned(text: str) -> CleanedText:
    """*text* with plain line ends, half characters as U+FFFD, and HTML as what is seen of it.

    Text that the HTML hides stays, and is flagged as invisible.
    """
    text = _HALF.sub("\ufffd", text.replace("\r\n", "\n"))
    if len(text) > MAX_CHARS or not html.is_html(text):
        return CleanedText(text)
    seen = html.visible(text)
    hidden = (Flag(kind="invisible", start=a, end=b, text=seen.text[a:b]) for a, b in seen.hidden)
    return CleanedText(
        seen.text, (Flag(kind="html", start=0, end=0, text=""), *islice(hidden, MAX_FLAGS))
    )


def as_read(
    given: CleanedText, source: str, encoding: str = "utf-8", *, empty: bool = False
) -> Answer:
    """The answer in a text that was cleaned when it was read.

    Args:
        empty: take an answer without a word too, as a table has it in a blank cell.

    Raises:
        UnreadableAnswer: it holds NUL, or is longer than ``MAX_CHARS``.
        EmptyAnswer: white space only, and no *empty* one is taken.
    """
    text, name = given.text, _name(source)
    if not (empty or text.strip()):
        raise EmptyAnswer(f"{name}: is empty; write the answer into it first")
    if len(text) > MAX_CHARS:
        raise UnreadableAnswer(f"{name}: longer than {MAX_CHARS:,} characters; cut it down")
    if "\0" in text:
        raise UnreadableAnswer(f"{name}: holds NUL characters; {SAVE_AS_TEXT}")
    return Answer(
        text=text,
        digest=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        source=source,
        encoding=encoding,
        flags=in_order({*given.flags, *integrity.flags(text)}),
    )


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


def points_elsewhere(answer: Answer, question_texts: Iterable[str]) -> bool:
    """Whether the answer only points to a picture or a file, which is not here.

    Text that it has besides is an answer, and what is judged.
    """
    away = [flag for flag in answer.flags if flag.kind == "attachment"]
    rest, place = [], 0
    for flag in away:
        rest.append(answer.text[place : flag.start])
        place = max(place, flag.end)
    rest.append(answer.text[place:])
    return bool(away) and not has_content(" ".join(rest), question_texts)


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


def _name(source: str) -> str:
    """The source on one line."""
    shown = "stdin" if source == "-" else source
    return shown if shown.isprintable() else ascii(shown)

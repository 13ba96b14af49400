"""Documents that people hand in, as text: what was lost on the way is told, never guessed.

Office files and notebooks go through pandoc in its sandbox, which reads no other file and no
network; PDFs through pypdf. Both run in processes of their own, bounded in time and memory.
"""

import importlib.util
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from grader import answer
from grader.answer import Answer
from grader.errors import BadInput, Failed
from grader.text import html
from grader.text.flags import MAX_FLAGS, Flag
from grader.text.safe import one_line
from grader.util.archive import refuse_bombs
from grader.util.text_file import NotText, decode, read_bytes

MOST_BYTES = 20 * 1024 * 1024
MOST_SECONDS = 60
_PANDOC = {".docx": "docx", ".odt": "odt", ".rtf": "rtf", ".ipynb": "ipynb"}
_PAGES = (".html", ".htm")
DOCUMENTS = (*_PANDOC, ".pdf", *_PAGES)
"""The ends of names of documents."""
_INSTALL = "to read {suffix}: pip install 'answer-grader[documents]', or save it as plain text"
_BROKEN = "cannot be converted: {why}; save it as plain text in UTF-8"
_ESCAPED = re.compile(r"\\([_<>*#~|'\"])")
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img\b")
_MEDIA = ("word/media/", "Pictures/")
_OBJECT = re.compile(r"word/embeddings/[^/]+|(?:\./)?(?:Object|Formula)[^/]*/content\.xml")
_RUN_ENDS = "</w:r>"
_RUN = re.compile(r"<w:r[ >].*?</w:r>", re.DOTALL)
_VANISHES = re.compile(r"<w:vanish(?![^>]*(?:\"0\"|false))")
_WORDS = re.compile(r"<w:t(?: [^>]*)?>([^<]*)</w:t>")

Lost = Mapping[str, int]
"""How many of what a document has are not in its text."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A document as text, and what of it the text does not have."""

    text: str
    flags: tuple[Flag, ...]


def convert(path: Path) -> Converted:
    """The text of the document *path*.

    Raises:
        BadInput: it cannot be read, is too large, or cannot be converted.
        Failed: what converts it is not installed.
    """
    data, suffix = read_bytes(path, MOST_BYTES), path.suffix.lower()
    if len(data) > MOST_BYTES:
        raise BadInput(f"longer than {MOST_BYTES >> 20} MiB; give the answer itself")
    if suffix in _PAGES:
        return _page(decode(data)[0])
    text, lost = _pdf(data) if suffix == ".pdf" else _office(data, suffix)
    if not text.strip():
        raise BadInput("holds no text that can be read, perhaps pictures of it; give it as text")
    told = ", ".join(f"{count} {what}" for what, count in lost.items() if count)
    kind = suffix.lstrip(".")
    flag = Flag(kind="converted", start=0, end=0, text=f"{kind}: not {told}" if told else kind)
    text = answer.cleaned(text).text
    hidden = _hidden(data, text) if suffix == ".docx" else ()
    return Converted(text, (flag, *hidden))


def read_answer(path: str, stdin: BinaryIO | None = None) -> Answer:
    """The answer in the text or document *path*, or on standard input for ``-``.

    Raises:
        BadInput: it cannot be read or converted, is empty or too long.
        Failed: what converts it is not installed.
    """
    file = Path(path)
    if file.suffix.lower() not in DOCUMENTS or not file.is_file():
        return answer.read(path, stdin)
    try:
        read = convert(file)
    except (BadInput, Failed) as error:
        said = str(error).removeprefix(f"{path}: ")
        raise type(error)(f"{one_line(path)}: {said}") from None
    return answer.as_read(answer.CleanedText(read.text, read.flags), path)


def _page(text: str) -> Converted:
    seen = html.visible(text)
    hidden = (Flag(kind="invisible", start=a, end=b, text=seen.text[a:b]) for a, b in seen.hidden)
    first = Flag(kind="html", start=0, end=0, text="")
    return Converted(seen.text, (first, *islice(hidden, MAX_FLAGS)))


def _office(data: bytes, suffix: str) -> tuple[str, Lost]:
    """The text as Markdown, and what it does not have."""
    if importlib.util.find_spec("pypandoc") is None:
        raise Failed(_INSTALL.format(suffix=suffix))
    import pypandoc

    zipped = suffix in {".docx", ".odt"}
    if zipped:
        refuse_bombs(io.BytesIO(data))
    said = ("--sandbox", "--from", _PANDOC[suffix], "--to", "gfm-raw_html", "--wrap=none")
    done = _run([str(pypandoc.get_pandoc_path()), *said, "+RTS", "-M1024m", "-RTS"], data)
    text = _ESCAPED.sub(r"\1", done.decode("utf-8", "replace"))
    return text, _left_behind(data) if zipped else {"pictures": len(_PICTURE.findall(text))}


def _left_behind(data: bytes) -> Lost:
    """What an Office file has beside its text."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = parts.namelist()
    return {
        "pictures": sum(name.startswith(_MEDIA) and not name.endswith("/") for name in names),
        "embedded objects or formulas": sum(bool(_OBJECT.fullmatch(name)) for name in names),
    }


def _hidden(data: bytes, text: str) -> Iterator[Flag]:
    """The stretches of *text* that Word does not show."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        names = [name for name in parts.namelist() if name == "word/document.xml"]
        page = "".join(parts.read(name).decode("utf-8", "replace") for name in names)
    # Cut behind the last end of a run: the look for one then never comes to nothing.
    runs = _RUN.finditer(page[: page.rfind(_RUN_ENDS) + len(_RUN_ENDS)])
    hidden = (run[0] for run in runs if _VANISHES.search(run[0]))
    for run in islice(hidden, MAX_FLAGS):
        words = unescape("".join(_WORDS.findall(run))).strip()
        start = text.find(words) if words else -1
        if start >= 0:
            yield Flag(kind="invisible", start=start, end=start + len(words), text=words)


def _pdf(data: bytes) -> tuple[str, Lost]:
    if importlib.util.find_spec("pypdf") is None:
        raise Failed(_INSTALL.format(suffix=".pdf"))
    pages = json.loads(_run([sys.executable, "-m", "grader.session.pdf_text"], data))
    texts = [page["text"].strip() for page in pages]
    blank = sum(not text for text in texts)
    pictures = sum(page["pictures"] for page in pages)
    return "\n\n".join(filter(None, texts)), {"pictures": pictures, "pages without text": blank}


def _run(words: Sequence[str], data: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - our own words, the document goes to its input
            words, input=data, capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadInput(_BROKEN.format(why=f"took longer than {MOST_SECONDS} seconds")) from None
    except OSError as error:
        raise Failed(f"the converter cannot be run: {error.strerror}") from None
    if done.returncode:
        raise NotText(_BROKEN.format(why="it is broken, or too much at once"))
    return done.stdout

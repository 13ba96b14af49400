"""ZIP files from anybody, looked through before anything opens them."""

import zipfile
import zlib
from typing import IO, BinaryIO

from grader.util.text_file import NotText

MOST_BYTES = 256 * 1024 * 1024
"""Bytes that all parts of an Office file may unfold to."""
_CHUNK = 1024 * 1024
_BROKEN = "is no Office file that can be read; save it again"


def refuse_bombs(stream: BinaryIO) -> None:
    """Makes sure that an Office file unfolds to what people write, and declares no entities.

    Raises:
        NotText: it does not, or is no ZIP file.
    """
    try:
        with zipfile.ZipFile(stream) as parts:
            left = MOST_BYTES
            for info in parts.infolist():
                with parts.open(info) as part:
                    left -= _looked_through(part, left)
    except (
        *(zipfile.BadZipFile, zlib.error, OSError, EOFError),
        *(ValueError, NotImplementedError, RuntimeError),
    ):
        raise NotText(_BROKEN) from None
    finally:
        stream.seek(0)


def _looked_through(part: IO[bytes], left: int) -> int:
    """The bytes of *part*."""
    size, before = 0, b""
    while data := part.read(_CHUNK):
        size += len(data)
        if size > left:
            raise NotText(f"unfolds to more than {MOST_BYTES >> 20} MiB; give less of it")
        if b"<!ENTITY" in before + data:
            raise NotText("declares entities, which no office program writes; save it again")
        before = data[-16:]
    return size

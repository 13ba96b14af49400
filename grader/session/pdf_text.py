"""The text of a PDF, taken out in a process of its own: ``python -m grader.session.pdf_text``.

Its bytes come on standard input; JSON with the text of each page, and how many pictures it has,
goes to standard output.
"""

import io
import json
import sys
from typing import Any

_MEMORY = 1024 * 1024 * 1024
_SECONDS = 30


def main() -> None:
    """Reads one PDF within bounds of memory and time."""
    _bound()
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read()))
    pages = [{"text": page.extract_text(), "pictures": _pictures(page)} for page in reader.pages]
    sys.stdout.buffer.write(json.dumps(pages).encode())


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows: the caller's clock alone bounds it
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def _pictures(page: Any) -> int:  # noqa: ANN401 - what the library gives
    resources = page.get("/Resources")
    objects = resources and resources.get_object().get("/XObject")
    if not objects:
        return 0
    inner = objects.get_object()
    return sum(inner[name].get_object().get("/Subtype") == "/Image" for name in inner)


if __name__ == "__main__":
    main()

"""What a room of the web application is: see :mod:`grader.web.rooms` for how one is added."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import BaseRoute

from grader.text.catalogue import Catalogue


@dataclass(frozen=True)
class Room:
    """One part of the application, for one kind of work.

    Attributes:
        name: the first part of its addresses, and the prefix of its templates' names.
        folder: holds ``words.toml``, ``templates/`` and perhaps ``static/``.
        routes: its pages, with paths below its name; ``/`` is the first of them.
        told: what the first page says of it, in the words of a language: such as how much there is.
    """

    name: str
    folder: Path
    routes: Sequence[BaseRoute]
    told: Callable[[Catalogue], str]

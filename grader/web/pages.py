"""Pages: templates that escape all that is not written in them, in the visitor's language."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from grader import __version__
from grader.text.catalogue import Catalogue, words_in
from grader.text.safe import one_line, plain
from grader.web.door import Visitor
from grader.web.room import Room

LANG = {"en": "en", "zh": "zh-CN"}
"""Languages of pages as HTML names them."""
FOLDER = Path(__file__).parent


class _Templates(Environment):
    """Templates in which ``say.keys`` is the word of that name, not a method of its table."""

    def getattr(self, obj: object, attribute: str) -> object:
        """Returns what stands behind the dot."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class Pages:
    """The templates and words of the frame and of the rooms.

    Attributes:
        rooms: in the order of the first page.
        language: of pages where the visitor chose none; None goes by the browser's wishes.
    """

    def __init__(self, rooms: Sequence[Room], language: str | None = None) -> None:
        self.rooms = tuple(rooms)
        self.language = language
        folders = {"web": FOLDER, **{room.name: room.folder for room in rooms}}
        self._words = {name: folder / "words.toml" for name, folder in folders.items()}
        loaders = {n: FileSystemLoader(folder / "templates") for n, folder in folders.items()}
        self._templates = _Templates(
            loader=PrefixLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_visible,
        )
        self._templates.filters["line"] = one_line

    def words(self, name: str, language: str) -> Catalogue:
        """Returns the words of a room, or of the frame: ``web``."""
        return words_in(language, self._words[name])

    def render(self, template: str, language: str, values: dict[str, object]) -> str:
        """Returns *template* filled in with *values* and what every page needs."""
        name = template.partition("/")[0]
        frame = {
            "say": self.words(name, language),
            "web": self.words("web", language),
            "lang": language,
            "html_lang": LANG[language],
            "others": [other for other in LANG if other != language],
            "version": __version__,
        }
        return self._templates.get_template(template).render({**frame, **values})


def page(
    request: Request, template: str, /, *, status: int = 200, **values: object
) -> HTMLResponse:
    """Returns *template*, such as ``rate/answer.html.j2``, filled in for the visitor.

    What every template gets beside *values* is told in :mod:`grader.web.rooms`.
    """
    pages: Pages = request.app.state.pages
    name, base = template.partition("/")[0], request.state.base
    frame = {"base": base, "here": base if name == "web" else f"{base}/{name}"}
    return HTMLResponse(pages.render(template, language_of(request), {**frame, **values}), status)


def language_of(request: Request) -> str:
    """Returns the language of the visitor's pages; ``?lang=`` in the address chooses it."""
    visitor: Visitor = request.state.visitor
    chosen = request.query_params.get("lang")
    if chosen in LANG:
        visitor.language = chosen
    pages: Pages = request.app.state.pages
    return visitor.language or pages.language or _wished(request.headers.get("accept-language", ""))


def _wished(header: str) -> str:
    """The first known language of ``zh-CN,zh;q=0.9,en;q=0.8``: browsers name the best first."""
    names = (part.partition(";")[0].strip().lower()[:2] for part in header.split(","))
    return next((name for name in names if name in LANG), "en")


def _visible(value: object) -> object:
    """What a template puts out: no character that steers or hides, whoever wrote it."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value

"""The application: the first page, the rooms, and the locks around them."""

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from grader.errors import GraderError
from grader.report import html
from grader.web.door import Door
from grader.web.locks import Locks
from grader.web.pages import FOLDER, Pages, language_of, page
from grader.web.room import Room

NOT_FOUND = 404
_REPORT_STYLE = Path(html.__file__).with_name("templates") / "style.css"


def make_app(rooms: Sequence[Room], door: Door, language: str | None = None) -> Locks:
    """Returns the application behind its locks.

    Args:
        rooms: in the order of the first page.
        door: lets visitors in.
        language: of pages where the visitor chose none; None goes by the browser's wishes.
    """
    app = Starlette(
        routes=[
            Route("/", _home),
            Route("/static/report.css", _report_style),
            *(_files(name, folder) for name, folder in _static(rooms)),
            *(Mount(f"/{room.name}", routes=room.routes) for room in rooms),
        ],
        exception_handlers={GraderError: _complaint, HTTPException: _complaint},
    )
    app.state.pages = Pages(rooms, language)
    return Locks(app, door)


def _static(rooms: Sequence[Room]) -> list[tuple[str, Path]]:
    folders = [("web", FOLDER), *((room.name, room.folder) for room in rooms)]
    return [(name, folder / "static") for name, folder in folders if (folder / "static").is_dir()]


def _files(name: str, folder: Path) -> BaseRoute:
    return Mount(f"/static/{name}", StaticFiles(directory=folder))


def _home(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    language = language_of(request)
    words = [(room, pages.words(room.name, language)) for room in pages.rooms]
    rooms = [
        {"name": r.name, "title": say["title"], "lead": say["lead"], "told": r.told(say)}
        for r, say in words
    ]
    return page(request, "web/home.html.j2", rooms=rooms)


def _report_style(_: Request) -> Response:
    return FileResponse(_REPORT_STYLE, media_type="text/css")


def _complaint(request: Request, error: Exception) -> Response:
    """What went wrong, as a page, or as JSON where a script asked."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"error": _words(error)}, status)
    told = None if status == NOT_FOUND else _words(error)
    return page(request, "web/complaint.html.j2", status=status, told=told)


def _words(error: Exception) -> str:
    return error.detail if isinstance(error, HTTPException) else str(error)

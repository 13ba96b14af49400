"""A browser for tests of the web application, without a network."""

from starlette.testclient import TestClient

from grader.web.app import make_app
from grader.web.door import Door
from grader.web.room import Room

PORT = 8123
ORIGIN = f"http://127.0.0.1:{PORT}"


class Browser(TestClient):
    """A client whose addresses begin below the application's own path, as ``/rate/``.

    Attributes:
        door: by which it came in, or may.
    """

    def __init__(self, door: Door, *rooms: Room, language: str | None = None) -> None:
        super().__init__(make_app(rooms, door, language), base_url=ORIGIN)
        self.door = door

    def at(self, path: str) -> str:
        """The whole path of *path*."""
        return f"{self.door.base}{path}"

    def enter(self) -> "Browser":
        """Comes in by a new one-time address; returns itself."""
        assert self.get(self.door.address()).status_code == 200
        self.headers["Origin"] = ORIGIN  # as browsers send it with what changes something
        return self


def browser(*rooms: Room, language: str | None = None) -> Browser:
    """A browser that has come into an application of *rooms*."""
    return Browser(Door(PORT), *rooms, language=language).enter()

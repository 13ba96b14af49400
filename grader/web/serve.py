"""Serves the application on the loopback interface until Ctrl-C."""

import contextlib
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence

import uvicorn

from grader.errors import BadInput
from grader.web.app import make_app
from grader.web.door import Door
from grader.web.room import Room

_SECONDS_TO_END = 2


def serve(
    rooms: Sequence[Room],
    port: int,
    language: str | None,
    tell: Callable[[str], None],
    *,
    browse: bool = True,
) -> None:
    """Serves *rooms* until Ctrl-C, and prints the address that lets a browser in.

    Args:
        port: 0 takes one that is free.
        language: of pages where nobody chose one; None goes by the browser's wishes.
        tell: prints a line.
        browse: opens the address in the user's browser, too.

    Raises:
        BadInput: the port is taken.
    """
    with _listening(port) as listening:
        door = Door(listening.getsockname()[1])
        address = door.address()
        tell(address)
        if browse:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        if sys.stdin is not None and sys.stdin.isatty():
            threading.Thread(target=more_addresses, args=(door, tell), daemon=True).start()
        # The server ends by itself at Ctrl-C, and then raises it once more
        with contextlib.suppress(KeyboardInterrupt):
            _server(rooms, door, language).run(sockets=[listening])


def _server(rooms: Sequence[Room], door: Door, language: str | None) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            make_app(rooms, door, language),
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            # Headers of proxies would let anybody say whom a request is from
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )
    )


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise BadInput(
            f"--port {port}: {error.strerror}; leave --port out to take one that is free"
        ) from None
    listening.listen()
    return listening


def more_addresses(door: Door, tell: Callable[[str], None]) -> None:
    """Tells a new address at each press of Enter, for another browser or a lost cookie."""
    for _ in sys.stdin:
        tell(door.address())

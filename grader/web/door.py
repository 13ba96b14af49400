"""Who may come in: one-time addresses, and the browsers that used one."""

import secrets
from dataclasses import dataclass, field

_LONGEST_WAITING = 16
"""Addresses that may wait to be used: older ones are spent by newer ones."""


@dataclass
class Visitor:
    """One browser that came in, for as long as the server runs.

    Attributes:
        language: as chosen on a page; None before.
        values: what rooms keep of it, by names such as ``rate/rater``. It never leaves the server.
    """

    language: str | None = None
    values: dict[str, str] = field(default_factory=dict)


class Door:
    """The addresses of one server and the browsers that it knows.

    Attributes:
        port: of the loopback interface.
        base: the path that all addresses begin with, unlike any other server's. A browser sends
            cookies to every port of a host, but only to paths below the cookie's own: so no other
            server of this machine gets ours.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.base = f"/{secrets.token_urlsafe(9)}"
        self._tokens: list[str] = []
        self._visitors: dict[str, Visitor] = {}

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"grade-{self.port}"

    def address(self) -> str:
        """Returns a new address that lets in the first browser that opens it."""
        token = secrets.token_urlsafe(32)
        self._tokens = [*self._tokens, token][-_LONGEST_WAITING:]
        return f"http://127.0.0.1:{self.port}{self.base}/enter?token={token}"

    def admit(self, token: str) -> str | None:
        """Spends *token* and returns what the browser's cookie is to hold; None if not good."""
        if token not in self._tokens:
            return None
        self._tokens.remove(token)
        key = secrets.token_urlsafe(32)
        self._visitors[key] = Visitor()
        return key

    def visitor(self, key: str) -> Visitor | None:
        """Returns whose cookie holds *key*."""
        return self._visitors.get(key)

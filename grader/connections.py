"""Many connections to one endpoint, at the price of one.

A connection pool looks at all of its connections, with a system call each, whenever a request
begins or ends: with a hundred under way that is more work than the requests. Here every request
has a pool of its own while it lasts.
"""

from typing import Any

import httpx2


class Connections(httpx2.AsyncClient):
    """An HTTP client that hands each request to a client with one connection, made when all
    others are busy. Only for requests whose reply is read whole before ``send`` returns."""

    def __init__(self, timeout_s: float) -> None:
        self._verify = httpx2.create_ssl_context()
        super().__init__(verify=self._verify, timeout=timeout_s)
        self._all: list[httpx2.AsyncClient] = []
        self._idle: list[httpx2.AsyncClient] = []

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:  # noqa: ANN401
        """Sends one request. Raises what :class:`httpx2.AsyncClient` raises."""
        client = self._idle.pop() if self._idle else self._another()
        try:
            return await client.send(request, **options)
        finally:
            self._idle.append(client)

    def _another(self) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(verify=self._verify, timeout=self.timeout)
        self._all.append(client)
        return client

    async def aclose(self) -> None:
        """Closes all connections."""
        for client in self._all:
            await client.aclose()
        await super().aclose()

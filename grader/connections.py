"""Connections to an endpoint, one for each request under way.

A connection pool looks at all of its connections, with a system call each, whenever a request
begins or ends: with a hundred under way that is more work than the requests. Here every request
has a connection of its own while it lasts, and the next one takes it over.
"""

from urllib.request import getproxies, proxy_bypass

import httpx2

from grader.stream import Backend


class Connections(httpx2.AsyncBaseTransport):
    """Carries the requests of a client; makes a connection when all others are busy."""

    def __init__(self) -> None:
        self._tls = httpx2.create_ssl_context()
        self._idle: list[httpx2.AsyncHTTPTransport] = []
        self._all: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends *request* and reads its reply whole.

        Raises:
            httpx2.TransportError: no reply came.
        """
        connection = self._idle.pop() if self._idle else self._another(request.url)
        try:
            response = await connection.handle_async_request(request)
            if not isinstance(response.stream, httpx2.AsyncByteStream):
                raise TypeError("a reply that cannot be read without waiting")
            content = b"".join([part async for part in response.stream])
            await response.stream.aclose()
        finally:
            self._idle.append(connection)
        response.stream = httpx2.ByteStream(content)
        return response

    def _another(self, url: httpx2.URL) -> httpx2.AsyncHTTPTransport:
        # A client with a transport of its own leaves the proxies of the environment to it.
        proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
        connection = httpx2.AsyncHTTPTransport(verify=self._tls, proxy=proxy)
        connection._pool._network_backend = Backend()  # httpx2 has no way to say so
        self._all.append(connection)
        return connection

    async def aclose(self) -> None:
        """Closes all connections."""
        for connection in self._all:
            await connection.aclose()

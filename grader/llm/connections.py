"""Connections to an endpoint, one for each request under way.

A connection pool looks at all of its connections, with a system call each, whenever a request
begins or ends: with a hundred under way that is more work than the requests. Here every request
has a connection of its own while it lasts, and the next one takes it over.
"""

from collections import defaultdict
from functools import cached_property
from ssl import SSLContext
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from grader.llm.stream import Backend

Origin = tuple[bytes, bytes, int | None]

_IDLE_S = 5.0
"""How long an idle connection is trusted: many servers close it then."""


class Connections(httpx2.AsyncBaseTransport):
    """Carries the requests of a client; makes a connection when all others are busy."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[httpcore2.AsyncHTTPConnection]] = defaultdict(list)
        self._proxies: dict[Origin, httpx2.AsyncHTTPTransport | None] = {}

    @cached_property
    def _tls(self) -> SSLContext:
        return httpx2.create_ssl_context()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends *request* and reads its reply whole.

        Raises:
            httpx2.TimeoutException: it took too long.
            httpx2.TransportError: no reply came.
        """
        url = request.url
        origin = url.raw_scheme, url.raw_host, url.port
        if origin not in self._proxies:
            self._proxies[origin] = self._proxy(url)
        if (proxy := self._proxies[origin]) is not None:
            return await proxy.handle_async_request(request)
        try:
            return await self._direct(request, origin)
        except httpcore2.TimeoutException as error:
            raise httpx2.TimeoutException(str(error)) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise httpx2.TransportError(str(error)) from error

    async def _direct(self, request: httpx2.Request, origin: Origin) -> httpx2.Response:
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(
                scheme=origin[0], host=origin[1], port=origin[2], target=request.url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        connection = await self._standing(origin) or self._another(sent.url.origin)
        response = await connection.handle_async_request(sent)
        try:
            content = await response.aread()
        finally:
            await response.aclose()
        self._idle[origin].append(connection)
        return httpx2.Response(
            response.status,
            headers=response.headers,
            stream=httpx2.ByteStream(content),
            extensions=response.extensions,
        )

    async def _standing(self, origin: Origin) -> httpcore2.AsyncHTTPConnection | None:
        """An idle connection that the server has not closed."""
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return None

    def _another(self, origin: httpcore2.Origin) -> httpcore2.AsyncHTTPConnection:
        tls = self._tls if origin.scheme == b"https" else None
        return httpcore2.AsyncHTTPConnection(
            origin, ssl_context=tls, keepalive_expiry=_IDLE_S, network_backend=Backend()
        )

    def _proxy(self, url: httpx2.URL) -> httpx2.AsyncHTTPTransport | None:
        # A client with a transport of its own leaves the proxies of the environment to it.
        proxy = getproxies().get(url.scheme)
        if proxy is None or proxy_bypass(url.host):
            return None
        limits = httpx2.Limits(max_connections=None)
        return httpx2.AsyncHTTPTransport(verify=self._tls, proxy=proxy, limits=limits)

    async def aclose(self) -> None:
        """Closes the idle connections; those under way have been awaited."""
        for idle in self._idle.values():
            for connection in idle:
                await connection.aclose()
        for proxy in filter(None, self._proxies.values()):
            await proxy.aclose()

"""The bytes of a connection: one system call for a request, one to see whether it still stands."""

import select
from collections.abc import Iterable
from contextlib import suppress
from socket import socket
from ssl import SSLContext

import httpcore2

_Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class Backend(httpcore2.AnyIOBackend):
    """Makes connections whose streams are of :class:`Stream`."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to *host*."""
        return Stream(await super().connect_tcp(host, port, timeout, local_address, socket_options))


class Stream(httpcore2.AsyncNetworkStream):
    """A stream that sends what was written when a reply to it is wanted.

    A request is written as a head and a body: each would be a packet, and wake the other side.
    """

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self._socket: socket = inner.get_extra_info("socket")
        self._unsent: list[bytes] = []
        self._timeout: float | None = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Keeps *buffer* until the next read."""
        self._unsent.append(buffer)
        self._timeout = timeout

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Sends what was written and gives what comes."""
        if self._unsent:
            unsent, self._unsent = b"".join(self._unsent), []
            # A server that takes no more may have said why: that is read next.
            with suppress(httpcore2.WriteError):
                await self._inner.write(unsent, self._timeout)
        return await self._inner.read(max_bytes, timeout)

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """The encrypted stream over this one."""
        return Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        """What is known of the connection."""
        # anyio answers any question with all it knows, each time: both addresses, asked anew.
        if info == "is_readable" and hasattr(select, "poll"):
            return _is_readable(self._socket)
        return self._inner.get_extra_info(info)


def _is_readable(connection: socket) -> bool:
    """Whether an idle connection was closed by the server: it has nothing else to say."""
    number = connection.fileno()
    if number < 0:
        return True
    looked_at = select.poll()
    looked_at.register(number, select.POLLIN)
    return bool(looked_at.poll(0))

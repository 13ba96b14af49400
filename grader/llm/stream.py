"""The bytes of a connection: one system call for a request, none to see whether it still stands."""

import asyncio
from collections.abc import Iterable
from ssl import SSLContext
from typing import cast

import httpcore2

_Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
# Between two addresses of one name (RFC 8305).
_HAPPY_EYEBALLS_S = 0.25


class Backend(httpcore2.AsyncNetworkBackend):
    """Makes connections of asyncio's own, without a layer over it."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,  # noqa: ARG002 - asked for by nobody
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to *host*.

        Raises:
            httpcore2.ConnectTimeout: there was none within *timeout* seconds.
            httpcore2.ConnectError: there is none.
        """
        try:
            async with asyncio.timeout(timeout):
                transport, inbox = await asyncio.get_running_loop().create_connection(
                    _Inbox,
                    host,
                    port,
                    local_addr=(local_address, 0) if local_address else None,
                    happy_eyeballs_delay=_HAPPY_EYEBALLS_S,
                )
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return Stream(transport, inbox)


class _Inbox(asyncio.Protocol):
    """What has come from the other side and was not taken yet."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.ended = False
        self.error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        self.bytes += data
        self._wake()

    def eof_received(self) -> None:
        self.ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.ended, self.error = True, error
        self._wake()

    async def something(self) -> None:
        """Waits until something came, or nothing more will."""
        if not self.bytes and not self.ended:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Stream(httpcore2.AsyncNetworkStream):
    """A stream that sends what was written when a reply to it is wanted.

    A request is written as a head and a body: each would be a packet, and wake the other side.
    """

    def __init__(self, transport: asyncio.Transport, inbox: _Inbox) -> None:
        self._transport = transport
        self._inbox = inbox
        self._unsent: list[bytes] = []

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Keeps *buffer* until the next read, whose time it takes."""
        self._unsent.append(buffer)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Sends what was written and gives what comes; nothing once the other side has ended.

        Raises:
            httpcore2.ReadTimeout: nothing came within *timeout* seconds.
            httpcore2.ReadError: the connection broke.
        """
        inbox = self._inbox
        if self._unsent:
            self._transport.write(b"".join(self._unsent))
            self._unsent.clear()
        try:
            async with asyncio.timeout(timeout):
                await inbox.something()
        except TimeoutError as error:
            raise httpcore2.ReadTimeout(str(error)) from error
        if inbox.error is not None and not inbox.bytes:
            raise httpcore2.ReadError(str(inbox.error)) from inbox.error
        taken = bytes(inbox.bytes[:max_bytes])
        del inbox.bytes[:max_bytes]
        return taken

    async def aclose(self) -> None:
        """Closes the connection."""
        self._transport.abort()
        await asyncio.sleep(0)  # its end comes with the loop's next turn

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """The encrypted stream over this one.

        Raises:
            httpcore2.ConnectTimeout: it was not agreed on within *timeout* seconds.
            httpcore2.ConnectError: it could not be agreed on.
        """
        try:
            async with asyncio.timeout(timeout):
                encrypted = await asyncio.get_running_loop().start_tls(
                    self._transport, self._inbox, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        return Stream(cast("asyncio.Transport", encrypted), self._inbox)

    def get_extra_info(self, info: str) -> object:
        """What is known of the connection."""
        if info == "is_readable":  # an idle server has nothing to say but that it closes
            return self._inbox.ended or bool(self._inbox.bytes)
        return self._transport.get_extra_info({"server_addr": "peername"}.get(info, info))

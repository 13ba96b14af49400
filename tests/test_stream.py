"""The bytes of a connection: a request is one packet, and a connection that was closed is seen."""

import asyncio
from collections.abc import Awaitable, Callable

import httpcore2
import httpx2

from grader.connections import Connections
from grader.stream import Stream

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 %d OK\r\ncontent-length: 2\r\n\r\nok"


async def posted(handle: Handle, body: bytes, times: int = 1) -> list[int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, httpx2.AsyncClient(transport=Connections()) as client:
        found = []
        for _ in range(times):
            found.append((await client.post(url, content=body)).status_code)
            await asyncio.sleep(0.02)
        return found


class Recorded(httpcore2.AsyncMockStream):
    def __init__(self) -> None:
        super().__init__([b"reply"])
        self.written: list[bytes] = []

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self.written.append(buffer)


def test_a_request_goes_out_whole() -> None:
    async def exchange(stream: Stream) -> bytes:
        await stream.write(b"head")
        await stream.write(b"body")
        return await stream.read(100)

    inner = Recorded()
    assert asyncio.run(exchange(Stream(inner))) == b"reply"
    assert inner.written == [b"headbody"]


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    opened = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(4)
            writer.write(HEAD % 200)
        writer.close()

    assert asyncio.run(posted(handle, b"body", times=6)) == [200] * 6
    assert len(opened) == 3

"""The bytes of a connection: a request is one packet, and a connection that was closed is seen."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from grader.llm.connections import Connections

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 %d OK\r\ncontent-length: 2\r\n\r\nok"


async def posted(handle: Handle, body: bytes, times: int = 1, timeout_s: float = 5) -> list[int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        try:
            async with httpx2.AsyncClient(transport=Connections(), timeout=timeout_s) as client:
                found = []
                for _ in range(times):
                    found.append((await client.post(url, content=body)).status_code)
                    await asyncio.sleep(0.02)
                return found
        finally:
            await asyncio.sleep(0.02)  # for the server to see that the client has gone


def test_a_request_goes_out_whole() -> None:
    packets = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packets.append(await reader.read(1 << 16))
        writer.write(HEAD % 200)
        writer.close()

    assert asyncio.run(posted(handle, b"body")) == [200]
    (packet,) = packets
    assert packet.startswith(b"POST / HTTP/1.1\r\n")
    assert packet.endswith(b"\r\n\r\nbody")


def test_what_comes_in_pieces_is_put_together() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        for byte in HEAD % 201:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    assert asyncio.run(posted(handle, b"body")) == [201]


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"])
def test_a_reply_that_breaks_off_is_no_reply(said: bytes) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(said)
        writer.close()

    with pytest.raises(httpx2.TransportError):
        asyncio.run(posted(handle, b"body"))


def test_a_reply_that_does_not_come_is_a_timeout() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with pytest.raises(httpx2.TimeoutException):
        asyncio.run(posted(handle, b"body", timeout_s=0.05))


def test_nobody_listening_is_said() -> None:
    async def post() -> None:
        async with httpx2.AsyncClient(transport=Connections()) as client:
            await client.post("http://127.0.0.1:9/", content=b"body")

    with pytest.raises(httpx2.TransportError, match=r"127\.0\.0\.1"):
        asyncio.run(post())


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD % 200)
        writer.close()

    async def post() -> int:
        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        async with server, httpx2.AsyncClient(transport=Connections()) as client:
            status = (await client.post("http://nowhere.invalid/x", content=b"body")).status_code
            await asyncio.sleep(0.02)
            return status

    assert asyncio.run(post()) == 200
    assert asked == [b"POST http://nowhere.invalid/x HTTP/1.1\r\n"]


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

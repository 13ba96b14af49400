"""How requests leave the machine: whole, by the proxy that the user set, and within their time."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pytest

from grader.errors import ModelFailed
from grader.llm.endpoint import Endpoint
from grader.llm.network import certificates, http_client
from grader.llm.request import Reply, Request
from grader.record import Cause

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 %d OK\r\ncontent-length: 2\r\n\r\nok"


async def posted(handle: Handle, body: bytes, times: int = 1, timeout_s: float = 5) -> list[int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        try:
            async with http_client(timeout_s) as client:
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
        head = await reader.readuntil(b"\r\n\r\n")
        packets.append(head + await reader.readexactly(4))
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
        async with http_client(5) as client:
            await client.post("http://127.0.0.1:9/", content=b"body")

    with pytest.raises(httpx2.ConnectError):
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
        async with server, http_client(5) as client:
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


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{kind}_proxy", raising=False)
        monkeypatch.delenv(f"{kind.upper()}_PROXY", raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def ask(endpoint: Endpoint) -> Reply:
    async def send() -> Reply:
        try:
            return await endpoint.send(Request(endpoint.endpoint, "m", {"messages": []}))
        finally:
            await endpoint.close()

    return asyncio.run(send())


async def _at_once(_: float) -> None:
    """Waits for nothing."""


@pytest.mark.parametrize("name", ["all_proxy", "ALL_PROXY", "http_proxy"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_is_used_whatever_it_is_called_and_without_a_scheme_too(
    monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 418 Teapot\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def post() -> int:
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        monkeypatch.setenv(name, f"{scheme}127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with server, http_client(5) as client:
            status = (await client.post("http://nowhere.invalid/x", content=b"body")).status_code
            await asyncio.sleep(0.02)
            return status

    assert asyncio.run(post()) == 418


def test_an_encrypted_address_is_asked_for_at_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def send() -> Reply:
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        endpoint = Endpoint("m", "https://nowhere.invalid/v1", "k", sleep=_at_once)
        async with server:
            try:
                return await endpoint.send(Request("e", "m", {"messages": []}))
            finally:
                await endpoint.close()
                await asyncio.sleep(0.05)

    reply = asyncio.run(send())
    assert asked[0] == b"CONNECT nowhere.invalid:443 HTTP/1.1\r\n"
    assert reply.cause == Cause.HTTP_ERROR
    assert "407" in reply.detail


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("socks4://proxy:1080", "SOCKS|no proxy that can be used"),
        ("ftp://proxy:21", "no proxy that can be used"),
        ("http://proxy:port", "no proxy that can be used"),
        ("http://user:secret@proxy:port", r"\*\*\*@proxy"),
    ],
)
@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_a_proxy_that_cannot_be_used_is_told_in_one_line_without_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, setting: str, words: str
) -> None:
    monkeypatch.setenv(name, setting)
    with pytest.raises(ModelFailed, match=words) as failed:
        ask(Endpoint("m", "https://nowhere.invalid/v1", "k", sleep=_at_once))
    assert "\n" not in str(failed.value)
    assert "secret" not in str(failed.value)
    assert name.upper() in str(failed.value)


def test_a_socks_proxy_is_used_or_the_package_it_needs_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://user:secret@127.0.0.1:9")
    endpoint = Endpoint("m", "https://nowhere.invalid/v1", "k", sleep=_at_once)
    if find_spec("socksio"):
        assert ask(endpoint).cause == Cause.HTTP_ERROR
        return
    with pytest.raises(ModelFailed, match=r"answer-grader\[socks\]") as failed:
        ask(endpoint)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("kind", ["missing", "not certificates", "empty"])
def test_certificates_that_cannot_be_read_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "bundle.pem"
    if kind != "missing":
        path.write_text("" if kind == "empty" else "certainly not")
    monkeypatch.setenv(name, str(path))
    with pytest.raises(ModelFailed, match=f"{name}=.*bundle.pem") as failed:
        ask(Endpoint("m", "https://nowhere.invalid/v1", "k", sleep=_at_once))
    assert "\n" not in str(failed.value)


def test_certificates_of_the_environment_are_the_ones_that_are_trusted(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    trusted = certificates({"REQUESTS_CA_BUNDLE": str(tmp_path / "folder")})
    assert trusted is not None
    assert trusted.get_ca_certs() == []
    assert certificates({}) is None


def test_a_connection_that_takes_too_long_was_not_paid_for_and_is_tried_again() -> None:
    calls = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        calls.append(1)
        raise httpx2.ConnectTimeout("slow", request=request)

    transport = httpx2.MockTransport(handler)
    reply = ask(Endpoint("m", "http://stub/v1", sleep=_at_once, transport=transport))
    assert reply.cause == Cause.HTTP_ERROR
    assert "nothing was paid for" in reply.detail
    assert len(calls) > 1


def test_a_reply_that_only_trickles_ends_in_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.llm.network.CONNECT_S", 0.2)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            writer.close()

    async def send() -> Reply:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        endpoint = Endpoint("m", url, timeout_s=0.2, sleep=_at_once)
        async with server:
            try:
                return await endpoint.send(Request("e", "m", {"messages": []}))
            finally:
                await endpoint.close()
                await asyncio.sleep(0.05)

    reply = asyncio.run(send())
    assert reply.cause == Cause.TIMEOUT
    assert "--timeout" in reply.detail

"""What stands between a request and the application: who asks, from where, and how much.

A page of another site that is open in the same browser can send requests to this server, but not
name its host rightly (Host), hide where it is from (Origin, Sec-Fetch-Site) or have the cookie.
"""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.web.door import Door

MAX_BODY = 1024 * 1024
"""Bytes of the longest request; the longest answer takes 0.4 MB."""
_REMEMBERED = 7 * 24 * 3600
"""Seconds that a browser keeps the cookie, so that it may be closed; the server may end before."""
_POLICY = "Content-Security-Policy"
HEADERS = {
    _POLICY: (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With no-referrer browsers would send forms of our own with the origin "null"
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_READING = {"GET", "HEAD"}


class Locks:
    """Lets through only what a browser sends that came in by a one-time address.

    What is behind finds ``request.state.visitor`` and ``request.state.base``, the path that every
    address begins with.
    """

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app, self._door = app, door
        self._hosts = {f"{name}:{door.port}" for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return  # neither WebSockets nor a lifespan: the server is told to use none
        headers = Headers(scope=scope)
        if refused := self._refused(scope, headers):
            await refused(scope, receive, _locked(send))
        elif scope["path"] == f"{self._door.base}/enter":
            await self._enter(scope)(scope, receive, _locked(send))
        else:
            await self._inside(scope, headers, receive, _locked(send))

    def _refused(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered to a request that is not from a page of ours."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            return _no(421, "This server answers only as 127.0.0.1 or localhost.")
        if scope["method"] not in {*_READING, "POST"}:
            return _no(405, "Only GET and POST.")
        own = origin == f"http://{host}"
        if not own and (origin is not None or scope["method"] not in _READING):
            return _no(403, "Not from a page of this server (Origin).")
        if not own and not _is_own_or_opened(headers, scope["method"]):
            return _no(403, "Not from a page of this server (Sec-Fetch-Site).")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return _no(413, "Too long.")
        return None

    def _enter(self, scope: Scope) -> Response:
        """Exchanges the token of a one-time address for a cookie."""
        query = parse_qs(scope["query_string"].decode("ascii", "replace"))
        key = self._door.admit(query.get("token", [""])[0]) if scope["method"] == "GET" else None
        if key is None:
            known = self._door.visitor(_cookie(Headers(scope=scope), self._door.cookie))
            return _onwards(self._door.base) if known else _no(403, _SPENT)
        response = _onwards(self._door.base)
        response.set_cookie(
            self._door.cookie,
            key,
            max_age=_REMEMBERED,
            path=f"{self._door.base}/",
            httponly=True,
            samesite="strict",
        )
        return response

    async def _inside(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        visitor = self._door.visitor(_cookie(headers, self._door.cookie))
        if visitor is None or not scope["path"].startswith(f"{self._door.base}/"):
            await _no(403, _SPENT)(scope, receive, send)
            return
        state = {**scope.get("state", {}), "visitor": visitor, "base": self._door.base}
        inner = {**scope, "root_path": self._door.base, "state": state}
        await self._app(inner, _bounded(receive), send)


_SPENT = (
    "This address was used already, or is not one of ours. Press Enter where `grade web` runs: it"
    " prints a new one.\n这个地址已经用过,或者不是本服务的地址。请在运行 grade web 的终端里按回车,"
    "会显示一个新地址。"
)


def _no(status: int, why: str) -> Response:
    return PlainTextResponse(f"{why}\n", status)


def _onwards(base: str) -> Response:
    """A page that leads to the first one.

    A redirection would not do: from a link elsewhere it counts as that page's own, and the browser
    would hold the cookie back.
    """
    return HTMLResponse(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>grade</title>"
        '<link rel=icon href="data:,">'
        f'<meta http-equiv=refresh content="0;url={base}/">'
        f'<p><a href="{base}/">grade</a></p>'
    )


def _is_own_or_opened(headers: Headers, method: str) -> bool:
    """Whether a page of ours asks, or somebody opened an address as a page of its own."""
    site = headers.get("sec-fetch-site", "none")
    if site in {"same-origin", "none"}:
        return True
    opened = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
    return method == "GET" and opened == ("navigate", "document")


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _locked(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            # A report is a page with a stricter policy of its own
            own = headers.get(_POLICY)
            for name, value in HEADERS.items():
                headers[name] = own if own and name == _POLICY else value
        await send(message)

    return with_headers


def _bounded(receive: Receive) -> Receive:
    """*receive*, for bodies that do not say how long they are."""
    left = MAX_BODY

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, "Too long.")
        return message

    return bounded

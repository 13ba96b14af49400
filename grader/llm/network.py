"""How requests leave this machine: proxies, certificates, time limits.

The client's own transport carries them. What the environment says of proxies and certificates is
looked at first, so that a wrong setting is told in one line and never gone past in silence.
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import getproxies

from grader.errors import ModelFailed
from grader.text.safe import one_line

if TYPE_CHECKING:
    import httpx2

CONNECT_S = 15.0
"""How long a connection may take to stand; a request that has none was not paid for."""
_IDLE_S = 5.0
"""How long an idle connection is trusted: many servers close it then."""
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
_LONGEST = 200


def http_client(
    timeout_s: float, transport: "httpx2.AsyncBaseTransport | None" = None
) -> "httpx2.AsyncClient":
    """Returns the client that requests go through.

    Args:
        timeout_s: seconds that a reply may take once the connection stands.
        transport: carries the requests instead, past every proxy.

    Raises:
        ModelFailed: a proxy or a bundle of certificates that the environment names is no use.
    """
    import httpx2

    # pool: there is no queue for a connection, see the limits below
    timeout = httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s), pool=None)
    if transport is not None:
        return httpx2.AsyncClient(transport=transport, timeout=timeout)
    # How many requests go at once is decided where they are sent
    limits = httpx2.Limits(
        max_connections=None, max_keepalive_connections=None, keepalive_expiry=_IDLE_S
    )
    tls = certificates(os.environ)
    try:
        # Redirects stay unfollowed: a request goes where the user sent it, or nowhere.
        return httpx2.AsyncClient(
            verify=True if tls is None else tls, timeout=timeout, limits=limits
        )
    except ImportError:
        raise ModelFailed(
            f"{_proxies()}: a SOCKS proxy needs an extra: run `pip install 'answer-grader[socks]'`"
        ) from None
    except (httpx2.InvalidURL, ValueError) as error:
        raise ModelFailed(
            f"{_proxies()}: no proxy that can be used: {one_line(str(error), _LONGEST)};"
            " write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
        ) from None


def certificates(env: Mapping[str, str]) -> ssl.SSLContext | None:
    """Returns the bundle of certificates that *env* names, or None where it names none.

    Raises:
        ModelFailed: it cannot be read.
    """
    name = next((name for name in _BUNDLES if env.get(name)), None)
    if name is None:
        return None
    path = Path(env[name])
    try:
        if path.is_dir() or name == "SSL_CERT_DIR":  # which may name several
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except OSError as error:
        why = error.strerror or "not certificates in PEM form"
        raise ModelFailed(
            f"{name}={one_line(str(path), _LONGEST)}: {why}; name a PEM file, or unset {name}"
        ) from None


def _proxies() -> str:
    """The proxy settings of the environment, without the passwords that may stand in them."""
    settings = getproxies()
    named = (
        f"{kind.upper()}_PROXY={_without_password(settings[kind])}"
        for kind in ("https", "http", "all", "no")
        if settings.get(kind)
    )
    return one_line(", ".join(named), _LONGEST)


def _without_password(address: str) -> str:
    # The last one: a password may hold an @ of its own
    before, at, host = address.rpartition("@")
    scheme, slashes, _ = before.rpartition("://")
    return f"{scheme}{slashes}***{at}{host}" if at else address

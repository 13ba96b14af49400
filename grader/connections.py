"""Posts to one address over many connections, at little more than the price of the bytes.

A connection pool looks at all of its connections, with a system call each, whenever a request
begins or ends: with a hundred under way that is more work than the requests. Here every request
has a client of its own while it lasts. An SDK's pass over each body, against its types, would
again cost as much as everything else that is done for an answer.
"""

import httpx2


class Connections:
    """Connections to one address, each made when all others are busy.

    Attributes:
        url: where everything is posted to.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        timeout_s: float,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Opens nothing yet.

        Args:
            transport: stands in for the network in tests.

        Raises:
            httpx2.InvalidURL: *url* is no address.
            UnicodeEncodeError: a header is not ASCII.
        """
        self.url = httpx2.URL(url)
        self._headers = [(name.encode(), value.encode("ascii")) for name, value in headers.items()]
        self._timeout = httpx2.Timeout(timeout_s)
        self._transport = transport
        self._verify = httpx2.create_ssl_context()
        self._all: list[httpx2.AsyncClient] = []
        self._idle: list[httpx2.AsyncClient] = []

    async def post(self, payload: bytes) -> httpx2.Response:
        """Posts *payload* and reads the reply whole.

        Raises:
            httpx2.RequestError: no reply came.
        """
        request = httpx2.Request(
            "POST",
            self.url,
            headers=self._headers,
            content=payload,
            extensions={"timeout": self._timeout.as_dict()},
        )
        client = self._idle.pop() if self._idle else self._another()
        try:
            return await client.send(request, follow_redirects=True)
        finally:
            self._idle.append(client)

    def _another(self) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(verify=self._verify, transport=self._transport)
        self._all.append(client)
        return client

    async def close(self) -> None:
        """Closes all connections."""
        for client in self._all:
            await client.aclose()

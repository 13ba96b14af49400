"""An OpenAI-compatible endpoint on loopback that judges by rule: for tests and measurements.

    python tests/support/stub.py --port 0 --delay 0.2

It replies to ``POST .../chat/completions`` with a judgement of the shape that the request's JSON
Schema asks for, quoting the answer's first words, and to ``POST .../completions`` as llama.cpp's
server with the trained judge does; it counts what it was asked: ``GET /stats``.
Words in the answer choose how it fails: ``stub:not-json``, ``stub:cut-off``, ``stub:refuse``,
``stub:filter``, ``stub:wrong-shape``, ``stub:no-quote``, ``stub:half-character``, a name in
:mod:`tests.support.odd_replies`, and ``stub:<status>`` for an HTTP status
that is always replied, as ``stub:429``, ``stub:401`` or ``stub:quota``.
"""

import argparse
import asyncio
import hashlib
import json
import random
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support.odd_replies import EMPTY_HANDED, READABLE, REFUSALS, error_body, refusal

_FENCED = re.compile(r"-----[0-9a-f]{32}-----\n(.*?)\n?-----[0-9a-f]{32}-----", re.DOTALL)
_FAULT = re.compile(r"stub:([a-z0-9-]+)")
_QUOTED = 24
_APART_S = 0.03
WORDS = ("Yes", "No", "Half", "Wrong")
"""The words of the trained judge's form."""
_PHRASES = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Slow Down"}


@dataclass
class Behaviour:
    """How the stub replies.

    Attributes:
        delay: seconds from the end of a request to its reply.
        put_off: share of requests, 0 to 1, that get HTTP 429 with ``retry_after``.
        unparseable: share of answers, 0 to 1, whose every reply is not JSON.
        flip: share of replies, 0 to 1, that turn one verdict round.
        cut: share of paid replies, 0 to 1, whose connection breaks in the middle of the body.
        jitter: further seconds of delay at most, so that replies overtake each other.
        moody: share of replies, 0 to 1, that hold nothing that was judged, or hold it oddly
            wrapped.
        slow: share of paid replies, 0 to 1, whose body comes in two pieces, some time apart.
        legacy: log-probabilities of a completed prompt in lists beside each other, as vLLM sends
            them.
        headers: further headers of every reply.
        echo: the feedback begins with the answer's first words, so it is in its language.
    """

    delay: float = 0.0
    put_off: float = 0.0
    retry_after: float = 0.01
    unparseable: float = 0.0
    flip: float = 0.0
    cut: float = 0.0
    jitter: float = 0.0
    moody: float = 0.0
    slow: float = 0.0
    legacy: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    echo: bool = False
    dice: random.Random = field(default_factory=lambda: random.Random(0))


@dataclass
class Stats:
    """What the stub was asked, and the most requests that it had at once."""

    requests: int = 0
    replied: int = 0
    put_off: int = 0
    cut: int = 0
    lost: int = 0
    """Replies that nobody was there to take: who had asked was gone."""
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    bodies: Counter[str] = field(default_factory=Counter)
    """Paid replies by the digest of the request's body."""

    @property
    def paid_again(self) -> int:
        """Paid replies to a body that had one already."""
        return sum(self.bodies.values()) - len(self.bodies)

    def as_json(self) -> dict[str, int]:
        names = ("requests", "replied", "put_off", "lost", "in_flight", "most_in_flight")
        return {name: getattr(self, name) for name in (*names, "connections", "paid_again")}


class Stub:
    """The server. *stats* may be read at any time."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.stats = Stats()
        self.seen: list[dict[str, Any]] = []
        self.remember = False
        self.open: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        """Listens on loopback; gives the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", port, backlog=1024
        )
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stops listening, and ends what is open."""
        if self._server:
            self._server.close()
        for connection in list(self.open):
            connection.abort()

    def reply(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers for one request."""
        asked = json.loads(body)
        if self.remember:
            self.seen.append(asked)
        answer = _answer(asked)
        fault = _fault(answer)
        if fault is not None and (fault.isdigit() or fault == "quota" or fault in REFUSALS):
            return refusal(fault)
        if self.behaviour.put_off and self.behaviour.dice.random() < self.behaviour.put_off:
            self.stats.put_off += 1
            return 429, error_body("rate_limit_exceeded"), self._retry_after()
        if fault is None and _share(answer) < self.behaviour.unparseable:
            fault = "not-json"
        dice = self.behaviour.dice
        if fault is None and self.behaviour.moody and dice.random() < self.behaviour.moody:
            fault = dice.choice([*EMPTY_HANDED, *READABLE])
            if fault in EMPTY_HANDED:  # nothing was judged: it may be asked for and paid again
                return 200, EMPTY_HANDED[fault].encode(), {}
        self.stats.replied += 1
        self.stats.bodies[hashlib.md5(body, usedforsecurity=False).hexdigest()] += 1
        if fault in EMPTY_HANDED:
            return 200, EMPTY_HANDED[fault].encode(), {}
        return 200, self._spoken(asked, answer, fault).encode("utf-8", "surrogatepass"), {}

    def _spoken(self, asked: dict[str, Any], answer: str, fault: str | None) -> str:
        completion = self._completion(asked, answer, fault)
        if fault in READABLE:
            return READABLE[fault](completion["choices"][0]["message"]["content"])
        return json.dumps(completion)

    def _retry_after(self) -> dict[str, str]:
        return {"retry-after-ms": str(int(self.behaviour.retry_after * 1000))}

    def _completion(self, asked: dict[str, Any], answer: str, fault: str | None) -> dict[str, Any]:
        if "prompt" in asked:
            return self._text_completion(asked, fault)
        if asked.get("logprobs"):
            message: dict[str, Any] = {"role": "assistant", "content": "Yes"}
            choice = {"index": 0, "message": message, "finish_reason": "length"}
            choice["logprobs"] = _logprobs(answer)
        else:
            content = json.dumps(self._content(asked, answer, fault), ensure_ascii=False)
            message = {"role": "assistant", "content": content, "refusal": None}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
        _spoil(choice, fault)
        size = sum(len(m["content"]) for m in asked["messages"]) // 4
        usage = {"prompt_tokens": size, "completion_tokens": len(str(message["content"])) // 4}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": asked["model"],
            "choices": [choice],
            "usage": usage | {"total_tokens": sum(usage.values())},
        }

    def _text_completion(self, asked: dict[str, Any], fault: str | None) -> dict[str, Any]:
        choice = _continued(asked["prompt"], fault)
        if self.behaviour.legacy:
            choice["logprobs"] = _beside_each_other(choice["logprobs"]["content"])
        usage = {"prompt_tokens": len(asked["prompt"]) // 4, "completion_tokens": 3}
        return {
            "id": "x",
            "object": "text_completion",
            "created": 0,
            "model": asked["model"],
            "choices": [choice],
            "usage": usage | {"total_tokens": sum(usage.values())},
        }

    def _content(self, asked: dict[str, Any], answer: str, fault: str | None) -> Any:
        if "response_format" not in asked:
            return "ready"
        schema = asked["response_format"]["json_schema"]["schema"]
        if fault == "half-character":
            return _fill(schema, "", _quote(answer), answer, "Because \ud83d of its words.")
        turn = self.behaviour.flip and self.behaviour.dice.random() < self.behaviour.flip
        quote = "words that nobody wrote anywhere" if fault == "no-quote" else _quote(answer)
        filled = _fill(schema, "", quote, answer + ("!" if turn else ""))
        if self.behaviour.echo and isinstance(filled, dict) and "feedback" in filled:
            filled["feedback"] = feedback_on(answer)
        return filled


class _Connection(asyncio.Protocol):
    """HTTP/1.1 by hand: a server framework would take longer than the client that is measured."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._stub.stats.connections += 1
        self._stub.open.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._stub.open.discard(self)

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            length = re.search(rb"content-length: *(\d+)", head)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < size:
                return
            body = bytes(self._buffer[end + 4 : size])
            del self._buffer[:size]
            self._handle(head, body)

    def _handle(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"get /stats"):
            self._send(200, json.dumps(self._stub.stats.as_json()).encode(), {})
            return
        stats = self._stub.stats
        stats.requests += 1
        stats.in_flight += 1
        stats.most_in_flight = max(stats.most_in_flight, stats.in_flight)
        loop = asyncio.get_running_loop()
        behaviour = self._stub.behaviour
        delay = behaviour.delay + behaviour.jitter * behaviour.dice.random()
        loop.call_later(delay, self._answer, body)

    def _answer(self, body: bytes) -> None:
        self._stub.stats.in_flight -= 1
        behaviour = self._stub.behaviour
        status, reply, headers = self._stub.reply(body)
        self._stub.stats.lost += self._transport is None or self._transport.is_closing()
        cut = status == 200 and behaviour.cut and behaviour.dice.random() < behaviour.cut
        self._send(status, reply, {**behaviour.headers, **headers}, cut=bool(cut))

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}"]
        headers = {"content-type": "application/json", "content-length": str(len(body)), **headers}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        behaviour = self._stub.behaviour
        halved = cut or (behaviour.slow and behaviour.dice.random() < behaviour.slow)
        if self._transport and not self._transport.is_closing():
            sent = body[: len(body) // 2] if halved else body
            self._transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
            if halved and not cut:
                rest = partial(self._transport.write, body[len(sent) :])
                asyncio.get_running_loop().call_later(_APART_S, rest)
        if cut and self._transport:
            self._stub.stats.cut += 1
            self._transport.close()


def _answer(asked: dict[str, Any]) -> str:
    if "prompt" in asked:
        return str(asked["prompt"]).rpartition("\n\nClaim: ")[0].partition("\nAnswer:\n")[2]
    text = "\n".join(m["content"] for m in asked["messages"] if m["role"] == "user")
    found = _FENCED.search(text)
    return found[1] if found else text


def _fault(answer: str) -> str | None:
    found = _FAULT.search(answer)
    return found[1] if found else None


def _share(answer: str) -> float:
    """A number from 0 to 1 that belongs to the answer."""
    return int(hashlib.md5(answer.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 16**8


def unparseable(answer: str, share: float) -> bool:
    """Whether a stub that spoils *share* of the answers spoils this one."""
    return _share(answer) < share


def feedback_on(answer: str) -> str:
    """The feedback of a stub that echoes."""
    return f"„{_quote(answer)}“"


def _quote(answer: str) -> str:
    return answer.strip()[:_QUOTED].strip()


def _fill(
    schema: dict[str, Any], name: str, quote: str, answer: str, why: str = "Because of its words."
) -> Any:
    """A value of *schema*; verdicts hang on the answer and the key point's name alone."""
    if "properties" in schema:
        inner = schema["properties"]
        value = {
            key: _fill(part, key if "properties" in part else name, quote, answer, why)
            for key, part in inner.items()
        }
        if value.get("verdict") == "missed" or value.get("asserted") is False:
            value["quotes"] = []
        return value
    if "enum" in schema:
        return choose(name, answer, schema["enum"])
    return {"array": [quote], "boolean": False}.get(schema["type"], why)


def choose(name: str, answer: str, options: Sequence[str]) -> str:
    """The stub's rule: its verdict on the key point *name* for an answer."""
    digest = hashlib.md5(f"{name}{answer}".encode(), usedforsecurity=False).digest()
    return options[digest[0] % len(options)]


def _logprobs(answer: str) -> dict[str, Any]:
    odds = -0.1 if _share(answer) < 1 / 2 else -3.0
    top = [{"token": "Yes", "logprob": odds}, {"token": "No", "logprob": -2.0}]
    return {"content": [{**top[0], "top_logprobs": top}]}


def _continued(prompt: str, fault: str | None) -> dict[str, Any]:
    """A word for the claim and the first line's number, or the number alone where a word stands."""
    likely = WORDS if _share(prompt) < 1 / 2 else WORDS[::-1]
    word = {w: -0.1 - 2.5 * n for n, w in enumerate(likely)}
    if fault in ("not-json", "wrong-shape"):
        word = {"Maybe": -0.1}
    number = {"1": -0.1}
    tops = [number] if prompt.endswith("[") else [word, {" [": 0.0}, number]
    content = [
        {
            "token": next(iter(top)),
            "logprob": next(iter(top.values())),
            "top_logprobs": [{"token": t, "logprob": p} for t, p in top.items()],
        }
        for top in tops
    ]
    return {
        "text": "".join(next(iter(top)) for top in tops),
        "index": 0,
        "logprobs": {"content": content},
        "finish_reason": "content_filter" if fault == "filter" else "length",
    }


def _beside_each_other(content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "text_offset": [0] * len(content),
        "tokens": [token["token"] for token in content],
        "token_logprobs": [token["logprob"] for token in content],
        "top_logprobs": [
            {top["token"]: top["logprob"] for top in token["top_logprobs"]} for token in content
        ],
    }


def _spoil(choice: dict[str, Any], fault: str | None) -> None:
    spoilt = {
        "not-json": {"content": "I would say that it is quite good."},
        "wrong-shape": {"content": '{"verdict": 7}'},
        "refuse": {"content": None, "refusal": "I cannot help with that."},
    }
    choice["message"].update(spoilt.get(fault or "", {}))
    ended = {"cut-off": "length", "filter": "content_filter"}
    choice["finish_reason"] = ended.get(fault or "", choice["finish_reason"])


@contextmanager
def running(behaviour: Behaviour | None = None) -> Iterator[tuple[Stub, str]]:
    """A stub in a thread of its own, with its base URL."""
    stub, ready = Stub(behaviour), threading.Event()
    loop = asyncio.new_event_loop()
    ports: list[int] = []

    def serve() -> None:
        ports.append(loop.run_until_complete(stub.start()))
        ready.set()
        loop.run_forever()
        stub.close()
        while stub.open:  # their ends come with the loop's next turns
            loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield stub, f"http://127.0.0.1:{ports[0]}/v1"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _serve(options: argparse.Namespace) -> None:
    given = {name: value for name, value in vars(options).items() if name != "port"}
    stub = Stub(Behaviour(**given))
    port = await stub.start(options.port)
    print(f"http://127.0.0.1:{port}/v1", flush=True)  # noqa: T201 - its callers read the address
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="An OpenAI-compatible stub on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--legacy", action="store_true")
    for name in ("delay", "put_off", "retry_after", "unparseable", "flip"):
        default = getattr(Behaviour(), name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=default)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()

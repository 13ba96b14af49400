"""Files and Batches endpoints on loopback, beside the live one, with the faults that they have.

Every batch is answered by the rules of :mod:`tests.support.stub`, so that a reply is the same
whichever way a request went.
"""

import email.parser
import email.policy
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.stub import Stub


@dataclass
class Faults:
    """What goes wrong.

    Attributes:
        lost: share of lines that come in no file.
        failed: share of lines that come in the error file.
        expired: share of lines that the batch does not get to before it expires.
        twice: share of lines that come twice.
        shuffled: lines come in another order.
        flat: a body stands in place of its response.
        torn: the output file's last line is cut off.
        refused: how the validation of a batch fails, or None.
        status_500: how many times each named call fails before it is carried out.
        status_500_after: how many times each fails although it was carried out.
        polls: how often a batch is found under way before it has ended.
        at: is called with the name of each call before and after it is carried out, as
            ``upload:before``.
    """

    lost: float = 0.0
    failed: float = 0.0
    expired: float = 0.0
    twice: float = 0.0
    shuffled: bool = False
    flat: bool = False
    torn: bool = False
    refused: str | None = None
    status_500: Counter[str] = field(default_factory=Counter)
    status_500_after: Counter[str] = field(default_factory=Counter)
    polls: int = 1
    at: Callable[[str], None] = lambda _: None


class BatchStub:
    """The server's state. Attributes may be read at any time."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.stub = Stub()
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.live = 0
        self._polled: Counter[str] = Counter()
        self._dice = random.Random(0)
        self._lock = threading.Lock()

    @property
    def submitted(self) -> Counter[str]:
        """How often each custom id was submitted, over all batches."""
        return Counter(
            json.loads(line)["custom_id"]
            for batch in self.batches.values()
            for line in self.files[batch["input_file_id"]].splitlines()
        )

    def handle(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        """One call: status and body of the reply."""
        name, work = self._route(method, path.partition("?")[0], body, kind)
        self.faults.at(f"{name}:before")
        if self._fails(self.faults.status_500, name):
            return 500, b'{"error": {"message": "as asked for"}}'
        with self._lock:
            reply = work()
        self.faults.at(f"{name}:after")
        if self._fails(self.faults.status_500_after, name):
            return 500, b'{"error": {"message": "as asked for"}}'
        return reply

    @staticmethod
    def _fails(left: Counter[str], name: str) -> bool:
        left[name] -= 1
        return left[name] >= 0

    def _route(
        self, method: str, path: str, body: bytes, kind: str
    ) -> tuple[str, Callable[[], tuple[int, bytes]]]:
        parts = path.removeprefix("/v1/").split("/")
        if parts[-1] == "completions":
            return "live", lambda: self._live(body)
        if method == "POST":
            if parts == ["files"]:
                return "upload", lambda: self._upload(body, kind)
            return "create", lambda: self._create(json.loads(body))
        if parts[0] == "files":
            return "content", lambda: (200, self.files[parts[1]])
        if len(parts) == 1:
            return "list", self._list
        return "retrieve", lambda: self._retrieve(parts[1])

    def _live(self, body: bytes) -> tuple[int, bytes]:
        self.live += 1
        status, reply, _ = self.stub.reply(body)
        return status, reply

    def _upload(self, body: bytes, kind: str) -> tuple[int, bytes]:
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        found = whole.iter_parts()
        parts = {part.get_param("name", header="content-disposition"): part for part in found}
        assert parts["purpose"].get_content().strip() == "batch"
        name = f"file-{len(self.files)}"
        self.files[name] = bytes(parts["file"].get_payload(decode=True))
        return _ok({"id": name, "object": "file", "bytes": 0, "created_at": 0, "purpose": "batch"})

    def _create(self, asked: dict[str, Any]) -> tuple[int, bytes]:
        assert len(asked["metadata"]) <= 16
        name = f"batch_{len(self.batches)}"
        lines = self.files[asked["input_file_id"]].splitlines()
        assert len(lines) <= 50_000
        assert len({json.loads(line)["body"]["model"] for line in lines}) == 1
        assert {json.loads(line)["url"] for line in lines} == {asked["endpoint"]}
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "created_at": 2_000_000_000,
            "status": "in_progress",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            **asked,
        }
        return _ok(self.batches[name])

    def _list(self) -> tuple[int, bytes]:
        found = list(self.batches.values())[::-1]
        return _ok({"object": "list", "data": found, "has_more": False})

    def _retrieve(self, name: str) -> tuple[int, bytes]:
        self._polled[name] += 1
        batch = self.batches[name]
        if batch["status"] == "in_progress" and self._polled[name] > self.faults.polls:
            self._end(batch)
        return _ok(batch)

    def _end(self, batch: dict[str, Any]) -> None:
        faults, out, errors = self.faults, [], []
        if faults.refused:
            problem = {"code": "invalid", "message": faults.refused}
            batch |= {"status": "failed", "errors": {"object": "list", "data": [problem]}}
            return
        expired = False
        for line in self.files[batch["input_file_id"]].splitlines():
            asked, dice = json.loads(line), self._dice.random
            if dice() < faults.lost:
                continue
            if dice() < faults.expired:
                expired = True
                errors.append(_error(asked, "batch_expired", None))
            elif dice() < faults.failed:
                errors.append(_error(asked, "server_error", 500))
            else:
                out += [self.reply_line(asked)] * (2 if dice() < faults.twice else 1)
        if faults.shuffled:
            self._dice.shuffle(out)
        self._publish(batch, out, errors)
        batch["status"] = "expired" if expired else "completed"

    def _publish(self, batch: dict[str, Any], out: list[bytes], errors: list[bytes]) -> None:
        for name, lines in (("output_file_id", out), ("error_file_id", errors)):
            if lines:
                content = b"\n".join(lines) + b"\n"
                if self.faults.torn and name == "output_file_id":
                    content = content[: -len(lines[-1]) // 2]
                batch[name] = f"{name}-{batch['id']}"
                self.files[batch[name]] = content
        counts = {"completed": len(out), "failed": len(errors)}
        batch["request_counts"] |= counts

    def reply_line(self, asked: dict[str, Any]) -> bytes:
        """A line of the output file for a line of a batch."""
        body = json.dumps(asked["body"], ensure_ascii=False, separators=(",", ":"))
        status, reply, _ = self.stub.reply(body.encode())
        response: Any = json.loads(reply)
        if not (self.faults.flat and status == 200):
            response = {"status_code": status, "request_id": "r", "body": response}
        line = {"id": "b", "custom_id": asked["custom_id"], "response": response, "error": None}
        return json.dumps(line).encode()


def answer_file(stub: Stub, requests: bytes) -> bytes:
    """What ``vllm run-batch`` would write for a shard."""
    batch = BatchStub()
    batch.stub = stub
    return b"".join(batch.reply_line(json.loads(line)) + b"\n" for line in requests.splitlines())


def _ok(value: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(value).encode()


def _error(asked: dict[str, Any], code: str, status: int | None) -> bytes:
    problem = {"code": code, "message": "as asked for"}
    response = status and {"status_code": status, "request_id": "r", "body": {"error": problem}}
    line = {"id": "b", "custom_id": asked["custom_id"], "response": response, "error": problem}
    return json.dumps(line).encode()


@contextmanager
def serving() -> Iterator[tuple[BatchStub, str]]:
    """A stub in threads of its own, with its base URL."""
    stub = BatchStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: Any) -> None:
            """Nothing is logged."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            kind = self.headers.get("content-type") or ""
            status, reply = stub.handle(self.command, self.path, body, kind)
            try:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("retry-after-ms", "1")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)
            except OSError:
                self.close_connection = True  # who asked was killed

        do_GET = do_POST = _serve  # noqa: N815 - named by the library

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

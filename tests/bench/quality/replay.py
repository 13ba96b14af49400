"""A loopback endpoint that answers chat requests from a file of replies, and keeps what it lacks.

    python -m tests.bench.quality.replay REPLIES.jsonl MISSING.jsonl [--port 8431]

A request is known by its JSON but for what says nothing to the model (its name, a user, a cache
key). One that is not known is written to MISSING, once, and gets HTTP 400, or with --dummy a reply
of the form that it asks for, so that whoever asks goes on to its next step.
"""

import argparse
import gzip
import hashlib
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Body = dict[str, Any]
_SILENT = {"model", "user", "seed", "stream", "store", "metadata", "n", "prompt_cache_key"}
_SILENT |= {"stream_options", "parallel_tool_calls", "service_tier", "safety_identifier"}


def key(body: Body) -> str:
    """Returns what a request is known by."""
    said = {name: value for name, value in body.items() if name not in _SILENT}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def read_lines(path: Path) -> list[Body]:
    """Returns the JSON lines of a file, none where it is not there; ``.gz`` is unpacked."""
    if not path.exists():
        return []
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


class Replies:
    """Replies by request, and the requests that had none.

    Attributes:
        counts: requests by their path: what a tool asked, of which it was the first to.
    """

    def __init__(self, known: Path, missing: Path, dummy: bool = False) -> None:
        self.known = {row["key"]: row["reply"] for row in read_lines(known)}
        self.missing, self.dummy = missing, dummy
        self.written = {row["key"] for row in read_lines(missing)}
        self.requests = self.unknown = self.prompt_tokens = self.written_tokens = 0
        self._lock = threading.Lock()

    def answer(self, body: Body) -> tuple[int, Body]:
        """Returns status and body of the reply."""
        name = key(body)
        with self._lock:
            self.requests += 1
            reply = self.known.get(name)
            if reply is not None:
                self.prompt_tokens += reply["usage"]["prompt_tokens"]
                self.written_tokens += reply["usage"]["completion_tokens"]
                return 200, reply | {"model": body.get("model")}
            self.unknown += 1
            self._keep(name, body)
        if self.dummy:
            return 200, made_up(body)
        return 400, {"error": {"message": "no reply is known to this request", "code": "unknown"}}

    def _keep(self, name: str, body: Body) -> None:
        if name not in self.written:
            self.written.add(name)
            with self.missing.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": name, "body": body}, ensure_ascii=False) + "\n")

    @property
    def stats(self) -> Body:
        """What was asked so far."""
        return {
            "requests": self.requests,
            "unknown": self.unknown,
            "prompt_tokens": self.prompt_tokens,
            "written_tokens": self.written_tokens,
        }


def made_up(body: Body) -> Body:
    """Returns a reply of the form that a request asks for, always the same."""
    tools = [tool["function"] for tool in body.get("tools") or ()]
    form = body.get("response_format") or {}
    message: Body = {"role": "assistant", "content": "GRADE: C", "refusal": None}
    if tools:
        called = {"name": tools[0]["name"], "arguments": json.dumps(_value(tools[0]["parameters"]))}
        message["content"] = None
        message["tool_calls"] = [{"id": "call_0", "type": "function", "function": called}]
    elif form.get("type") == "json_schema":
        turn = int(key(body), 16)  # verdicts that hang on the request, so that a lost one shows
        value = _value(form["json_schema"]["schema"], turn=turn)
        message["content"] = json.dumps(_one_each(value, form["json_schema"]["schema"], body))
    elif "JSON" in str(body["messages"]):
        message["content"] = '{"reason": "none", "pass": true, "score": 1}'
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    used = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    model = body.get("model")
    made: Body = {"id": "x", "object": "chat.completion", "created": 0, "model": model}
    return made | {"choices": [choice], "usage": used}


def _one_each(value: Any, schema: Body, body: Body) -> Any:
    """The value, with a judgment for each criterion where a list of them is asked for."""
    each = schema.get("$defs", {}).get("RubricCriterionJudgment")
    if each is None:
        return value
    names = re.findall(r'rubric_criterion id="(\w+)"', str(body["messages"][-1]["content"]))
    return {
        "judgments": [
            _value(each, schema, n) | {"criterion_id": name} for n, name in enumerate(names)
        ]
    }


def _value(schema: Body, root: Body | None = None, turn: int = 0) -> Any:
    root = root or schema
    if "$ref" in schema:
        return _value(root["$defs"][schema["$ref"].rpartition("/")[2]], root, turn)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], root, turn)
    if "enum" in schema or "const" in schema:
        options = schema.get("enum") or [schema.get("const")]
        # What is missed needs no words of the answer to show it
        return "missed" if "missed" in options else options[turn % min(len(options), 2)]
    if "properties" in schema:
        return {name: _value(part, root, turn) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_value(schema["items"], root, turn)] * schema.get("minItems", 0)
    plain = {"boolean": False, "number": 1, "integer": schema.get("minimum", 1), "null": None}
    return plain.get(schema.get("type", "string"), "none")


def serve(
    answer: Callable[[Body], tuple[int, Body]], stats: Callable[[], Body], port: int
) -> ThreadingHTTPServer:
    """Returns a server on loopback, which its caller lets run: POST asks, GET tells the stats."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, stats())

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            self._send(*answer(json.loads(self.rfile.read(size))))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

        def _send(self, status: int, body: Body) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Says nothing of clients that went away, or were killed."""

    return Server(("127.0.0.1", port), Handler)


def main() -> None:
    """Serves until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("known", type=Path)
    parser.add_argument("missing", type=Path)
    parser.add_argument("--port", type=int, default=8431)
    parser.add_argument("--dummy", action="store_true")
    given = parser.parse_args()
    replies = Replies(given.known, given.missing, given.dummy)
    print(f"{len(replies.known)} replies are known", flush=True)
    serve(replies.answer, lambda: replies.stats, given.port).serve_forever()


if __name__ == "__main__":
    main()

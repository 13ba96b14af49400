"""Quirks of providers: what a server refuses of a request is said in another way.

Some servers refuse a JSON Schema, or know the limit on tokens by another name. The request that the
ledger knows stays as it is; what is sent instead asks for the same.
"""

import json
import re
from dataclasses import dataclass, field
from string import Template
from typing import Any

from grader.llm.request import Request
from grader.util.files import data_folder

SCHEMA = "response_format"
LIMIT = "max_tokens"
_REFUSED = {
    SCHEMA: re.compile(r"response_?format|json_?schema|structured[ _]output|guided|grammar", re.I),
    # With a word of refusal: a limit that is too high is complained of by the same name
    LIMIT: re.compile(
        r"max_tokens.*(support|permit|allow|instead|unknown|unrecogni)|(unsupported|unknown|unrecogni|extra).*max_tokens",
        re.I | re.S,
    ),
}
REFUSING = {400, 422}
TOLD = {
    SCHEMA: "takes no JSON Schema: it is asked for the form in words, and replies may be unusable",
    LIMIT: "takes no max_tokens: max_completion_tokens is sent instead",
}


@dataclass
class Dialect:
    """What a server has refused so far.

    Attributes:
        refused: the names of the parts that it does not take.
    """

    refused: set[str] = field(default_factory=set)

    def learn(self, request: Request, status: int, words: str) -> tuple[str, ...]:
        """Returns the part of the request that the server newly refuses by these words, if any."""
        if status not in REFUSING:
            return ()
        names = [
            n for n, pattern in _REFUSED.items() if n in request.body and pattern.search(words)
        ]
        new = tuple(name for name in names if name not in self.refused)
        # One at a time: words may name both, and the next refusal tells of the other
        self.refused.update(new[:1])
        return new[:1]

    def differs(self, request: Request, sent: bytes) -> bool:
        """Returns whether the request would be sent in another way by now."""
        return self.payload(request) != sent

    def payload(self, request: Request) -> bytes:
        """Returns the bytes to send: the request's own, unless a part of it was refused."""
        if self.refused.isdisjoint(request.body):
            return request.payload
        body = dict(request.body)
        if LIMIT in self.refused and LIMIT in body:
            body["max_completion_tokens"] = body.pop(LIMIT)
        if SCHEMA in self.refused and SCHEMA in body:
            body["messages"] = _with_schema(body["messages"], body.pop(SCHEMA))
        return Request(request.endpoint, request.model, body).payload


def _with_schema(messages: list[dict[str, Any]], form: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages, the form that is asked for written out at the end of the last one."""
    schema = json.dumps(form.get("json_schema", {}).get("schema", {}), ensure_ascii=False)
    text = (data_folder("prompts") / "schema-in-words.md").read_text(encoding="utf-8")
    *before, last = messages
    return [
        *before,
        {**last, "content": last["content"] + Template(text).substitute(schema=schema)},
    ]

"""The embedded model as a Model: brought here and started only when a reply must be made."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import ModelFailed
from grader.llm.embedded import weights_file
from grader.llm.embedded.engine import Engine, as_read, escape
from grader.llm.endpoint import Endpoint
from grader.llm.request import Reply, Request

if TYPE_CHECKING:
    from grader.llm.embedded.weights import OwnModel

_TIMEOUT_S = 600.0  # a long answer on two slow cores is read at some 40 tokens a second


@dataclass
class EmbeddedModel:
    """The model that runs on this machine.

    Attributes:
        weights: gives the path of the weights, bringing them here if need be.
        trained: run it with its adapter, as the trained judge.
        own: another model that the user named, which has no adapter.
        starting: is told when the engine is about to start, which takes some seconds.
    """

    weights: Callable[[], Path]
    starting: Callable[[], None] = lambda: None
    trained: bool = False
    own: "OwnModel | None" = None
    slots: int = 1  # a second slot would fill a cache of its own with the same answer
    _open: ExitStack = field(default_factory=ExitStack, repr=False)
    _served: Endpoint | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.own.name if self.own else weights_file.weights().name

    @property
    def endpoint(self) -> str:
        """``local:`` and the starts of the weights' and the adapter's digests: the port changes at
        every start."""
        digest = self.own.sha256 if self.own else weights_file.weights().sha256
        adapter = f"+{weights_file.adapter().sha256[:16]}" if self.trained else ""
        return f"local:{digest[:16]}{adapter}"

    async def send(self, request: Request) -> Reply:
        """Asks, starting the engine first if it is not running.

        Raises:
            WeightsUnavailable: the weights could not be brought here.
            ModelFailed: the engine does not start.
        """
        served = self._started()
        # Only what is sent is escaped: the ledger knows the request as it was asked
        return await served.send(replace(request, body=_escaped(request.body)))

    def _started(self) -> Endpoint:
        if self._served is None:
            import httpx2

            path, adapter = self.weights(), checked_adapter() if self.trained else None
            self.starting()
            engine = self._open.enter_context(Engine(path, adapter=adapter, name=self.name))
            self._served = Endpoint(
                name=engine.model,
                base_url=engine.base_url,
                api_key=engine.api_key,
                timeout_s=_TIMEOUT_S,
                # A transport of its own: a proxy of the environment would not find this machine.
                transport=httpx2.AsyncHTTPTransport(),
            )
        return self._served

    async def close(self) -> None:
        """Stops the engine, if it runs."""
        if self._served:
            await self._served.close()
        self._open.close()


def _escaped(body: dict[str, Any]) -> dict[str, Any]:
    """The body with no special token in any text: an answer must never open a turn."""
    if "prompt" in body:
        return {**body, "prompt": as_read(body["prompt"])}
    messages = [{**m, "content": escape(m["content"])} for m in body["messages"]]
    return {**body, "messages": messages}


def adapter_state() -> str:
    """Returns ``verified``, ``not here`` or ``not it``: what lies where the adapter should."""
    want = weights_file.adapter()
    if not want.path.is_file():
        return "not here"
    return "verified" if weights_file.digest(want.path) == want.sha256 else "not it"


def checked_adapter() -> Path:
    """The shipped adapter's file. Raises ModelFailed where it is not the one that is meant."""
    want = weights_file.adapter()
    if adapter_state() != "verified":
        raise ModelFailed(
            f"{want.path}: not the adapter that came with this version; install the package anew,"
            " or run the model without it: --ask per-point"
        )
    return want.path

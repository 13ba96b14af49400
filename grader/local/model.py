"""The embedded model as a Model: brought here and started only when a reply must be made."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader.local import facts
from grader.local.engine import Engine, escape
from grader.model import Endpoint
from grader.request import Reply, Request

_TIMEOUT_S = 600.0  # a long answer on two slow cores is read at some 40 tokens a second


@dataclass
class EmbeddedModel:
    """The model that runs on this machine.

    Attributes:
        weights: gives the path of the weights, bringing them here if need be.
        starting: is told when the engine is about to start, which takes some seconds.
    """

    weights: Callable[[], Path]
    starting: Callable[[], None] = lambda: None
    slots: int = 1  # a second slot would fill a cache of its own with the same answer
    _open: ExitStack = field(default_factory=ExitStack, repr=False)
    _served: Endpoint | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The model's name."""
        return facts.weights().name

    @property
    def endpoint(self) -> str:
        """``local:`` and the start of the weights' digest: the port changes at every start."""
        return f"local:{facts.weights().sha256[:16]}"

    async def send(self, request: Request) -> Reply:
        """Asks, starting the engine first if it is not running.

        Raises:
            WeightsUnavailable: the weights could not be brought here.
            ModelFailed: the engine does not start.
        """
        served = self._started()
        return await served.send(replace(request, body=_escaped(request.body)))

    def _started(self) -> Endpoint:
        if self._served is None:
            import httpx2

            path = self.weights()
            self.starting()
            engine = self._open.enter_context(Engine(path))
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
    """The body with no special token in any message: an answer must never open a turn."""
    messages = [{**m, "content": escape(m["content"])} for m in body["messages"]]
    return {**body, "messages": messages}

"""Says on stderr what takes time: fetching the weights, starting the engine, asking."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from grader.report.terminal import Status


class Spinner:
    """One changing line while something runs; nothing where stderr is not a terminal."""

    def __init__(self) -> None:
        self._status: Status | None = None

    def starting(self) -> None:
        """The embedded engine is about to start."""
        self.say("Starting the embedded model …")

    def say(self, text: str) -> None:
        """Shows *text*, replacing what was shown."""
        from grader.report import terminal

        if self._status is None:
            self._status = terminal.console(stderr=True).status(text)
            self._status.start()
        else:
            self._status.update(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()
            self._status = None


def bring_weights(given: Path | None) -> Path:
    """The path of the weights, fetched with a progress bar if they are not here yet.

    Raises:
        WeightsUnavailable: no source could give them.
    """
    from grader.llm.embedded import weights, weights_file

    found = weights.find(given)
    if found is not None:
        return found
    from grader.report import terminal

    with terminal.download_bar(weights_file.weights().size) as advance:
        return weights.pull(advance)

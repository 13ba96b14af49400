"""What every place that the weights can come from has to offer."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

Tell = Callable[[int], None]
"""Called with the number of bytes that are here by now."""


class OriginError(Exception):
    """The weights did not come from this place; the text says why, for a list of such reasons."""


class Origin(Protocol):
    """A place that the weights can come from."""

    @property
    def name(self) -> str:
        """How to call the place in a sentence."""

    def fetch(self, target: Path, tell: Tell) -> None:
        """Bring the file to *target*, whose folder is there and is this call's alone.

        What is left in the folder after a cut may be used to go on next time. Raises
        :class:`OriginError` or OSError.
        """

"""An answer as it is shown, and which place of the answer a place of what is shown is."""

from dataclasses import dataclass, field
from itertools import accumulate

from grader.errors import BadInput
from grader.record import Evidence
from grader.text.safe import plain


@dataclass(frozen=True)
class ShownText:
    """A text whose characters that steer or hide are shown by name, so that it grows.

    Places in it are counted in code points.
    """

    text: str
    """As it was given."""
    shown: str = field(init=False)
    _edges: tuple[int, ...] = field(init=False)
    """Where each character of the text begins in what is shown, and the end."""

    def __post_init__(self) -> None:
        pieces = [_shown(self.text, place) for place in range(len(self.text))]
        object.__setattr__(self, "shown", "".join(pieces))
        object.__setattr__(self, "_edges", (0, *accumulate(map(len, pieces))))

    def evidence(self, start: int, end: int, seen: str) -> Evidence:
        """Returns what of the text is shown from *start* to *end*, where *seen* was read.

        A character that is shown by name belongs to it as a whole.

        Raises:
            BadInput: that is not what stands there.
        """
        if not 0 <= start < end <= len(self.shown) or self.shown[start:end] != seen:
            raise BadInput("what was marked is not in the answer at that place")
        first = max(n for n, edge in enumerate(self._edges[:-1]) if edge <= start)
        last = min(n for n, edge in enumerate(self._edges) if edge >= end)
        return Evidence(text=self.text[first:last], start=first, end=last)

    def place(self, evidence: Evidence) -> tuple[int, int]:
        """Returns where *evidence* stands in what is shown; an empty stretch if nowhere."""
        if not evidence.start < evidence.end < len(self._edges):
            return (0, 0)
        return self._edges[evidence.start], self._edges[evidence.end]


def _shown(text: str, place: int) -> str:
    if text[place] == "\r" and text[place + 1 : place + 2] == "\n":
        return ""
    return plain(text[place])

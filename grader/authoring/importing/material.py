"""What a reader of any format gives: questions as their file has them, and what they lack."""

from dataclasses import dataclass, field

from grader.text.safe import one_line

LEVELS = ("met", "partial", "missed", "contradicted")
"""The notes that a key point may have, as the rubric format calls them."""
_LONGEST = 300


@dataclass(frozen=True)
class ImportGap:
    """Something that a rubric needs and the file does not say.

    Attributes:
        at: the place in the file: a line, as ``12``, or a path in JSON, as ``data[2]``.
        message: what is missing, and what was written in its place.
        left_out: whether a part of the file is in no rubric because of it.
    """

    file: str
    at: str
    message: str
    left_out: bool = False

    def __str__(self) -> str:
        kind = "left out" if self.left_out else "note"
        return one_line(f"{self.file}:{self.at}: {kind}: {self.message}", _LONGEST)


@dataclass
class ImportedPoint:
    """A key point as its file words it.

    Attributes:
        text: the file's own words.
        at: its place in the file, as in :class:`ImportGap`.
        points: what it is worth; None where the file does not say.
        notes: the notes that the file has, by one of :data:`LEVELS`.
        cited: sources that the file names.
        group: the name of the group that it stands in; empty for none.
    """

    text: str
    at: str
    points: float | None = None
    notes: dict[str, str] = field(default_factory=dict)
    hint: str = ""
    cited: list[str] = field(default_factory=list)
    group: str = ""
    given_id: str = ""


@dataclass
class ImportedClaim:
    """A wrong claim as its file words it; *penalty* are the points that it costs."""

    text: str
    at: str
    penalty: float = 0.0
    correction: str = ""
    cited: list[str] = field(default_factory=list)


@dataclass
class ImportedQuestion:
    """A question as its file has it.

    Attributes:
        file: how the file is called in places.
        at: where the question begins.
        title: what its id is made of where it has none of its own.
        text: what is asked.
        total: the points that the file states for all of it.
        enough: how many key points of a group are enough, by the group's name.
        remarks: what else the file says of it, for the comment at the top of the rubric.
        gaps: what its reader missed.
    """

    file: str
    at: str
    title: str = ""
    text: str = ""
    given_id: str = ""
    total: float | None = None
    points: list[ImportedPoint] = field(default_factory=list)
    claims: list[ImportedClaim] = field(default_factory=list)
    enough: dict[str, int] = field(default_factory=dict)
    cited: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    gaps: list[ImportGap] = field(default_factory=list)

    def lack(self, message: str, at: str = "", *, left_out: bool = False) -> None:
        """Notes what is missing, at *at* or where the question begins."""
        self.gaps.append(ImportGap(self.file, at or self.at, message, left_out))

    def add(self, point: ImportedPoint, correction: str = "") -> None:
        """Takes a key point; one that takes points off is a wrong claim with a penalty."""
        if point.points is not None and point.points < 0:
            cost = -point.points
            claim = ImportedClaim(point.text, point.at, cost, correction, point.cited)
            self.claims.append(claim)
        elif point.points == 0:
            self.lack(f"worth 0 points: {_short(point.text)}", point.at, left_out=True)
        else:
            self.points.append(point)


def _short(text: str) -> str:
    return f"“{one_line(text, 60)}”"


Read = ImportedQuestion | ImportGap
"""What a reader gives, one after the other."""

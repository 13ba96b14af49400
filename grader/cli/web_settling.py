"""``grade web --settle``: the rooms of a team that has rated, and now decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.web.room import Room

_USUAL = Path("ratings.jsonl")


@dataclass(frozen=True)
class Settling:
    """What was said of the rooms for settling.

    Attributes:
        ratings: None takes ``ratings.jsonl`` where it is there, else there are none.
        sessions: what was graded, for the texts.
        own_folder: of the team's own rubrics.
    """

    results: Path
    ratings: Path | None
    sessions: list[str]
    columns: list[str]
    pass_mark: float | None
    own_folder: Path


def refuse_rating(paths: Sequence[str], rater: str | None, drawn: Path | None) -> None:
    """Makes sure that nobody rates where everybody's verdicts are shown.

    Raises:
        BadInput: something for the room for rating was given.
    """
    from grader.errors import BadInput

    for name, given in (("--rate", paths), ("--rater", rater), ("--drawn", drawn)):
        if given:
            raise BadInput(
                f"{name}: not with --settle, which shows what everybody gave: people rate in a"
                " grade web of its own"
            )


def settling_rooms(said: Settling, folders: tuple[Path, ...]) -> "Iterator[Room]":
    """Yields the rooms to settle in, to look at what is alike, and to read reports.

    Raises:
        BadInput: a file cannot be read.
    """
    from grader.cli.calibrate import single_thread
    from grader.rubric.files import load_rubrics
    from grader.session.exports.columns import read_columns
    from grader.trust.calibration.results import by_digest
    from grader.web.rooms import alike, reports, settle
    from grader.web.team_files import TeamFiles

    single_thread()
    columns = read_columns(said.columns)
    files = TeamFiles(
        said.results,
        said.ratings or (_USUAL if _USUAL.is_file() else None),
        {rubric.id: rubric for rubric in load_rubrics(folders)},
        by_digest(said.sessions, folders, columns) if said.sessions else {},
        said.pass_mark,
        said.own_folder,
    )
    yield settle.open_room(files)
    yield alike.open_room(files)
    yield reports.open_room(files)

"""``grade web``: a small web application on one's own machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge
from grader.cli.options import (
    AnswersLanguageOption,
    OnlyOption,
    RubricsOption,
)
from grader.cli.web_settling import Settling, refuse_rating, settling_rooms

if TYPE_CHECKING:
    from grader.judge.options import JudgeOptions
    from grader.web.room import Room


@takes_judge
def web(
    rate: Annotated[
        list[str] | None,
        typer.Option("--rate", metavar="PATH", help="A session, or results of one, to rate."),
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option(
            "--ratings",
            metavar="FILE",
            help="Where ratings are added, a line each; with --settle, what people rated."
            "  [default: ratings.jsonl]",
        ),
    ] = None,
    rater: Annotated[
        str | None,
        typer.Option("--rater", metavar="NAME", help="Who rates; else the page asks, once."),
    ] = None,
    drawn: Annotated[
        Path | None,
        typer.Option("--drawn", metavar="FILE", help="Rate what grade calibrate next drew last."),
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answers", metavar="PATH", help="What was graded, where results are given."),
    ] = None,
    settle: Annotated[
        Path | None,
        typer.Option(
            "--settle", metavar="RESULTS", help="Settle what differs, look at what is alike, read."
        ),
    ] = None,
    pass_mark: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="What decides over it comes first."),
    ] = None,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled", metavar="DIR", help="Where settled answers go as labelled ones."
        ),
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--columns", metavar="A=B", help="As for grade batch.")
    ] = None,
    candidate: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who practises, for the record.")
    ] = None,
    judge: JudgeWords = BY_DEFAULT,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Of this machine; 0: any."),
    ] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Only print the address.", show_default=False)
    ] = False,
    language: AnswersLanguageOption = None,
) -> None:
    """Open a small web application, for this machine alone, until Ctrl-C.

    Without --rate one practises in it: the question that is due, an answer, and its grade while
    it is made, by the judge that the options name.
    """
    _need_extra()
    from grader.errors import BadInput
    from grader.rubric.files import rubric_folders
    from grader.text.language import interface
    from grader.web.serve import serve

    shown_in = language and interface(language)
    folders = rubric_folders(rubrics, only_own)
    named, given = columns or [], answers or []
    rating = _Rating(rate or [], ratings or Path("ratings.jsonl"), rater, drawn, given, named)
    if labelled and not settle:
        raise BadInput("--labelled DIR: only with --settle RESULTS, where answers are settled")
    own = labelled or rubrics or Path()
    settling = Settling(settle, ratings, given, named, pass_mark, own) if settle else None
    said = judge.options()
    practising = _Practising(candidate, said, judge.weights)
    with _rooms(rating, settling, practising, folders) as rooms:
        serve(rooms, port, shown_in, typer.echo, browse=not no_open)


@dataclass(frozen=True)
class _Rating:
    """What was said of the room for rating."""

    paths: list[str]
    ratings: Path
    rater: str | None
    drawn: Path | None
    sessions: list[str]
    columns: list[str]


@dataclass(frozen=True)
class _Practising:
    """What was said of the room for practising."""

    candidate: str | None
    said: "JudgeOptions"
    weights: str | None


@contextmanager
def _rooms(
    rating: _Rating, settling: Settling | None, practising: _Practising, folders: tuple[Path, ...]
) -> Iterator[list["Room"]]:
    """The rooms that the given files open; without any, the one for practising."""
    if settling is not None:
        refuse_rating(rating.paths, rating.rater, rating.drawn)
        yield list(settling_rooms(settling, folders))
        return
    if rating.paths:
        yield [_rating_room(rating, folders)]
        return
    with _practise_room(practising, folders) as room:
        yield [room]


@contextmanager
def _practise_room(given: _Practising, folders: tuple[Path, ...]) -> Iterator["Room"]:
    """The room for practising; its judge ends with the block."""
    from grader.cli.practice import check_judge
    from grader.errors import BadInput
    from grader.session.exercise import Exercise
    from grader.web.rooms.practise import open_room
    from grader.web.rooms.practise.judging import JudgeThread

    check_judge(given.said, given.weights)
    exercise = Exercise(folders, given.candidate)
    if not exercise.rubrics:
        raise BadInput("no question to practise: --rubrics names a folder without a good one")
    judge = JudgeThread(
        exercise,
        given.said,
        Path(given.weights) if given.weights else None,
        lambda words: typer.echo(f"grade: {words}", err=True),
    )
    try:
        yield open_room(exercise, judge)
    finally:
        judge.close()


def _rating_room(said: _Rating, folders: tuple[Path, ...]) -> "Room":
    from grader.session.exports.columns import read_columns
    from grader.trust.calibration.sampling_plan import read_plan
    from grader.web.rooms.rate import open_room
    from grader.web.rooms.rate.answers import only, read_answers
    from grader.web.rooms.rate.ratings_file import RatingsFile

    given = read_answers(said.paths, folders, said.sessions, read_columns(said.columns))
    if said.drawn is not None:
        given = only(given, read_plan(said.drawn).last, said.drawn)
    for skipped in given.skipped:
        typer.echo(f"grade: not to be rated: {skipped}", err=True)
    return open_room(given, RatingsFile(said.ratings), said.rater)


def _need_extra() -> None:
    from grader.errors import Failed

    if not all(map(find_spec, ("starlette", "uvicorn"))):
        raise Failed("grade web needs the extra `web`: pip install 'answer-grader[web]'")

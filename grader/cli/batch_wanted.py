"""What ``grade batch`` was asked to do."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from grader.errors import BadInput
from grader.judge.options import JudgeOptions
from grader.ledger.ledger import default_path
from grader.record import Grade
from grader.session.elsewhere.openai_batch import Step
from grader.session.entry import Entry, Problem, Questions
from grader.session.exports.back import handed
from grader.session.exports.columns import NO_COLUMNS, Columns
from grader.session.exports.gradebook import canvas, moodle
from grader.session.read import read_session, read_tables
from grader.session.results import Mode

Platform = Literal["moodle", "canvas"]
_CANVAS_NAMES_IT = "Quiz Student Analysis Report"


def platform(word: str | None, csv: Path | None) -> Platform | None:
    """The platform that *word* names, whose shape the table *csv* gets.

    Raises:
        BadInput: it is not known, or no table was asked for.
    """
    if word is not None and word not in get_args(Platform):
        raise BadInput(f"--csv-for {word}: choose {' or '.join(get_args(Platform))}")
    if word is not None and csv is None:
        raise BadInput(f"--csv-for {word}: say --csv FILE too, where the grades are written")
    return cast("Platform | None", word)


@dataclass(frozen=True)
class Session:
    """Where the answers and the rubrics are."""

    paths: tuple[str, ...]
    folders: tuple[Path, ...]
    columns: Columns = NO_COLUMNS

    def read(self, questions: Questions) -> Iterator[Entry | Problem]:
        """The answers, and what cannot be graded. See :func:`grader.session.read`."""
        return read_session(self.paths, questions, sys.stdin.buffer, self.columns)

    def gradebook(
        self, platform: Platform, grades: Iterator[Grade], questions: Questions
    ) -> Iterator[tuple[str | float | None, ...]]:
        """The rows that *platform* imports, for the people in the session's tables."""
        tables = read_tables(self.paths, questions, self.columns)
        people = handed(tables, grades, questions)
        title = Path(self.paths[0]).stem.removesuffix(_CANVAS_NAMES_IT).strip()
        return moodle(people) if platform == "moodle" else canvas(people, title)


@dataclass(frozen=True)
class BatchWanted:
    """What ``grade batch`` was asked to do."""

    session: Session
    said: JudgeOptions
    weights: str | None
    out: Path | None
    mode: Mode
    concurrency: int | None
    votes: int
    max_cost: float | None
    dry_run: bool
    pass_mark: float | None
    reports: dict[str, Path | None]
    language: str
    hints: bool = False
    via: "Via | None" = None
    csv_for: Platform | None = None

    @property
    def by_ray(self) -> bool:
        """Whether Ray reads the session itself, from wherever it lies."""
        return self.via is not None and self.via.kind == "ray"


Kind = Literal["files", "batch", "ray"]


@dataclass(frozen=True)
class Via:
    """How requests reach the model other than one by one.

    Attributes:
        folder: where shards are written.
        address: of a Ray cluster; None starts one on this machine.
        actors: how many grade at once on the cluster; None lets Ray choose.
        output: the folder of Parquet files that Ray writes.
        again: ask anew for what came back without a reply, or waits in shards of files.
    """

    kind: Kind
    folder: Path
    step: Step | None = None
    again: bool = False
    poll_s: float = 30.0
    address: str | None = None
    actors: int | None = None
    output: str | None = None

    def parquet(self, out: Path | None) -> str:
        """Where Ray writes: as told, or beside the results file."""
        if self.output is not None:
            return self.output if "://" in self.output else str(Path(self.output).absolute())
        return str((out or Path("graded.jsonl")).with_suffix(".parquet").absolute())


def via(kind: str, shards: Path | None, step: str | None, **more: Any) -> Via:  # noqa: ANN401
    """From the words of the command line; *more* are further fields.

    Raises:
        BadInput: they do not go together.
    """
    if kind not in get_args(Kind):
        raise BadInput(f"--via {kind}: choose live, files, batch or ray")
    if step is not None and (step not in get_args(Step) or kind != "batch"):
        raise BadInput(f"--step {step}: choose submit, status or collect, with --via batch")
    default = Path("shards") if kind == "files" else default_path().with_name("batches")
    return Via(cast("Kind", kind), shards or default, cast("Step | None", step), **more)


def check(said: JudgeOptions, wanted: Via, paths: tuple[str, ...], max_cost: float | None) -> None:
    """Makes sure that the run can be made in another way than live.

    Raises:
        BadInput: it cannot.
    """
    if wanted.kind == "ray" and (said.beside or said.then):
        raise BadInput("several judges with --via ray: they are asked live, by files or by batch")
    if said.fresh:
        raise BadInput(f"--no-cache with --via {wanted.kind}: leave one of them out")
    if max_cost is not None and wanted.kind != "batch":
        raise BadInput(f"--max-cost with --via {wanted.kind}: it cannot be watched over there")
    if "-" in paths:
        raise BadInput(f"- with --via {wanted.kind}: the session is read more than once")

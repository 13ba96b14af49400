"""The files of a team that settles: results, ratings and contests, read again when they changed."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.decision import united
from grader.errors import BadInput
from grader.record import Grade
from grader.rubric.format import Rubric
from grader.session.contests import Contest, contests_file, read_contests
from grader.session.decide import AnswerDecision, DecidedRecord, decide_everywhere
from grader.trust.calibration import ratings as rated
from grader.trust.calibration import results as graded
from grader.trust.calibration.ratings import Ratings
from grader.trust.calibration.results import AnswerKey, ModelGradings

PATIENCE = 5.0
"""Seconds that a decision waits for another process that writes the results."""
KEPT_NAME = "team/name"
"""Under which a visitor's values hold who decides in this browser."""
NO_RATINGS = Ratings((), {})

Stamp = tuple[tuple[int, int, int] | None, ...]
"""Tells one state of files from another: time, size and inode of each."""


@dataclass(frozen=True)
class TeamState:
    """What the files held when they were read together."""

    results: ModelGradings
    ratings: Ratings
    contests: tuple[Contest, ...]

    @cached_property
    def answers(self) -> Mapping[AnswerKey, Grade]:
        """The first record of each answer, with what people decided on any of them."""
        each: dict[AnswerKey, list[Grade]] = {}
        for grade in self.results.grades:
            each.setdefault((grade.question, grade.answer_id), []).append(grade)
        return {key: united(*grades) for key, grades in each.items()}


class TeamFiles:
    """What a team settles, and where its decisions go.

    Attributes:
        results: the file of records.
        ratings: of people; None where nobody rated yet.
        rubrics: by question id.
        texts: the answers by their digest; of others only the quotes are shown.
        pass_mark: per cent; None where nothing is passed.
        own_folder: of the team's own rubrics, for labelled answers.

    Raises:
        BadInput: a file cannot be read.
    """

    def __init__(
        self,
        results: Path,
        ratings: Path | None,
        rubrics: Mapping[str, Rubric],
        texts: Mapping[str, str],
        pass_mark: float | None = None,
        own_folder: Path = Path(),
    ) -> None:
        self.results, self.ratings = results, ratings
        self.rubrics, self.texts = rubrics, texts
        self.pass_mark, self.own_folder = pass_mark, own_folder
        # Starlette calls from several threads
        self._one_at_a_time = threading.Lock()
        self._stamp = self.stamp()
        self._state = self._read(None)

    def state(self) -> TeamState:
        """Returns what the files hold now.

        Raises:
            BadInput: one of them cannot be read any more.
        """
        with self._one_at_a_time:
            stamp = self.stamp()
            if stamp != self._stamp:
                same_ratings = stamp[1] == self._stamp[1]
                self._state = self._read(self._state if same_ratings else None)
                self._stamp = stamp
            return self._state

    def stamp(self) -> Stamp:
        """Returns what tells the files' present state from others."""
        return tuple(_stamp(path) for path in (self.results, self.ratings, self._contests))

    def decide(self, decisions: Sequence[AnswerDecision]) -> tuple[DecidedRecord, ...]:
        """Appends decisions to the results and the history, as ``grade override`` does.

        Raises:
            DecidedMeanwhile: there are more decisions on one of the same than were seen.
            BadInput, Failed: it cannot be done; nothing was written then.
        """
        return decide_everywhere(decisions, self.results, PATIENCE)

    def text(self, grade: Grade) -> str | None:
        """Returns the answer that was graded; None where it is not at hand."""
        return self.texts.get(grade.digests.answer)

    @property
    def _contests(self) -> Path:
        return contests_file(self.results)

    def _read(self, earlier: TeamState | None) -> TeamState:
        """Reads the files; ratings, which take longest, are those of *earlier* where they hold."""
        if not self.results.is_file():
            raise BadInput(f"--settle {self.results}: no such file")
        results = graded.read([self.results])
        if earlier is not None and _asked(earlier.results) == _asked(results):
            ratings = earlier.ratings
        else:
            ratings = rated.read(self.ratings, results) if self.ratings else NO_RATINGS
        return TeamState(results, ratings, read_contests(self.results))


def _asked(results: ModelGradings) -> tuple[object, ...]:
    """What ratings are read against: decisions change nothing of it."""
    return results.questions_of, results.points, results.names


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    try:
        stat = path.stat() if path else None
    except OSError:
        return None
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None

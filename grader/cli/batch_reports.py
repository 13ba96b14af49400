"""The files that ``grade batch`` writes when a session has been graded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.record import Grade
from grader.rubric.format import Rubric
from grader.session.entry import Questions
from grader.session.outcome import SessionOutcome
from grader.session.texts import Texts

Records = Callable[[], Iterator[Grade]]
Gradebook = Callable[[Iterator[Grade]], Iterator[tuple[str | float | None, ...]]]


class Reports:
    """The files asked for.

    Attributes:
        written: the names of those that are there now.
    """

    def __init__(
        self,
        files: dict[str, Path | None],
        language: str,
        gradebook: Gradebook | None = None,
        *,
        hints: bool = False,
    ) -> None:
        """Notes what is wanted.

        Args:
            gradebook: makes the rows of the table that a platform imports; None writes our own.
            hints: page and Markdown show hints for what was not met.
        """
        self._files = {kind: path for kind, path in files.items() if path is not None}
        self._language = language
        self._gradebook = gradebook
        self._hints = hints
        self.written: list[str] = []

    @property
    def wanted(self) -> bool:
        """Whether any was asked for."""
        return bool(self._files)

    def write(
        self, records: Records, outcome: SessionOutcome, questions: Questions, texts: Texts | None
    ) -> None:
        """Writes them all.

        Raises:
            BadInput: a file cannot be written.
            Failed: what makes a page is not installed.
        """
        if not self._files:
            return
        asked = (question.id for question in outcome.summary().questions)
        rubrics = {name: questions.find(name) for name in asked if questions.knows(name)}
        made = _Made(records, outcome, rubrics, texts, self._language, self._gradebook, self._hints)
        for kind, path in self._files.items():
            getattr(made, kind)(path)
            self.written.append(str(path))


@dataclass(frozen=True)
class _Made:
    """What reports are made of, and each kind of them."""

    records: Records
    outcome: SessionOutcome
    rubrics: dict[str, Rubric]
    texts: Texts | None
    language: str
    gradebook: Gradebook | None
    hints: bool

    def html(self, path: Path) -> None:
        from grader.report.html.page import write_page

        texts = self.texts.of if self.texts is not None else _no_text
        write_page(path, self.records(), self.rubrics, texts, self.language, hints=self.hints)

    def markdown(self, path: Path) -> None:
        from grader.report.markdown import session_markdown
        from grader.util.files import new_file

        summary = self.outcome.summary()
        with new_file(path) as file:
            file.writelines(
                session_markdown(
                    summary, self.records(), self.rubrics, self.language, hints=self.hints
                )
            )

    def csv(self, path: Path) -> None:
        from grader.report.csv import write_csv, write_gradebook

        if self.gradebook is None:
            write_csv(path, self.records())
        else:
            write_gradebook(path, self.gradebook(self.records()))

    def junit(self, path: Path) -> None:
        from grader.report.junit import write_junit

        write_junit(path, self.records(), self.outcome.pass_mark)


def _no_text(_: Grade) -> None:
    return None

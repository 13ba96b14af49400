"""The reports that a session may end in: a page, Markdown, a table, JUnit XML."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.entry import Questions
from grader.outcome import Outcome
from grader.record import Grade
from grader.rubric import Rubric
from grader.texts import Texts

Records = Callable[[], Iterator[Grade]]


class Reports:
    """The files asked for.

    Attributes:
        written: the names of those that are there now.
    """

    def __init__(self, files: dict[str, Path | None], language: str) -> None:
        self._files = {kind: path for kind, path in files.items() if path is not None}
        self._language = language
        self.written: list[str] = []

    @property
    def wanted(self) -> bool:
        """Whether any was asked for."""
        return bool(self._files)

    def write(
        self, records: Records, outcome: Outcome, questions: Questions, texts: Texts | None
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
        made = _Made(records, outcome, rubrics, texts, self._language)
        for kind, path in self._files.items():
            getattr(made, kind)(path)
            self.written.append(str(path))


@dataclass(frozen=True)
class _Made:
    """What reports are made of, and each kind of them."""

    records: Records
    outcome: Outcome
    rubrics: dict[str, Rubric]
    texts: Texts | None
    language: str

    def html(self, path: Path) -> None:
        from grader import page

        texts = self.texts.of if self.texts is not None else _no_text
        page.write(path, self.records(), self.rubrics, texts, self.language)

    def markdown(self, path: Path) -> None:
        from grader import markdown
        from grader.atomic import new_file

        summary = self.outcome.summary()
        with new_file(path) as file:
            file.writelines(markdown.session(summary, self.records(), self.rubrics, self.language))

    def csv(self, path: Path) -> None:
        from grader import table

        table.write(path, self.records())

    def junit(self, path: Path) -> None:
        from grader import junit

        junit.write(path, self.records(), self.outcome.pass_mark)


def _no_text(_: Grade) -> None:
    return None

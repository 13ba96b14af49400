"""The page of one answer for the person who gave it, as one HTML file that needs nothing else."""

from pathlib import Path

from markupsafe import Markup

from grader.record import Grade
from grader.report.html import charts
from grader.report.html.page import answer_page, environment, frame
from grader.rubric.format import Rubric
from grader.text.catalogue import words_in
from grader.util.files import new_file


def write_candidate_page(
    path: Path,
    grade: Grade,
    rubric: Rubric | None,
    text: str | None,
    language: str,
    *,
    contact: str = "",
    hints: bool = False,
) -> None:
    """Writes the page to *path*, whole or not at all.

    Args:
        text: the answer; None shows the quotes alone.
        contact: whom to ask for a second look; empty for a neutral sentence.
        hints: a hint, or that there is none, stands in place of each key point that is not met.

    Raises:
        Failed: the extra ``report`` is not installed.
        BadInput: the file cannot be written.
    """
    charts.need_extra()
    parts = answer_page(grade, rubric, text, language, 1, hints=hints, contact=contact)
    answer = Markup("".join(parts))  # noqa: S704  (rendered by the template of an answer)
    words = words_in(language)
    template = environment(language).get_template("candidate.html.j2")
    page = template.generate(
        **frame(language),
        title=words["candidate"]["title"],
        answers=[answer],
        words=words,
        say=words["report"],
    )
    with new_file(path) as out:
        out.writelines(page)

"""Makes a settled answer a labelled one, in a file of the team's own."""

from pathlib import Path

from grader.decision import latest
from grader.errors import BadInput
from grader.record import Verdict
from grader.report.grade_view import claim_words
from grader.text.catalogue import Catalogue
from grader.trust.calibration.settle import most_given
from grader.trust.calibration.settled_label import add_labelled, to_labelled
from grader.web.rooms.settle.items import SettleItem
from grader.web.team_files import TeamFiles


def label_file(item: SettleItem, files: TeamFiles) -> Path:
    """Returns the file that the labelled answer would be added to."""
    return files.own_folder.resolve() / "labelled" / f"{item.difference.question}.toml"


def unlabelled(item: SettleItem, files: TeamFiles, language: str) -> list[str]:
    """Returns the key points of the answer, in words, that no person has given a verdict on."""
    grade, settled = item.grade, latest(item.grade.overrides)
    rated: dict[str | None, list[Verdict | None]] = {}
    for row in files.state().ratings.rows:
        if (row.question, row.answer_id) == (grade.question, grade.answer_id):
            rated.setdefault(row.key_point, []).append(row.verdict)
    return [
        claim_words(grade.question, point.id, files.rubrics, language)
        for point in grade.key_points
        if point.id not in settled and most_given(rated.get(point.id, ())) is None
    ]


def label_answer(item: SettleItem, files: TeamFiles, say: Catalogue) -> Path:
    """Adds the answer to the labelled ones, and returns their file.

    Raises:
        BadInput: its text or rubric is not at hand, or nobody decided on one of its key points.
        BadRubric: the file has the answer already, or is of another form.
    """
    rubric = files.rubrics.get(item.difference.question)
    text = files.text(item.grade)
    if rubric is None or text is None:
        raise BadInput(say["label_needs_text"])
    labelled = to_labelled(item.grade, files.state().ratings, text, rubric)
    return add_labelled(files.own_folder, [labelled], rubric)

"""``grade calibrate settle``: where people and the model differ, for somebody to decide."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import LanguageOption, OnlyOption, RubricsOption

if TYPE_CHECKING:
    from grader.trust.calibration.ratings import Ratings
    from grader.trust.calibration.results import ModelGradings


def settle(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Records, one a line: JSONL.")],
    ratings: Annotated[Path, typer.Argument(metavar="RATINGS", help="What people rated.")],
    pass_mark: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="What decides over it comes first."),
    ] = None,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="How many to print.")] = 20,
    with_settled: Annotated[
        bool, typer.Option("--all", help="Also what somebody decided on already.")
    ] = False,
    labelled: Annotated[
        Path | None,
        typer.Option(
            "--labelled",
            metavar="DIR",
            help="Write decided answers as labelled ones for grade rubric test; needs --answers.",
        ),
    ] = None,
    answers: Annotated[
        list[str] | None,
        typer.Option("--answers", metavar="PATH", help="What was graded, as for grade batch."),
    ] = None,
    notes: Annotated[
        bool, typer.Option("--notes", help="Print what was decided as lines for rubrics' notes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    rubrics: RubricsOption = None,
    only_own: OnlyOption = False,
    language: LanguageOption = "en",
) -> None:
    """List where people and the model differ, what decides over a pass first.

    Each comes with the grade override command that settles it; nothing is overwritten.
    """
    from grader.errors import BadInput
    from grader.report import terminal
    from grader.trust.calibration import ratings as rated
    from grader.trust.calibration import results as graded
    from grader.trust.calibration.settle import differences
    from grader.trust.calibration.settle_words import settle_blocks, settle_json

    if labelled is not None and not answers:
        raise BadInput("--labelled DIR: needs the texts: add --answers PATH, what was graded")
    records = graded.read([results])
    people = rated.read(ratings, records)
    if labelled is not None:
        _label(records, people, labelled, answers or [], rubrics, only_own=only_own)
    elif notes:
        _notes(records)
    else:
        found = differences(records, people, pass_mark, with_settled=with_settled)
        if as_json:
            typer.echo(settle_json(found))
        else:
            terminal.blocks(settle_blocks(found, results, most, language), terminal.console())


def _label(
    records: "ModelGradings",
    people: "Ratings",
    folder: Path,
    answers: list[str],
    rubrics: Path | None,
    *,
    only_own: bool,
) -> None:
    from grader.decision import is_decided
    from grader.errors import BadInput
    from grader.rubric.files import load_rubric, rubric_folders
    from grader.trust.calibration.results import by_digest
    from grader.trust.calibration.settled_label import add_labelled, to_labelled

    folders = rubric_folders(rubrics, only_own)
    texts = by_digest(answers, folders)
    grades = {(g.question, g.answer_id): g for g in records.grades if is_decided(g)}
    if not grades:
        raise BadInput("--labelled: nobody decided anything in these results yet; grade override")
    for question in dict.fromkeys(name for name, _ in grades):
        rubric = load_rubric(question, folders)
        made = []
        for grade in (g for g in grades.values() if g.question == question):
            text = texts.get(grade.digests.answer)
            if text is None:
                raise BadInput(f"--answers: the text of {grade.answer_id} is not there")
            made.append(to_labelled(grade, people, text, rubric))
        path = add_labelled(folder, made, rubric)
        typer.echo(f"{path}: {len(made)} labelled answers added")


def _notes(records: "ModelGradings") -> None:
    from grader.decision import latest
    from grader.trust.calibration.settled_label import to_note

    told = [
        f"{grade.question}: {to_note(grade, override)}"
        for grade in records.grades
        for override in latest(grade.overrides).values()
    ]
    typer.echo("\n".join(dict.fromkeys(told)) or "nobody decided anything in these results yet")

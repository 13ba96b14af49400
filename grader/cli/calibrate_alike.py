"""``grade calibrate alike``: answers that are alike, to be settled together."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import completion
from grader.cli.options import LanguageOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.trust.calibration.alike import AlikeAnswers


def alike(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Records, one a line: JSONL.")],
    question: Annotated[
        str,
        typer.Option(
            "--q",
            "--question",
            metavar="ID",
            help="The question.",
            autocompletion=completion.questions,
        ),
    ],
    point: Annotated[
        str | None,
        typer.Option("--point", metavar="ID", help="Group by the verdict on it and its evidence."),
    ] = None,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="How many groups to print.")] = 20,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="GROUP", help="Decide on all answers of this group."),
    ] = None,
    verdict: Annotated[
        str | None,
        typer.Option("--verdict", metavar="V", help="met, partial, missed or contradicted."),
    ] = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides.")] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="The reason.")] = None,
    pass_mark: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="Say which scores cross it."),
    ] = None,
    language: LanguageOption = "en",
) -> None:
    """List answers that are alike, the largest groups first; with --group, settle one of them.

    Each answer of the group gets the decision in its record, as grade override writes it.
    """
    from grader.errors import BadInput
    from grader.report import terminal
    from grader.trust.calibration import alike as grouping
    from grader.trust.calibration import results as graded
    from grader.trust.calibration.alike_words import alike_blocks

    groups = grouping.alike(graded.read([results]), question, point)
    if group is None:
        if verdict is not None:
            raise BadInput("--verdict V: needs --group GROUP, one of those that are listed without")
        shown = alike_blocks(groups, point, results, most, language)
        terminal.blocks(shown, terminal.console())
        return
    if point is None:
        raise BadInput("--group GROUP: needs --point ID, the key point that is decided on")
    chosen = _chosen(groups, group)
    _settle(results, chosen, point, (verdict, by, why), pass_mark, language)


def _chosen(groups: "Sequence[AlikeAnswers]", wanted: str) -> "AlikeAnswers":
    from grader.errors import BadInput
    from grader.text.safe import one_line

    for group in groups:
        if group.id == wanted:
            return group
    raise BadInput(
        f"--group {one_line(wanted, 20)}: no such group now; list them again without --group"
    )


def _settle(
    results: Path,
    group: "AlikeAnswers",
    point: str,
    words: tuple[str | None, str | None, str | None],
    pass_mark: float | None,
    language: str,
) -> None:
    from grader.cli.override import asked
    from grader.report import terminal
    from grader.session.decide import decide_everywhere, verdict_of
    from grader.trust.calibration.alike import settle_alike
    from grader.trust.calibration.alike_words import shift_blocks

    verdict = verdict_of(asked(words[0], "--verdict", "Verdict"))
    by, why = asked(words[1], "--by", "Who decides"), asked(words[2], "--why", "Why")
    decisions, shifts = settle_alike(group, point, verdict, by, why, pass_mark)
    decide_everywhere(decisions, results)
    terminal.blocks(shift_blocks(shifts, language), terminal.console())

"""``grade calibrate next``: which answers people should rate next."""

from pathlib import Path
from typing import Annotated

import typer


def next_to_rate(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Records, one a line: JSONL.")],
    ratings: Annotated[
        Path | None, typer.Argument(metavar="[RATINGS]", help="What people rated so far.")
    ] = None,
    count: Annotated[
        int, typer.Option("--count", metavar="N", min=1, help="Answers to draw.")
    ] = 20,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the sampling plan goes.")
    ] = Path("plan.csv"),
    drawn: Annotated[
        Path | None, typer.Option("--drawn", metavar="FILE", help="The plan so far, to go on from.")
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option("--beside", metavar="FILE", help="Records of another judge; once for each."),
    ] = None,
    pass_mark: Annotated[
        float, typer.Option(metavar="PERCENT", min=0, max=100, help="Near it more are drawn.")
    ] = 60.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the draw.")] = 0,
) -> None:
    """Draw which answers to rate next: those that tell most, each with a chance written down.

    Rate the answers of the last round; grade calibrate ... --drawn FILE then weighs for it.
    """
    from grader.errors import BadInput
    from grader.trust.calibration import next_to_rate as drawing
    from grader.trust.calibration import ratings as rated
    from grader.trust.calibration import results as graded
    from grader.trust.calibration.sampling_plan import read_plan, write_plan

    if out.exists() and (drawn is None or not out.samefile(drawn)):
        raise BadInput(
            f"{out}: is already there, and its chances would be lost: go on from it with"
            f" --drawn {out}, or give another --out"
        )
    records = graded.read([results, *(beside or [])])
    rows = rated.read(ratings, records).rows if ratings else ()
    so_far = tuple(dict.fromkeys((row.question, row.answer_id) for row in rows))
    before = read_plan(drawn) if drawn else None
    plan = drawing.draw(records, so_far, count, pass_mark, seed, before)
    write_plan(out, plan)
    for question, answer_id in plan.last:
        typer.echo(f"{question}  {answer_id}")
    typer.echo(
        f"Drawn: {len(plan.last)} of {len(plan.answers)} answers. Written: {out}\n"
        f"The sheet to fill: grade calibrate template {results} --drawn {out} --rater NAME",
        err=True,
    )

"""A plan for the terminal."""

from collections.abc import Iterator

from grader.block import Block, Grid, Heading, Line
from grader.calibration import wording
from grader.calibration.plan import Plan


def summary(plan: Plan, language: str) -> Iterator[Block]:
    """What is printed."""
    say = wording.catalogue(language)["plan"]
    yield Heading(say["title"])
    yield Line(say["supposed"].format(**plan.model_dump(exclude={"rows"})), "note")
    heads = [head.format(severity=f"{plan.severity:g}") for head in say["heads"]]
    rows = tuple(
        (
            str(row.answers),
            *(f"{width / 2:.3f}" for width in (row.qwk, row.degradation, row.smd)),
            f"{100 * row.severity_power:.0f} %",
        )
        for row in plan.rows
    )
    yield Grid(tuple(heads), rows, numbers_from=0)
    for people, answers in plan.answers_for_width.items():
        line = say["for_width"].format(width=f"{plan.width:g}", answers=answers, people=people)
        yield Line(line)
    if plan.answers_to_pass is None:
        yield Line(say["never"].format(line=f"{plan.line:g}"))
    else:
        yield Line(say["to_pass"].format(line=f"{plan.line:g}", answers=plan.answers_to_pass))
    yield Line(say["coarse"], "note")

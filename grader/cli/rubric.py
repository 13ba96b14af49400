"""``grade rubric``: making rubrics that can be trusted."""

import typer

from grader.cli import rubric_check, rubric_diff, rubric_draft, rubric_test

app = typer.Typer(
    no_args_is_help=True,
    help="Draft a rubric from a text, check it, test it on labelled answers, compare versions.",
)
app.command("draft")(rubric_draft.draft)
app.command("check")(rubric_check.check)
app.command("test")(rubric_test.trial)
app.command("diff")(rubric_diff.diff)

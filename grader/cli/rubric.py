"""``grade rubric``: making rubrics that can be trusted."""

import typer

from grader.cli import rubric_check, rubric_diff, rubric_draft, rubric_import, rubric_test

app = typer.Typer(
    no_args_is_help=True,
    help="Draft a rubric from a text, import a question bank, check, test, compare versions.",
)
app.command("draft")(rubric_draft.draft)
app.command("import")(rubric_import.import_)
app.command("check")(rubric_check.check)
app.command("test")(rubric_test.trial)
app.command("diff")(rubric_diff.diff)

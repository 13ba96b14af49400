"""``grade model``: the embedded model's weights."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="The embedded model: where its file is, how to fetch it ahead or export its adapter."
)


@app.callback(invoke_without_command=True)
def status(ctx: typer.Context) -> None:
    """Say where the embedded model's file is."""
    if ctx.invoked_subcommand is None:
        from grader.llm.embedded import weights, weights_file
        from grader.llm.embedded.model import adapter_state
        from grader.report import terminal

        known, adapter = weights.status(), weights_file.adapter()
        state = "verified" if known.verified else "not here" if not known.present else "not it"
        rows = [
            ("model", known.want.title),
            ("file", str(known.path)),
            ("state", f"{state}, {known.size:,} of {known.want.size:,} bytes"),
            ("sha256", known.want.sha256),
            ("adapter", f"{adapter_state()}, {adapter.size:,} bytes, in the package"),
            ("sha256", adapter.sha256),
            ("licence", known.want.licence),
            ("sources", ", ".join(known.sources)),
        ]
        terminal.fields(rows, terminal.console())


@app.command()
def pull() -> None:
    """Fetch the embedded model's file (1.1 GB), verified by its digest."""
    from grader.report import progress

    typer.echo(str(progress.bring_weights(None)))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    merged: Annotated[
        Path | None,
        typer.Option(
            "--merged",
            metavar="MODEL_DIR",
            help="Write the whole model with the adapter in it, from the publisher's own weights.",
        ),
    ] = None,
) -> None:
    """Write the trained judge's adapter for vLLM, SGLang and PEFT, with a card.

    Needs pip install 'answer-grader[export]'.
    """
    from grader.llm.embedded.export import export_adapter, export_merged

    done = export_adapter(folder) if merged is None else export_merged(folder, merged)
    typer.echo(str(done))

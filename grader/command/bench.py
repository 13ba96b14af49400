"""Opens the judge for a command, and says on stderr what takes time."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from grader.choice import Bench, Options
    from grader.local.weights import OwnModel


@asynccontextmanager
async def open_bench(said: "Options", weights: str | None = None) -> "AsyncIterator[Bench]":
    """The judge that *said* and the environment name, over the user's ledger."""
    from grader import progress
    from grader.choice import bench
    from grader.ledger import Ledger, default_path

    given = Path(weights) if weights else None

    def own() -> "OwnModel | None":
        from grader.local.weights import own_model

        return own_model(given)

    def bring() -> Path:
        return progress.bring_weights(given)

    with Ledger(default_path()) as ledger, progress.Spinner() as spinner:
        opened = bench(said, os.environ, ledger, bring, spinner.starting, own)
        if warning := ledger.warning(opened.judge.info):
            typer.echo(f"grade: careful with this judge: {warning} (grade doctor)", err=True)
        async with opened:
            yield opened

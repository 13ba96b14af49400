"""What a shell offers when a user presses Tab. Nothing is asked of a network, and nothing fails:
where something cannot be read, there is less to offer.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from grader.cli.config_file import ConfigFile


def questions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns the ids of the questions that begin with *incomplete*, the user's own among them."""
    from grader.errors import GraderError
    from grader.rubric.files import question_ids, rubric_folders
    from grader.util.files import data_folder

    config = _config()
    own = ctx.params.get("rubrics") or (config.values.get("rubrics") if config else None)
    folders: tuple[Path, ...] = (data_folder("rubrics"),)
    with suppress(GraderError):
        folders = rubric_folders(Path(str(own)) if own else None, bool(ctx.params.get("only_own")))
    return [name for name in question_ids(folders) if name.startswith(incomplete)]


def models(incomplete: str) -> list[str]:
    """Returns the models that begin with *incomplete*: the embedded one, those of the settings
    file, and those that the ledger holds replies of."""
    from grader.judge.options import LOCAL

    known = [LOCAL]
    if config := _config():
        known += [config.settings.model or LOCAL, *config.settings.prices]
    known += _asked_before()
    return [name for name in dict.fromkeys(known) if name.startswith(incomplete)]


def _asked_before() -> list[str]:
    from grader.errors import GraderError
    from grader.ledger.ledger import Ledger, default_path

    with suppress(GraderError, OSError):
        if default_path().exists():  # looking for names makes no ledger
            with Ledger(default_path()) as ledger:
                return ledger.models()
    return []


def _config() -> "ConfigFile | None":
    from grader.cli.config_defaults import load_config
    from grader.errors import GraderError

    with suppress(GraderError, OSError):
        return load_config(None)
    return None

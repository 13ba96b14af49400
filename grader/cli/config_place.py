"""Where the settings file is. Nothing heavy is imported: every command looks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from grader.errors import BadInput

NAME = "grade.toml"
PROJECT = "pyproject.toml"
TABLE = ("tool", "grade")
VARIABLE = "GRADER_CONFIG"
OPTION = "--config"


def take_option(args: Sequence[str]) -> tuple[list[str], str | None]:
    """Returns *args* without ``--config FILE``, wherever it stands before ``--``, and the file.

    Raises:
        BadInput: no file follows.
    """
    kept: list[str] = []
    named: str | None = None
    rest = iter(args)
    for word in rest:
        if word == "--":
            return [*kept, word, *rest], named
        if word == OPTION:
            named = next(rest, None)
        elif word.startswith(f"{OPTION}="):
            named = word.partition("=")[2]
        else:
            kept.append(word)
            continue
        if not named:
            raise BadInput(f"{OPTION}: name the file, as in {OPTION} {NAME}")
    return kept, named


def find_config(named: str | None, env: Mapping[str, str]) -> Path | None:
    """Returns the settings file that holds in the working folder, or None.

    It is the one that the option or the environment names, else the nearest in that folder and
    the folders around it, up to the root of a repository or to the user's home; outside of both,
    folders may be other people's, and the working folder alone is looked into.

    Raises:
        BadInput: the named file is not there.
    """
    if given := named or env.get(VARIABLE):
        path = Path(given).expanduser()
        if not path.is_file():
            raise BadInput(f"{OPTION if named else VARIABLE} {path}: no such file")
        return path
    # A folder that is gone or closed has no settings; the command may well do without them.
    with suppress(OSError):
        for around in _folders(Path.cwd()):
            for path in (around / NAME, around / PROJECT):
                if path.is_file() and (path.name == NAME or _has_table(path)):
                    return path
    return None


def _folders(folder: Path) -> Iterator[Path]:
    home = Path.home()
    around = [folder, *folder.parents]
    ends = [n for n, one in enumerate(around) if one == home or (one / ".git").exists()]
    yield from around[: ends[0] + 1 if ends else 1]


def _has_table(path: Path) -> bool:
    """Whether a project's file speaks of these settings; read without being understood."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(line.lstrip().startswith(f"[{'.'.join(TABLE)}") for line in text.splitlines())

"""Which rubric files a command is about."""

from collections.abc import Sequence
from pathlib import Path

from grader.errors import BadInput


def rubric_files(given: Sequence[str], own: Path | None, *, only_own: bool) -> list[Path]:
    """The files that *given* names: files, folders of them, or ids of known questions.

    Nothing given means every rubric that grade knows, as the other commands see them.

    Raises:
        BadInput: a name is none of these, or there is nothing to look at.
        UnknownQuestion: a name looks like an id, and no rubric has it.
    """
    from grader import rubric

    folders = rubric.folders(own, only_own)
    if not given:
        found = {p.stem: p for folder in reversed(folders) for p in _in(folder)}
        return [found[name] for name in sorted(found)]
    files = [path for name in given for path in _named(name, folders)]
    if not files:
        raise BadInput(f"{given[0]}: no rubric (*.toml) in this folder")
    return list(dict.fromkeys(files))


def _named(name: str, folders: Sequence[Path]) -> list[Path]:
    from grader import rubric

    path = Path(name)
    if path.is_dir():
        return _in(path)
    if path.exists():
        return [path]
    for folder in folders:
        if (known := folder / f"{name}.toml") in _in(folder):
            return [known]
    if path.suffix or len(path.parts) > 1:
        raise BadInput(f"{name}: no such file or folder")
    rubric.load(name, folders)  # knows which ids are near
    return []


def _in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("*.toml") if p.is_file() and not p.name.startswith("."))

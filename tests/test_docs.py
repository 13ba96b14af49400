"""The documents say what is so: every command in the README is run and its output compared."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader import __version__
from grader.llm.embedded import weights
from grader.util.files import data_folder

ROOT = data_folder("rubrics").parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"(<!-- embedded -->\n)?```console\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One command of the README and the output that stands below it."""

    command: str
    output: str
    embedded: bool


def examples() -> list[Example]:
    found = []
    for embedded, block in _BLOCK.findall(README):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Example(command, output.strip(), bool(embedded)))
    return found


def same(shown: str, printed: str) -> bool:
    """Equal, where a line ``...`` stands for any lines."""
    pattern = [re.escape(piece.strip()) for piece in re.split(r"^\.\.\.$", shown, flags=re.M)]
    return re.fullmatch(r"\s*" + r".*?".join(pattern) + r"\s*", printed, re.DOTALL) is not None


def tidy(text: str) -> str:
    """Without what differs from run to run (the time) or from processor to processor (the last
    digits of a confidence), and without the layout."""
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    text = "\n".join(line for line in lines if line)
    text = re.sub(r"\(confidence [\d.]+\)|(置信度 [\d.]+)", "(confidence)", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples in it, where the README's commands run one after the other."""
    place = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "examples", place / "examples")
    return place


def run(command: str, place: Path) -> str:
    env = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", ""),
        "GRADER_LEDGER": str(place / "ledger.sqlite"),
        "GRADER_WEIGHTS": os.environ.get("GRADER_WEIGHTS", ""),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", ""),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "TZ": "UTC",
    }
    done = subprocess.run(
        command, shell=True, cwd=place, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def check(example: Example, place: Path) -> None:
    printed = run(example.command, place)
    assert same(tidy(example.output), tidy(printed)), f"$ {example.command}\n{printed}"


def ids(example: Example) -> str:
    return example.command


@pytest.mark.parametrize("example", [e for e in examples() if not e.embedded], ids=ids)
def test_a_command_of_the_readme_prints_what_the_readme_says(
    example: Example, workplace: Path
) -> None:
    check(example, workplace)


@pytest.mark.local
def test_the_embedded_model_grades_as_the_readme_says(workplace: Path) -> None:
    if weights.find() is None:
        pytest.skip("the embedded model's file is not here: grade model pull")
    for example in examples():
        if example.embedded:
            check(example, workplace)


def test_the_set_up_commands_are_what_the_project_needs() -> None:
    assert "pip install '.[local]' && .venv/bin/grade examples/answer.txt" in README
    assert "pip install -e '.[dev]' && .venv/bin/pytest" in README


def test_every_command_is_in_the_readme() -> None:
    from grader.cli.app import app

    names = [c.name for c in app.registered_commands if c.name and not c.hidden]
    names += [g.name for g in app.registered_groups if g.name]
    missing = [name for name in names if f"grade {name}" not in README]
    assert not missing


def test_every_file_that_a_document_names_exists() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "SECURITY.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for name in re.findall(r"`((?:grader|tests|prompts|rubrics|examples)/[\w./-]+\w)`", text):
            assert (ROOT / name).exists(), f"{document} names {name}"


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_document_names_a_place_on_somebodys_machine() -> None:
    for path in ROOT.glob("*.md"):
        assert not re.search(r"/(?:home|work|root|Users)/\w", path.read_text(encoding="utf-8"))

"""The documents say what is so: every command shown with its output is run and compared."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

import grader
from grader import __version__
from grader.cli.app import app
from grader.llm.embedded import weights
from grader.record import Grade
from grader.util.files import data_folder
from tests.support.stub import running

ROOT = data_folder("rubrics").parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = tuple(
    ROOT / "docs" / name
    for name in re.findall(r": ([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.M)
    if (ROOT / "docs" / name).exists()
)
"""The pages of ``docs/`` in the order of the site, in which a reader gives their commands."""
DOCUMENTS = (
    ROOT / "README.md",
    *PAGES,
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "training/README.md")),
)
LONG = 150
"""Characters from which on a paragraph that stands twice is a text that will be changed once."""
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
_BLOCK = re.compile(r"(<!-- embedded -->\n)?```console\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One command of a document and the output that stands below it."""

    document: str
    command: str
    output: str
    embedded: bool


def examples() -> list[Example]:
    """Returns the examples of all documents, in the order in which they are read."""
    shown = []
    for path in DOCUMENTS:
        for embedded, block in _BLOCK.findall(path.read_text(encoding="utf-8")):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                shown.append(Example(path.name, command, output.strip(), bool(embedded)))
    return shown


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
    """A folder with the examples in it, where the documents' commands run one after the other."""
    place = tmp_path_factory.mktemp("documents")
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
    assert same(tidy(example.output), tidy(printed)), f"{example.command}: {printed}"


@pytest.mark.parametrize("document", sorted({e.document for e in examples() if not e.embedded}))
def test_the_commands_of_a_document_print_what_it_says(document: str, tmp_path: Path) -> None:
    """In order, in a folder of their own: a later one may go on with what an earlier one made."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for example in examples():
        if example.document == document and not example.embedded:
            check(example, tmp_path)


def python_blocks() -> dict[str, str]:
    """The Python that each document shows, in the order in which it is read."""
    shown = {path.name: _PYTHON.findall(path.read_text(encoding="utf-8")) for path in DOCUMENTS}
    return {name: "\n".join(blocks) for name, blocks in shown.items() if blocks}


@pytest.mark.parametrize(("document", "code"), python_blocks().items())
def test_the_python_of_a_document_runs(
    document: str, code: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("GRADER_MODEL", "stub")
        space: dict[str, object] = {"__name__": "__main__"}
        exec(compile(code, document, "exec"), space)
    assert isinstance(space["grade"], Grade)


def test_the_page_about_python_names_every_public_name() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    missing = [name for name in grader.__all__ if f"`{name}`" not in page]
    assert missing == ["__version__"]


@pytest.mark.local
def test_the_embedded_model_grades_as_the_documents_say(workplace: Path) -> None:
    if weights.find() is None:
        pytest.skip("the embedded model's file is not here: grade model pull")
    for example in examples():
        if example.embedded:
            check(example, workplace)


def test_the_set_up_commands_are_what_the_project_needs() -> None:
    assert "pip install '.[local]' && .venv/bin/grade examples/answer.txt" in README
    assert "pip install -e '.[dev]' && .venv/bin/pytest" in README


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= 150


def test_every_command_is_in_a_document() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    names = [c.name for c in app.registered_commands if c.name and not c.hidden]
    names += [g.name for g in app.registered_groups if g.name]
    missing = [name for name in names if f"grade {name}" not in text]
    assert not missing


def calls(text: str) -> Iterator[list[str]]:
    """Yields the words of each ``grade ...`` that stands on a line of a code block or in marks."""
    lines = [
        line for block in re.findall(r"```\w*\n(.*?)```", text, re.S) for line in block.split("\n")
    ]
    for line in (*lines, *re.findall(r"`(grade [^`\n]*)`", text)):
        shown = line.removeprefix("$ ").partition(" #")[0]
        if shown.startswith("grade "):
            yield shlex.split(shown)[1:]


def options(words: list[str]) -> set[str]:
    """Returns the options of the command that *words* call, with those of the groups above it."""
    command: object = typer.main.get_command(app)
    names: set[str] = set()
    for word in words:
        names |= {name for param in getattr(command, "params", ()) for name in param.opts}
        inner = getattr(command, "commands", {})
        if not inner:
            break
        command = inner.get(word) or inner.get(getattr(command, "default", ""), command)
    return names | {name for param in getattr(command, "params", ()) for name in param.opts}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_option_that_a_document_shows_exists(path: Path) -> None:
    for words in calls(path.read_text(encoding="utf-8")):
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= options(words), f"grade {' '.join(words)}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`((?:grader|tests|prompts|rubrics|examples|docs)/[\w./-]+\w)`", text)
    linked = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in linked if not (path.parent / name).exists()]
    assert not missing


def test_no_text_stands_in_two_documents() -> None:
    where: dict[str, list[str]] = {}
    for path in DOCUMENTS:
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            if len(paragraph) > LONG:
                where.setdefault(paragraph.strip(), []).append(path.name)
    assert {text: names for text, names in where.items() if len(names) > 1} == {}


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_document_names_a_place_on_somebodys_machine() -> None:
    for path in (*ROOT.glob("*.md"), *DOCUMENTS):
        assert not re.search(r"/(?:home|work|root|Users)/\w", path.read_text(encoding="utf-8"))

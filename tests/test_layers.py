"""Imports point one way, heavy libraries have one door each, and --help opens none of them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.data import folder

PACKAGE = folder("rubrics").parent / "grader"
LAYERS = (
    {"errors", "plain", "atomic", "toml_lines", "toml_file", "json_text"},
    {"data", "catalogue"},
    {
        "integrity",
        "fold",
        "phrases",
        "segment",
        "echo",
        "evidence",
        "answer",
        "rubric_format",
        "rubric",
    },
    {"record", "words", "price"},
    {"request", "prompt", "labelled", "scoring"},
    {"stream", "connections", "ledger_writer", "ledger", "model", "curves", "claim_form"},
    {"subject", "defences", "item", "judge"},
    {"forms", "one_call", "per_point", "local"},
    {"grading"},
    {"choice"},
)
"""From the bottom up; a module may import from its own layer and those above it in this list.
Modules not named stand on top of all these."""
ONE_DOOR = {
    "openai": {"model"},
    "rich": {"show"},
    "altair": {"chart"},
    "sqlite3": {"ledger", "ledger_writer", "ledger_repair"},
    "xllamacpp": {"local"},
    "ray": {"via_ray"},
    "pyarrow": {"parquet", "via_ray"},
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


FILES = sorted(PACKAGE.rglob("*.py"))


def level(name: str) -> int:
    return next((n for n, layer in enumerate(LAYERS) if name in layer), len(LAYERS))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_own_layer_or_below(path: Path) -> None:
    own = level(module(path))
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "grader" and len(parts) > 1 and parts[1] != "__version__":
            assert level(parts[1]) <= own or own == len(LAYERS), f"{path} imports {name}"


@pytest.mark.parametrize(("library", "doors"), ONE_DOOR.items())
def test_a_heavy_library_has_one_door(library: str, doors: set[str]) -> None:
    using = {module(path) for path in FILES for n in imports(path) if n.split(".")[0] == library}
    assert using <= doors


def test_no_imports_go_round_in_a_circle() -> None:
    code = "import importlib, sys\nfor n in sys.argv[1:]: importlib.import_module(n)"
    names = [
        ".".join(("grader", *p.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for p in FILES
        if p.name not in {"server.py", "__main__.py", "via_ray.py"}
    ]
    for name in names[:: max(1, len(names) // 12)]:
        subprocess.run([sys.executable, "-c", code, name], check=True)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from grader.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'openai','pydantic','rich','altair','numpy','sqlite3','jinja2','asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "bank-conflict" in done.stdout
    assert done.stderr.strip() == "[]"

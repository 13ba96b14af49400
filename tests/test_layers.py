"""Imports point one way, heavy libraries have one door each, and --help opens none of them."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.places import ROOT

PACKAGE = ROOT / "grader"
ORDER = (
    {"errors"},
    {"util"},
    {"text"},
    {"record", "scoring", "decision"},
    {"answer"},
    {"rubric"},
    {"llm"},
    {"ledger"},
    {"judge"},
    {"grading"},
    {"session"},
    {"stats"},
    {"report"},
    {"trust"},
    {"authoring"},
    {"web"},
    {"cli"},
)
"""Packages and modules, from the bottom up: each imports only from itself and those before it."""
OUTSIDE = {"__init__", "__main__"}
"""Modules that stand in no package and above none."""
ONE_DOOR = {
    "openai": {"llm.endpoint"},
    "rich": {"report.terminal"},
    "altair": {"report.html.charts"},
    "sqlite3": {"ledger.database", "ledger.ledger", "ledger.writer", "ledger.repair"},
    "xllamacpp": {"llm.embedded.server"},
    "ray": {"session.elsewhere.ray"},
    "uvicorn": {"web.serve"},
    "fsrs": {"session.memory"},
    "pyarrow": {"util.parquet", "session.elsewhere.ray"},
}


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def level(name: str) -> int:
    [found] = [n for n, layer in enumerate(ORDER) if name in layer]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_own_layer_or_below(path: Path) -> None:
    first = module(path).partition(".")[0]
    if first in OUTSIDE:
        return
    own = level(first)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "grader" and len(parts) > 1 and parts[1] != "__version__":
            assert level(parts[1]) <= own, f"{path} imports {name}"


def test_every_module_stands_in_a_package_of_the_order() -> None:
    known = set().union(OUTSIDE, *ORDER)
    assert {module(path).partition(".")[0] for path in FILES} <= known


@pytest.mark.parametrize(("library", "doors"), ONE_DOOR.items())
def test_a_heavy_library_has_one_door(library: str, doors: set[str]) -> None:
    using = {module(path) for path in FILES for n in imports(path) if n.split(".")[0] == library}
    assert using <= doors


def test_no_class_has_the_name_of_another() -> None:
    where: dict[str, list[str]] = {}
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(module(path))
    assert {name: found for name, found in where.items() if len(found) > 1} == {}


def test_no_imports_go_round_in_a_circle() -> None:
    graph = {
        module(path): {
            inner
            for name in imports(path)
            if name.startswith("grader.")
            for inner in [name.removeprefix("grader.")]
            if inner != module(path)
        }
        for path in FILES
    }
    graph = {name: found & graph.keys() for name, found in graph.items()}
    while graph:
        free = [name for name, found in graph.items() if not found & graph.keys()]
        assert free, f"these import one another: {sorted(graph)}"
        for name in free:
            del graph[name]


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from grader.cli.app import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'openai','pydantic','rich','altair','numpy','sqlite3','jinja2','asyncio'}\n"
        "heavy |= {'starlette', 'uvicorn'}\n"
        "heavy |= {'fsrs'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "bank-conflict" in done.stdout
    assert done.stderr.strip() == "[]"

"""The project's tasks: ``nox -s lint types tests``. They run in the environment that is there."""

import tempfile
import venv
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "tests", "docs"]
ROOT = Path(__file__).parent


@nox.session
def lint(session: nox.Session) -> None:
    """Finds faults of style and layout."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Checks the types, strictly."""
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Runs the tests without the embedded model, and fails where coverage fell."""
    session.run("pytest", "-m", "not local", "-n", "2", "--cov", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Builds the documents as a site; a broken link is an error."""
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def wheel(session: nox.Session) -> None:
    """Builds the wheel, installs it into an environment of its own and drives it there."""
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--wheel", "--outdir", folder, str(ROOT))
        venv.create(Path(folder) / "user", with_pip=True)
        scripts = Path(folder) / "user" / "bin"
        [built] = Path(folder).glob("*.whl")
        session.run(str(scripts / "pip"), "install", "--quiet", str(built), external=True)
        command = {"GRADE_COMMAND": str(scripts / "grade")}
        session.run("pytest", "tests/test_wheel.py", env=command)


@nox.session
def bench(session: nox.Session) -> None:
    """Compares a batch with a bare loop over the client, in answers a second."""
    session.run("python", "tests/bench/batch.py", "throughput", *session.posargs)

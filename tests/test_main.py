"""``python -m grader`` is the command ``grade``."""

import subprocess
import sys

from grader import __version__


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_package_runs_as_the_command_does() -> None:
    done = run("--version")
    assert (done.stdout, done.returncode) == (f"grade {__version__}\n", 0)


def test_the_package_ends_with_the_exit_code_of_the_command() -> None:
    done = run("show", "bank-conflct")
    assert done.returncode == 2
    assert done.stderr == "grade: no question 'bank-conflct'; did you mean bank-conflict?\n"

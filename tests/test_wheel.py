"""What users install works: the wheel, in an environment of its own, driven as a command."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.places import EXAMPLES, ROOT
from tests.support.stub import running

ANSWER = "Shared memory has 32 banks of four bytes. Padding the row to 33 words removes conflicts."


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The installed ``grade``: named by GRADE_COMMAND, or built and installed here offline."""
    if given := os.environ.get("GRADE_COMMAND"):
        return given
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, str(folder), str(ROOT)], check=True, capture_output=True)
    home = folder / "home"
    venv.create(home)  # without a pip of its own, which takes longer than all else
    wheel = next(folder.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    install = [*pip, "install", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # The libraries that the wheel needs are borrowed from here: a test uses no network.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    borrowed = home / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib") + "\n")
    return str(home / "bin" / "grade")


def run(command: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, *args],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "NO_COLOR": "1", **env},
        check=False,
    )


def test_the_installed_wheel_grades_against_an_endpoint(command: str, tmp_path: Path) -> None:
    answer, ledger = tmp_path / "answer.txt", tmp_path / "ledger.sqlite"
    answer.write_text(ANSWER, encoding="utf-8")
    with running() as (stub, url):
        env = {"OPENAI_BASE_URL": url, "GRADER_MODEL": "stub", "GRADER_LEDGER": str(ledger)}
        first = run(command, str(answer), "--q", "bank-conflict", "--json", **env)
        second = run(command, str(answer), "--q", "bank-conflict", "--json", **env)
        assert first.returncode == 0, first.stderr
        assert stub.stats.requests == 1
    record = json.loads(second.stdout)
    assert record["usage"]["from_ledger"] is True
    assert record["digests"]["answer"].startswith("sha256:")
    evidence = [e for point in record["key_points"] for e in point["evidence"]]
    assert all(ANSWER[e["start"] : e["end"]] == e["text"] for e in evidence)


def test_the_installed_wheel_has_its_questions_with_it(command: str, tmp_path: Path) -> None:
    done = run(command, "questions", GRADER_LEDGER=str(tmp_path / "l"))
    assert done.returncode == 0
    shipped = {path.stem for path in (ROOT / "rubrics").glob("*.toml")}
    assert shipped <= set(done.stdout.split())


def test_the_installed_wheel_grades_a_session(command: str, tmp_path: Path) -> None:
    with running() as (_, url):
        env = {"OPENAI_BASE_URL": url, "GRADER_MODEL": "stub"}
        done = run(
            command,
            "batch",
            str(EXAMPLES / "session.md"),
            "--out",
            str(tmp_path / "results.jsonl"),
            GRADER_LEDGER=str(tmp_path / "ledger.sqlite"),
            **env,
        )
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    assert {json.loads(line)["schema"] for line in lines} == {"grade/1"}


def test_the_installed_wheel_carries_the_package_alone(command: str) -> None:
    listed = (
        "from importlib.metadata import files; print({f.parts[0] for f in files('answer-grader')})"
    )
    done = run(str(Path(command).with_name("python")), "-c", listed)
    assert done.returncode == 0, done.stderr
    folders = set(re.findall(r"'([\w.-]+)'", done.stdout)) - {".."}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"grader"}

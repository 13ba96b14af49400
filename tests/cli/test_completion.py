"""What a shell offers after Tab, asked for as bash, zsh and fish ask."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from grader.ledger.ledger import Ledger
from grader.llm.request import Reply, Request
from tests.support.places import ROOT

SCRIPT = f"""#!{sys.executable}
import sys
from grader.cli.app import main
sys.exit(main())
"""


class Shell:
    """A folder with ``grade`` in it, on the path of every shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "grade"
        program.write_text(SCRIPT, "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.env = os.environ | {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "GRADER_LEDGER": str(folder / "ledger.sqlite"),
        }

    def run(self, *command: str, **more: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout

    def bash(self, line: str) -> list[str]:
        """What bash's own completion gives for *line*, whose last word is being written."""
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        code = (
            f'eval "$(_GRADE_COMPLETE=source_bash grade)"; COMP_WORDS=({quoted});'
            f" COMP_CWORD={len(words) - 1}; _grade_completion grade;"
            ' printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return self.run("bash", "--norc", "-c", code).split()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "grade answer.txt --q bank",
        "grade answer.txt --model local --question bank",
        "grade show bank",
        "grade progress --q bank",
        "grade audit --q bank",
        "grade histroy --q bank",
    ],
)
def test_bash_completes_a_question_wherever_it_is_asked_for(shell: Shell, line: str) -> None:
    assert shell.bash(line) == ["bank-conflict"]


def test_commands_options_and_those_of_the_command_without_a_name_are_offered(shell: Shell) -> None:
    assert shell.bash("grade prog") == ["progress"]
    assert shell.bash("grade --mod") == ["--model"]
    assert shell.bash("grade --vers") == ["--version"]


@pytest.mark.parametrize(
    "line", ["grade batch x.md --calibration te", "grade batch se", "grade --config gr"]
)
def test_where_a_file_is_meant_the_shell_completes_files_itself(shell: Shell, line: str) -> None:
    assert shell.bash(line) == []


def test_ones_own_questions_are_offered_too(shell: Shell) -> None:
    own = shell.folder / "own"
    own.mkdir()
    (own / "my-question.toml").write_text("", "utf-8")
    assert shell.bash("grade answer.txt --rubrics own --q my") == ["my-question"]
    assert shell.bash("grade answer.txt --q my") == []
    (shell.folder / "grade.toml").write_text('rubrics = "own"\n', "utf-8")
    assert shell.bash("grade answer.txt --q my") == ["my-question"]


def test_models_come_from_the_settings_and_the_ledger_without_a_network(shell: Shell) -> None:
    (shell.folder / "grade.toml").write_text(
        'model = "filed"\n[prices.priced]\ninput = 1\noutput = 1\n', "utf-8"
    )
    ledger = shell.folder / "ledger.sqlite"
    assert shell.bash("grade doctor --model ") == ["local", "filed", "priced"]
    assert not ledger.exists(), "looking for names makes no ledger"
    with Ledger(ledger) as kept:
        for model, endpoint in (("asked", "http://h/v1"), ("embedded", "local:1")):
            kept.answered(Request(endpoint, model, {"messages": []}), Reply("{}"))
    assert shell.bash("grade doctor --model ") == ["local", "filed", "priced", "asked"]


def test_what_is_broken_offers_less_and_says_nothing(shell: Shell) -> None:
    (shell.folder / "grade.toml").write_text("modle = 1", "utf-8")
    (shell.folder / "ledger.sqlite").write_text("no ledger", "utf-8")
    assert shell.bash("grade doctor --model ") == ["local"]
    assert shell.bash("grade show bank") == ["bank-conflict"]
    assert shell.bash("grade answer.txt --rubrics nowhere --q bank") == ["bank-conflict"]


def test_zsh_is_given_its_own_form(shell: Shell) -> None:
    said = shell.run("grade", _GRADE_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="grade show ba")
    assert said.strip() == """_arguments '*: :(("bank-conflict"))'"""
    files = "grade batch x --calibration te"
    assert "_files" in shell.run(
        "grade", _GRADE_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=files
    )


def test_fish_is_given_a_name_a_line(shell: Shell) -> None:
    said = shell.run(
        "grade",
        _GRADE_COMPLETE="complete_fish",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS="grade answer.txt --q t",
    )
    assert said.split() == ["tensor-core", "tensorflow-vs-pytorch", "trt-fp16-accuracy"]

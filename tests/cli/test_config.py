"""A settings file stands behind the options: what holds, where it comes from, what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from tests.support.sessions import answers
from tests.support.stub import Stub, running

PRICES = """
[prices."own/model-7b"]
input = 100.0
cached = 10
output = 200
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    work = home / "work"
    work.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def stub() -> Iterator[tuple[Stub, str]]:
    with running() as (server, url):
        yield server, url


def grade(*words: str, stdin: str | None = None, **env: str) -> Result:
    return CliRunner().invoke(app, list(words), input=stdin, env={"COLUMNS": "200", **env})


def settings(*words: str, **env: str) -> dict[str, tuple[Any, str]]:
    done = grade("config", "--json", *words, **env)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    return {one["name"]: (one["value"], one["source"]) for one in told["settings"]}


def test_without_a_file_everything_is_as_it_was() -> None:
    held = settings()
    assert {source for _, source in held.values()} == {"default"}
    assert held["endpoint"] == ("on this machine", "default")
    assert held["pass_mark"] == (None, "default")
    assert "settings file: none" in grade("config").output


def test_an_answer_is_graded_as_the_file_says(folder: Path, stub: tuple[Stub, str]) -> None:
    server, url = stub
    (folder / "grade.toml").write_text(
        f'model = "stub"\nendpoint = "{url}"\nlanguage = "zh"\npass_mark = 99.5\n', "utf-8"
    )
    done = grade("-", "--q", "bank-conflict", stdin="stub:nothing A warp has 32 threads.")
    assert server.stats.requests == 1
    assert "什么是" in done.stdout or "没说到" in done.stdout
    assert done.exit_code == 4


def test_the_command_line_stands_over_the_environment_and_that_over_the_file(folder: Path) -> None:
    file = folder / "grade.toml"
    file.write_text('model = "filed"\nendpoint = "http://f:1/v1"\nrubrics = "own"\n', "utf-8")
    assert settings()["model"] == ("filed", f"{file}:1")
    by_env = settings(
        GRADER_MODEL="set", OPENAI_BASE_URL="http://e:1/v1", GRADER_RUBRICS=str(folder)
    )
    assert by_env["model"] == ("set", "GRADER_MODEL")
    assert by_env["endpoint"] == ("http://e:1/v1", "OPENAI_BASE_URL")
    assert by_env["rubrics"] == (str(folder), "GRADER_RUBRICS")
    assert settings("--model", "said", GRADER_MODEL="set")["model"] == ("said", "option")


def test_a_key_in_the_environment_goes_with_the_endpoint_of_the_file(folder: Path) -> None:
    file = folder / "grade.toml"
    file.write_text('endpoint = "http://f:1/v1"\nmodel = "m"\n', "utf-8")
    assert settings(OPENAI_API_KEY="k")["endpoint"] == ("http://f:1/v1", f"{file}:1")


def test_a_folder_of_rubrics_counts_from_the_file(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / "grade.toml").write_text('rubrics = "rubrics"\n', "utf-8")
    (folder / "rubrics").mkdir()
    (folder / "rubrics" / "broken.toml").write_text("x = 1", "utf-8")
    below = folder / "answers"
    below.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(below)
        assert "broken.toml" in grade("questions").stderr


def test_a_project_file_is_as_good_where_it_has_the_table(folder: Path) -> None:
    project = folder / "pyproject.toml"
    project.write_text('[project]\nname = "x"\n\n[tool.grade]\npass_mark = 70\n', "utf-8")
    assert settings()["pass_mark"] == (70, f"{project}:5")
    (folder / "grade.toml").write_text("pass_mark = 80\n", "utf-8")
    assert settings()["pass_mark"][0] == 80


def test_another_projects_file_is_not_even_understood(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[project\nname = "x"\n', "utf-8")
    assert settings()["pass_mark"] == (None, "default")


@pytest.mark.parametrize(
    ("place", "git", "seen"),
    [("work/a", None, True), ("work", "work/a", False), ("", None, True), ("..", None, False)],
)
def test_the_file_is_looked_for_up_to_the_repository_or_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch, place: str, git: str | None, seen: bool
) -> None:
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    if git:
        (folder.parent / git / ".git").mkdir()
    (folder.parent / place / "grade.toml").write_text("pass_mark = 80\n", "utf-8")
    monkeypatch.chdir(inner)
    assert (settings()["pass_mark"][0] == 80) is seen


def test_outside_of_home_and_repositories_nobody_elses_folder_is_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared" / "mine"
    shared.mkdir(parents=True)
    (shared.parent / "grade.toml").write_text("pass_mark = 1\n", "utf-8")
    monkeypatch.chdir(shared)
    assert settings()["pass_mark"] == (None, "default")


@pytest.mark.parametrize("words", [["--config", "f.toml", "config"], ["config", "--config=f.toml"]])
def test_a_named_file_holds_wherever_the_option_stands(folder: Path, words: list[str]) -> None:
    (folder / "grade.toml").write_text("pass_mark = 1\n", "utf-8")
    (folder / "f.toml").write_text("pass_mark = 2\n", "utf-8")
    assert "f.toml:1" in grade(*words).stdout
    assert settings(GRADER_CONFIG="f.toml")["pass_mark"] == (2, "f.toml:1")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('\nmodle = "x"', "grade.toml:2: modle: is no setting; did you mean model?"),
        ("pass-mark = 3", "grade.toml:1: pass-mark: is no setting; did you mean pass_mark?"),
        ('colour = "x"', "grade.toml:1: colour: is no setting; there are model, endpoint"),
        ('api_key = "sk-1"', "grade.toml:1: api_key: no secret belongs in this file: set OPENAI"),
        ('pass_mark = "high"', "grade.toml:1: pass_mark: must be a valid number"),
        ("pass_mark = 101", "grade.toml:1: pass_mark: must be less than or equal to 100"),
        ('language = "French"', "grade.toml:1: language: must be the tag of a language, as en"),
        ("prices.m.input = 1", "prices.m.output: is missing"),
        (
            "[prices.m]\ninput = 1\nouput = 2",
            "grade.toml:3: prices.m.ouput: is no setting; did you",
        ),
        ("[prices.m]\ninput = -1\noutput = 2", "grade.toml:2: prices.m.input: must be greater"),
        ("model = ", "grade.toml: not TOML: Invalid value (at "),
    ],
)
def test_what_is_no_setting_is_named_with_file_line_and_way_out(
    folder: Path, text: str, line: str
) -> None:
    (folder / "grade.toml").write_text(text, "utf-8")
    done = grade("questions")
    assert done.exit_code == 2
    assert line in done.stderr
    assert "sk-1" not in done.output
    assert done.stderr.count("\n") == 1
    assert grade("--help").exit_code == 0, "help is there when it is needed"


def test_in_a_folder_that_is_gone_there_are_no_settings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert grade("questions").exit_code == 0
    monkeypatch.chdir(folder)


def test_a_named_file_that_is_not_there_is_a_wrong_call() -> None:
    done = grade("questions", "--config", "none.toml")
    assert (done.exit_code, done.stderr) == (2, "grade: --config none.toml: no such file\n")
    assert grade("questions", GRADER_CONFIG="none.toml").exit_code == 2


def test_a_model_that_nobody_lists_has_the_price_of_the_file(
    folder: Path, stub: tuple[Stub, str]
) -> None:
    _, url = stub
    rows = [{"question": "bank-conflict", "answer": text, "id": text} for text in answers(3)]
    (folder / "s.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    judge = ("--model", "own/model-7b", "--base-url", url)
    assert grade("batch", "s.jsonl", "--max-cost", "100", *judge).exit_code == 2, "no price yet"
    (folder / "grade.toml").write_text(PRICES, "utf-8")
    assert "cost not known" not in grade("batch", "s.jsonl", "--dry-run", *judge).stdout
    assert grade("batch", "s.jsonl", "--max-cost", "100", *judge).exit_code == 0
    record = json.loads(grade("-", "--q", "bank-conflict", "--json", *judge, stdin="x y").stdout)
    used = record["usage"]
    new = used["input_tokens"] - used["cached_tokens"]
    dollars = (new * 100 + used["cached_tokens"] * 10 + used["output_tokens"] * 200) / 1e6
    assert used["cost_usd"] == pytest.approx(dollars)
    assert "$100 in, $10 cached, $200 out" in grade("config").stdout
    (folder / "grade.toml").unlink()
    assert grade("batch", "s.jsonl", "--max-cost", "100", *judge).exit_code == 2


def test_an_endpoint_that_a_folder_brings_is_told_before_anything_is_sent(
    folder: Path, stub: tuple[Stub, str]
) -> None:
    _, url = stub
    file = folder / "grade.toml"
    file.write_text(f'model = "stub"\nendpoint = "{url}"\n', "utf-8")
    ask = ("-", "--q", "bank-conflict")
    assert f"grade: endpoint {url}, by {file}:2" in grade(*ask, stdin="a b c").stderr
    assert "endpoint" not in grade(*ask, "--config", str(file), stdin="a b c").stderr, (
        "named: known"
    )
    assert "endpoint" not in grade(*ask, "--base-url", url, stdin="a b c").stderr

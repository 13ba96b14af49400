"""Every command that judges takes the same words about the judge."""

from dataclasses import fields
from typing import Annotated

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from grader.cli.app import DEFAULT, app
from grader.cli.judge_words import BY_DEFAULT, JudgeWords, takes_judge

NAMES = {each.name for each in fields(JudgeWords)}


@pytest.mark.parametrize(
    "line",
    [DEFAULT, "batch", "practice", "web", "audit", "rubric test", "rubric diff"],
)
def test_a_command_that_judges_has_every_option_of_the_judge(line: str) -> None:
    command = get_command(app)
    for word in line.split():
        command = command.commands[word]  # type: ignore[attr-defined]
    assert {parameter.name for parameter in command.params} >= NAMES


def test_the_options_stand_where_the_judge_stands_and_reach_the_command() -> None:
    own = typer.Typer()
    heard: list[JudgeWords] = []

    @own.command()
    @takes_judge
    def command(
        name: Annotated[str, typer.Argument()], judge: JudgeWords = BY_DEFAULT, after: int = 0
    ) -> None:
        """Does a thing."""
        heard.append(judge)
        typer.echo(f"{name} {after}")

    said = ["x", "--model", "a", "--model", "b", "--no-cache", "--after", "3"]
    assert CliRunner().invoke(own, said).stdout == "x 3\n"
    assert heard == [JudgeWords(model=["a", "b"], fresh=True)]
    assert heard[0].options().model == "a"
    text = CliRunner().invoke(own, ["--help"]).stdout
    assert text.index("--model") < text.index("--after")


def test_an_address_is_taken_where_the_command_line_names_none() -> None:
    assert BY_DEFAULT.options(base_url="http://a/v1").base_url == "http://a/v1"
    named = JudgeWords(base_url="http://b/v1")
    assert named.options(base_url="http://a/v1").base_url == "http://b/v1"

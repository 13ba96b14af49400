"""`grade questions` lists what can be read, and names what cannot."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.util.files import data_folder
from tests.support.courses import GERMAN


def test_a_broken_rubric_stops_none_of_the_others(tmp_path: Path) -> None:
    good = (data_folder("rubrics") / "bank-conflict.toml").read_text(encoding="utf-8")
    (tmp_path / "bank-conflict.toml").write_text(good, encoding="utf-8")
    (tmp_path / "torn.toml").write_text("schema = = 1", encoding="utf-8")
    (tmp_path / "old.toml").write_bytes("# mémoire".encode("latin-1"))
    done = CliRunner().invoke(app, ["questions", "--rubrics", str(tmp_path), "--only-own"])
    assert "bank-conflict" in done.stdout
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        f"{tmp_path}/old.toml:1",
        f"{tmp_path}/torn.toml:1",
    ]
    assert done.exit_code == 2


def test_without_a_broken_rubric_nothing_is_told() -> None:
    done = CliRunner().invoke(app, ["questions"])
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("language", "group", "total"),
    [
        ("en", "2 of these 3 are enough: second, third, fourth.",
         "The whole question is worth 0.5: its key points, 25 together, are scaled to it."),
        ("zh", "以下 3 个要点满足其中 2 个即可:second, third, fourth。",
         "全题共 0.5 分:各要点合计 25 分,按比例折算。"),
    ],
)  # fmt: skip
def test_a_question_is_shown_with_its_groups_and_the_total_that_it_states(
    language: str, group: str, total: str, tmp_path: Path
) -> None:
    GERMAN.rubric(tmp_path, "cache", total=0.5)
    words = ["show", "cache", "--rubrics", str(tmp_path), "--lang", language]
    shown = " ".join(CliRunner().invoke(app, words).stdout.split())
    assert group in shown
    assert total in shown
    GERMAN.rubric(tmp_path, "cache")
    assert total not in " ".join(CliRunner().invoke(app, words).stdout.split())

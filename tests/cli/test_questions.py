"""`grade questions` lists what can be read, and names what cannot."""

from pathlib import Path

from typer.testing import CliRunner

from grader.cli.app import app
from grader.util.files import data_folder


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

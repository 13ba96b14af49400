"""Reports are in whatever language the reader names, as far as anybody wrote them in it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.text.language import as_tag, interface
from tests.support.courses import FRENCH, GERMAN
from tests.support.stub import running

NAME = "web-cache"
TOLD = "grade: --lang de: texts of rubrics in it, all else in English\n"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder with a rubric in French and German, and an answer; the stub judges."""
    both = GERMAN.rubric(tmp_path, NAME).read_text(encoding="utf-8")
    for german, french in zip(GERMAN.points, FRENCH.points, strict=True):
        both = both.replace(f'de = "{german}"', f'fr = "{french}"\nde = "{german}"')
    (tmp_path / f"{NAME}.toml").write_text(both, encoding="utf-8")
    (tmp_path / "answer.txt").write_text(GERMAN.answer, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_RUBRICS", str(tmp_path))
    with running() as (_, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("GRADER_MODEL", "stub")
        yield tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def flat(text: str) -> str:
    return "".join(text.replace("\\", "").split())


@pytest.mark.parametrize("wanted", ["de", "DE", "de-AT", "de_DE"])
def test_a_report_has_the_rubrics_texts_in_the_language_that_was_named(wanted: str) -> None:
    done = call("answer.txt", "--q", NAME, "--lang", wanted, "--markdown")
    assert done.exit_code == 0
    assert all(flat(point) in flat(done.stdout) for point in GERMAN.points)
    assert not any(flat(point) in flat(done.stdout) for point in FRENCH.points)
    assert "Judged by" in done.stdout
    assert done.stderr.count("all else in English") == 1


def test_every_command_takes_it_and_says_once_what_is_not_in_it(folder: Path) -> None:
    (folder / "s.md").write_text(f"## {NAME}\n\n{GERMAN.answer}\n", encoding="utf-8")
    page = folder / "page.html"
    batch = ("batch", "s.md", "--html", str(page), "--markdown", str(folder / "page.md"))
    for words in (("show", NAME), ("questions", "cache"), batch, ("progress",), ("config",)):
        done = call(*words, "--lang", "de")
        assert (done.exit_code, done.stderr) == (0, TOLD), words
    assert GERMAN.points[0] in page.read_text(encoding="utf-8")
    assert '<html lang="en">' in page.read_text(encoding="utf-8")


def test_a_language_that_no_rubric_has_leaves_the_texts_as_they_are() -> None:
    done = call("show", NAME, "--lang", "sw")
    assert done.exit_code == 0
    assert flat(FRENCH.points[0]) in flat(done.stdout)


def test_what_is_no_language_is_refused_with_the_way_out() -> None:
    done = call("show", NAME, "--lang", "German")
    assert done.exit_code == 2
    assert done.stderr == (
        "grade: --lang German: not the tag of a language; write it as en, zh, de or pt-BR\n"
    )


def test_a_settings_file_may_name_it_and_then_nothing_is_said(folder: Path) -> None:
    (folder / "grade.toml").write_text('language = "de"\n', encoding="utf-8")
    done = call("show", NAME)
    assert (done.exit_code, done.stderr) == (0, "")
    assert flat(GERMAN.points[0]) in flat(done.stdout)
    settings = json.loads(call("config", "--json").stdout)["settings"]
    (language,) = (each for each in settings if each["name"] == "language")
    assert language["value"] == "de"


def test_chinese_readers_of_any_region_get_chinese_words() -> None:
    done = call("answer.txt", "--q", NAME, "--lang", "zh-TW")
    assert "评判模型" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("PT_br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("gsw", "gsw"),
        ("x", None), ("", None), ("de-", None), ("de DE", None), ("de\n", "de"), ("a" * 40, None),
    ],
)  # fmt: skip
def test_tags_are_written_as_everybody_writes_them(text: str, tag: str | None) -> None:
    assert as_tag(text) == tag
    assert tag is None or interface(tag) == ("zh" if tag.startswith("zh") else "en")

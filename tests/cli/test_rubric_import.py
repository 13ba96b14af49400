"""``grade rubric import`` writes a rubric a question, says what is lacking, overwrites nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.rubric.files import load_readable, read_rubric
from tests.support.places import EXAMPLES
from tests.support.question_banks import BANKS, WHOLE, csv_of
from tests.support.stub import Stub, running

BANK = EXAMPLES / "question-bank.csv"
JAPANESE = EXAMPLES.parent / "tests" / "data" / "question-bank-ja.csv"


def call(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout, done.stderr


def bring(*words: object) -> tuple[int, str, str]:
    return call("rubric", "import", *words)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    with running() as (server, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("GRADER_MODEL", "stub")
        yield server


@pytest.mark.parametrize(
    ("bank", "tag", "question", "answer"),
    [
        (BANK, "de", "quic", "QUIC läuft über UDP, und ein Verlust hält nur einen Strom auf."),
        (JAPANESE, "ja", "20", "QUICはUDPの上で動き、損失は一つのストリームだけを止めます。"),
    ],
)
def test_a_course_of_twenty_questions_is_imported_checked_and_graded(
    stub: Stub, tmp_path: Path, bank: Path, tag: str, question: str, answer: str
) -> None:
    out = tmp_path / "rubrics"
    code, gaps, err = bring(bank, "--out", out, "--language", tag)
    assert code == 0, err
    assert "left out" not in gaps
    rubrics, faults = load_readable((out,))
    assert (len(rubrics), faults) == (20, ())
    assert {point.weight for rubric in rubrics for point in rubric.key_points} >= {0.5, 1.5, 3}
    text = tmp_path / "answer.txt"
    text.write_text(answer, encoding="utf-8")
    code, shown, err = call(text, "--q", question, "--rubrics", out, "--json")
    assert code == 0, err
    assert '"out_of"' in shown
    assert stub.stats.requests == 1


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "rubrics"
    out.mkdir()
    (out / "arp.toml").write_text("mine = 1\n", encoding="utf-8")
    code, _, err = bring(BANK, "--out", out)
    assert code == 1
    assert f"{out / 'arp.toml'} exists and was left as it is; --force overwrites it" in err
    assert (out / "arp.toml").read_text(encoding="utf-8") == "mine = 1\n"
    assert bring(BANK, "--out", out, "--force")[0] == 0
    assert read_rubric(out / "arp.toml").id == "arp"


def test_a_second_import_of_the_same_changes_nothing(tmp_path: Path) -> None:
    first = bring(BANK, "--out", tmp_path / "out")
    assert bring(BANK, "--out", tmp_path / "out") == first


def test_what_was_left_out_is_named_and_ends_with_one(tmp_path: Path) -> None:
    text = WHOLE["points.csv"](BANKS["de"]) + csv_of(("dns", "Was ist DNS?", *[""] * 5))
    (tmp_path / "kurs.csv").write_text(text, encoding="utf-8")
    code, out, err = bring(tmp_path / "kurs.csv", "--out", tmp_path / "out", "--language", "de")
    assert code == 1
    assert "kurs.csv:7: left out: no key points (none listed)" in out
    assert "2 rubrics in" in err


def test_a_folder_is_read_file_by_file_and_what_is_none_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "course"
    (folder / "week-1").mkdir(parents=True)
    (folder / "week-1" / "a.md").write_text(WHOLE["notes.md"](BANKS["de"]), encoding="utf-8")
    (folder / "b.gift").write_text(WHOLE["bank.gift"](BANKS["ja"]), encoding="utf-8")
    (folder / "readme.txt").write_text("Nothing to see.", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    code, _, err = bring(folder, "--out", tmp_path / "out")
    assert code == 1
    assert "grade: readme.txt: not recognised" in err
    assert len(list((tmp_path / "out").glob("*.toml"))) == 3


def test_columns_of_other_names_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(csv_of(("Q", "W", "P?"), ("Why?", "It is so.", "1.5")), encoding="utf-8")
    roles = "question=Q,key_point=W,points=P?"
    code, _, err = bring(path, "--out", tmp_path / "out", "--columns", roles)
    assert code == 0, err
    [made] = (tmp_path / "out").glob("*.toml")
    assert read_rubric(made).key_points[0].weight == 1.5
    code, _, err = bring(path, "--out", tmp_path / "out", "--columns", "question=Qu,key_point=W")
    assert (code, "no column 'qu'; did you mean 'q'?" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("missing.csv",), "missing.csv: no such file or folder"),
        ((BANK, "--format", "excel"), "--format excel: one of moodle-xml, canvas"),
        ((BANK, "--language", "German"), "--language German: the tag of a language, as de"),
        ((BANK, "--language", "id"), "Indonesian is id-ID"),
        ((BANK, "--columns", "queston=Frage"), "did you mean question?"),
        ((BANK, "--format", "moodle-xml"), "question-bank.csv:1: broken XML"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    tmp_path: Path, words: tuple[object, ...], told: str
) -> None:
    code, out, err = bring(*words, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert told in err
    assert not (tmp_path / "out").exists()


def test_several_sources_are_one_import(tmp_path: Path) -> None:
    second = tmp_path / "second.csv"
    shutil.copy(BANK, second)
    code, out, err = bring(BANK, second, "--out", tmp_path / "out", "--language", "de")
    assert code == 0, err
    assert "second.csv:2: note: its id 'tcp-aufbau' is another question's" in out
    assert "40 rubrics in" in err

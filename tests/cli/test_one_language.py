"""A course in one language, German, French or Japanese, goes through everything that grades."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.answer import from_text
from grader.cli.app import app
from grader.judge.prompts import one_call
from grader.rubric.files import read_rubric
from tests.support.courses import GERMAN, JAPANESE, TONGUES, Tongue
from tests.support.stub import Stub, running

each = pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.tag)
NAME = "web-cache"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stub]:
    monkeypatch.setenv("GRADER_RUBRICS", str(tmp_path))
    with running() as (server, url):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("GRADER_MODEL", "stub")
        yield server


def call(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.stdout, done.stderr


def answer_of(tongue: Tongue, folder: Path) -> str:
    path = folder / "answer.txt"
    path.write_text(tongue.answer, encoding="utf-8")
    return str(path)


def flat(text: str) -> str:
    return "".join(text.split())


@each
@pytest.mark.parametrize("interface", ["en", "zh"])
def test_one_answer_is_graded_and_shown_in_the_language_that_there_is(
    stub: Stub, tmp_path: Path, tongue: Tongue, interface: str
) -> None:
    tongue.rubric(tmp_path, NAME)
    answer = answer_of(tongue, tmp_path)
    code, out, err = call(answer, "--q", NAME, "--markdown", "--lang", interface)
    assert (code, err) == (0, "")
    assert all(flat(text) in flat(out.replace("\\", "")) for text in tongue.points)
    code, out, _ = call(answer, "--q", NAME, "--lang", interface)
    assert code == 0
    assert tongue.points[0][:20] in out
    assert stub.stats.requests == 1


@each
def test_its_points_and_its_group_add_up_to_the_total_that_it_states(
    stub: Stub, tmp_path: Path, tongue: Tongue
) -> None:
    tongue.rubric(tmp_path, NAME, total=20)
    code, out, _ = call(answer_of(tongue, tmp_path), "--q", NAME, "--json")
    record = json.loads(out)
    assert code == 0
    assert record["score"]["out_of"] == 20
    assert record["groups"] == [{"key_points": ["second", "third", "fourth"], "enough": 2}]
    assert [point["weight"] for point in record["key_points"]] == [10, 7.5, 7.5, 7.5]
    assert '"weight":10,' in out.replace(" ", "")


@each
def test_it_is_listed_shown_and_checked_without_a_word_of_another_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tongue: Tongue
) -> None:
    monkeypatch.setenv("GRADER_RUBRICS", str(tmp_path))
    path = tongue.rubric(tmp_path, NAME)
    assert flat(tongue.question) in flat(call("questions", "--only-own")[1])
    shown = flat(call("show", NAME)[1])
    assert shown.count(flat(tongue.question)) == 1
    assert all(shown.count(flat(text)) == 1 for text in (*tongue.points, tongue.wrong))
    assert call("rubric", "check", str(path)) == (0, "", "1 rubric checked, 0 findings\n")


@each
def test_a_course_of_twenty_questions_is_graded_and_reported(
    stub: Stub, tmp_path: Path, tongue: Tongue
) -> None:
    names = [f"question-{n}" for n in range(20)]
    for number, name in enumerate(names):
        asked = replace(tongue, question=f"{tongue.question} ({number})")
        asked.rubric(tmp_path, name, total=0.5 + number / 2)
    session = tmp_path / "session.md"
    session.write_text("\n".join(f"## {n}\n\n{tongue.answer}\n" for n in names), encoding="utf-8")
    out = {kind: str(tmp_path / f"report.{kind}") for kind in ("html", "markdown", "csv", "junit")}
    reports = [word for kind, path in out.items() for word in (f"--{kind}", path)]
    code, _, err = call("batch", str(session), "--out", str(tmp_path / "r.jsonl"), *reports)
    assert code == 0, err
    assert stub.stats.requests == 20
    page = Path(out["html"]).read_text(encoding="utf-8")
    assert tongue.question in page
    assert f'lang="{tongue.tag}"' in page
    assert tongue.points[3] in page
    rows = list(csv.DictReader(Path(out["csv"]).read_text(encoding="utf-8-sig").splitlines()))
    assert sorted(float(row["out_of"]) for row in rows) == [0.5 + n / 2 for n in range(20)]
    code, sheet, _ = call("calibrate", "template", str(tmp_path / "r.jsonl"), "--rater", "ana")
    claims = {row["claim"] for row in csv.DictReader(sheet.splitlines())}
    assert (code, claims) == (0, set(tongue.points))


@each
def test_its_judge_can_be_tested_and_attacked(stub: Stub, tmp_path: Path, tongue: Tongue) -> None:
    path = tongue.rubric(tmp_path, NAME)
    (tmp_path / "labelled").mkdir()
    (tmp_path / "labelled" / f"{NAME}.toml").write_text(
        f'schema = "labelled/1"\nquestion = "{NAME}"\n\n[[answers]]\nid = "strong"\n'
        f'kind = "strong"\nlanguage = "{tongue.tag}"\ntext = "{tongue.answer}"\n'
        "misconceptions = []\n[answers.verdicts]\n"
        + "".join(f'{n} = {{ verdict = "met", why = "x" }}\n' for n in ("first", "second"))
        + "".join(f'{n} = {{ verdict = "missed", why = "x" }}\n' for n in ("third", "fourth")),
        encoding="utf-8",
    )
    code, out, err = call("rubric", "test", str(path))
    assert code == 0, err
    assert "accuracy" in out
    code, out, err = call("audit", "--q", NAME, "--attacks", "12", "--json")
    assert json.loads(out)["cases"] == 12, err


def test_every_text_is_sent_once(tmp_path: Path) -> None:
    rubric = read_rubric(GERMAN.rubric(tmp_path, NAME))
    sent = one_call(rubric, from_text(GERMAN.answer, "-"))[0]["content"]
    assert all(sent.count(text) == 1 for text in (*GERMAN.points, GERMAN.question, GERMAN.wrong))
    assert f"## first\n{GERMAN.points[0]}\n- met: {GERMAN.met}\n" in sent


def test_a_correction_is_kept_in_the_language_that_there_is(stub: Stub, tmp_path: Path) -> None:
    JAPANESE.rubric(tmp_path, NAME)
    record = json.loads(call(answer_of(JAPANESE, tmp_path), "--q", NAME, "--json")[1])
    assert record["misconceptions"][0]["correction"] == JAPANESE.right

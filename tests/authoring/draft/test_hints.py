"""Hints are drafted for key points that lack one; none that gives its key point away is kept."""

import asyncio
import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.authoring.check.run import check_rubric
from grader.authoring.draft.hints import HintDraft, draft_hints, with_hints
from grader.cli.app import app
from grader.errors import BadInput
from grader.llm.request import said
from grader.rubric.files import read_rubric, text_of
from tests.support.fakes import FakeModel, completion
from tests.support.rubric_files import GOOD, write
from tests.support.stub import running

GERMAN = """\
schema = "rubric/1"
id = "tcp"
[question]
de = "Wie beginnt eine Verbindung?"
[documents.RFC]
title = "RFC 9293"

# Geprüft am Freitag.
[[key_points]]
id = "segmente"
weight = 3
de = "Drei Segmente öffnen die Verbindung."  # aus dem Skript
notes = { met = "alle drei", missed = "davon nichts" }
sources = [{ document = "RFC", section = "3.5" }]

[[key_points]]
id = "nummern"
weight = 2
de = "Sequenznummern ordnen die Daten."
hint.de = "Was hält die Reihenfolge fest?"
notes = { met = "Ordnung", missed = "davon nichts" }
sources = [{ document = "RFC", section = "3.4" }]
"""
AWAY = "Wie viele Segmente öffnen sie?"
KEPT = "Wie oft sprechen beide Seiten, bevor es losgeht?"


def hint(text: str) -> str:
    return completion(json.dumps({"de": text}))


def drafted(folder: Path, *script: str) -> tuple[HintDraft, FakeModel]:
    model = FakeModel(*script)
    rubric = read_rubric(write(folder, GERMAN, "tcp"))
    return asyncio.run(draft_hints(rubric, model.ask, {})), model


def test_only_key_points_without_a_hint_get_one_in_their_languages(tmp_path: Path) -> None:
    made, model = drafted(tmp_path, hint(KEPT))
    assert made.hints == {"segmente": {"de": KEPT}}
    assert not made.refused
    assert len(model.asked) == 1
    assert "Drei Segmente öffnen" in said(model.asked[0].body)


def test_a_hint_that_gives_its_key_point_away_is_asked_for_once_more(tmp_path: Path) -> None:
    made, model = drafted(tmp_path, hint(AWAY), hint(KEPT))
    assert made.hints == {"segmente": {"de": KEPT}}
    assert len(model.asked) == 2
    assert "gives the key point away with “segmente, öffnen”" in said(model.asked[1].body)


@pytest.mark.parametrize(
    ("text", "why"),
    [(AWAY, "gives the key point away"), (" \n", "is empty in de"), ("x" * 300, "is longer than")],
)
def test_a_hint_that_is_no_better_the_second_time_is_refused(
    tmp_path: Path, text: str, why: str
) -> None:
    made, model = drafted(tmp_path, hint(text), hint(text))
    assert not made.hints
    assert why in made.refused["segmente"]
    assert len(model.asked) == 2


def test_a_reply_that_is_no_hint_is_refused_and_not_asked_for_again(tmp_path: Path) -> None:
    made, model = drafted(tmp_path, completion("Sure!"))
    assert "no usable reply (not-json" in made.refused["segmente"]
    assert len(model.asked) == 1


def test_what_is_kept_is_what_the_check_lets_pass(tmp_path: Path) -> None:
    rubric = read_rubric(write(tmp_path, GERMAN, "tcp"))
    for text, rules in ((AWAY, {"hint-gives-away"}), (KEPT, set())):
        path = write(tmp_path, with_hints(GERMAN, rubric, {"segmente": {"de": text}}), "tcp")
        found = {f.rule for f in check_rubric(path)}
        assert found & {"hint-gives-away"} == rules


def test_the_file_keeps_its_comments_and_all_else(tmp_path: Path) -> None:
    rubric = read_rubric(write(tmp_path, GERMAN, "tcp"))
    text = with_hints(GERMAN, rubric, {"segmente": {"de": 'Sag "drei" \\ nicht'}})
    added = [line for line in text.splitlines() if line not in GERMAN.splitlines()]
    assert added == [r'hint.de = "Sag \"drei\" \\ nicht"']
    assert text.replace(added[0] + "\n", "") == GERMAN
    assert tomllib.loads(text)["key_points"][0]["hint"] == {"de": 'Sag "drei" \\ nicht'}


def test_a_text_over_several_lines_is_not_torn(tmp_path: Path) -> None:
    text = GERMAN.replace(
        'de = "Drei Segmente öffnen die Verbindung."  # aus dem Skript',
        'de = """\\\n    Drei Segmente öffnen \\\n    die Verbindung."""',
    )
    rubric = read_rubric(write(tmp_path, text, "tcp"))
    made = with_hints(text, rubric, {"segmente": {"de": KEPT}})
    point = read_rubric(write(tmp_path, made, "tcp")).key_points[0]
    assert point.texts == rubric.key_points[0].texts
    assert point.hint is not None
    assert point.hint.text("de") == KEPT


def test_key_points_that_stand_in_one_line_are_left_to_a_person(tmp_path: Path) -> None:
    point = (
        'key_points = [{ id = "a", weight = 1, de = "Drei.", notes = { met = "x", missed = "y" } }]'
    )
    text = f'schema = "rubric/1"\nid = "tcp"\n{point}\n[question]\nde = "Wie?"\n'
    rubric = read_rubric(write(tmp_path, text, "tcp"))
    with pytest.raises(BadInput, match="by hand"):
        with_hints(text, rubric, {"a": {"de": KEPT}})


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    with running() as (_, url):
        env = {"OPENAI_API_KEY": "x", "GRADER_LEDGER": str(folder / "ledger")}
        call = ["rubric", "draft", *words, "--model", "m", "--base-url", url]
        done = CliRunner().invoke(app, call, env=env)
    return done.exit_code, done.stdout, done.stderr


def test_the_command_adds_hints_to_the_file_and_checks_it(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    code, out, err = run(tmp_path, "--hints", str(path))
    assert (code, out) == (0, "")
    assert "4 hints added, 0 refused" in err
    assert f"wrote {path}" in err
    assert all(point.hint for point in read_rubric(path).key_points)
    code, _, err = run(tmp_path, "--hints", str(path))
    assert code == 0
    assert "every key point has a hint" in err


def test_a_dash_prints_the_file_with_its_hints_and_line_ends_stay(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("\n", "\r\n"))
    before = path.read_bytes()
    code, out, _ = run(tmp_path, "--hints", str(path), "--out", "-")
    assert code == 0
    assert out.count("hint.en = ") == 4
    assert path.read_bytes() == before
    run(tmp_path, "--hints", str(path))
    after = path.read_bytes()
    assert after.count(b"\n") == after.count(b"\r\n") > before.count(b"\n")
    assert text_of(path).count("hint.zh = ") == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name a SOURCE"),
        (("--q", "x"), "name a SOURCE"),
        (("notes.md", "--hints", "r.toml"), "it takes no SOURCE"),
        (("--hints", "none.toml"), "no such file"),
        (("notes.md", "--q", "x", "--language", "German"), "the tag of a language"),
        (("notes.md", "--q", "x", "--language", "id"), "write id-ID"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_asked(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    code, _, err = run(tmp_path, *words)
    assert code == 2
    assert told in err

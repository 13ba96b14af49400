"""The keys of JSONL may be anybody's: ``--columns`` says which is what, as of a table."""

import json
from pathlib import Path
from typing import Any

import pytest

import grader
from grader.session.entry import Entry, Problem
from grader.session.exports.columns import read_columns
from grader.session.rows import told_rows
from tests.support.sessions import place

NAMED = ("question=Frage,answer=Antwort,id=Nummer,candidate=Name",)
WIDE = ("F1=bank-conflict,F2=warp-divergence,F3=-", "id=Nummer")
ROW = {"Frage": "bank-conflict", "Antwort": "Same bank.", "Nummer": "0012", "Name": "Zoë"}
OWN: dict[str, Any] = {"F1": "Same bank.", "F2": "Both wait.", "F3": "x", "Nummer": "0012"}


def read(folder: Path, *rows: object, columns: tuple[str, ...]) -> list[Entry | Problem]:
    file = folder / "s.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return list(grader.read_answers(file, columns=columns))


def short(each: Entry | Problem) -> tuple[str | None, ...]:
    if isinstance(each, Problem):
        return each.place.rpartition("/")[2], each.message
    return each.question, each.id, each.text, each.candidate


def test_keys_are_what_the_user_says_they_are(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, ROW, columns=NAMED)
    assert short(entry) == ("bank-conflict", "0012", "Same bank.", "Zoë")


def test_each_key_may_answer_a_question_of_its_own(tmp_path: Path) -> None:
    first, second = read(tmp_path, OWN, columns=WIDE)
    assert short(first) == ("bank-conflict", "0012", "Same bank.", None)
    assert short(second) == ("warp-divergence", "0012", "Both wait.", None)


def test_a_key_that_is_not_there_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    less = {key: value for key, value in OWN.items() if key != "F2"}
    nobody = {"Frage": "bank-conflict", "Antwort": ""}
    assert [short(each) for each in read(tmp_path, less, columns=WIDE)] == [
        ("s.jsonl:1", "no key 'f2'"), ("bank-conflict", "0012", "Same bank.", None),
    ]  # fmt: skip
    blank, bad, unasked, whole = read(tmp_path, nobody, [1], {"Frage": "x"}, ROW, columns=NAMED)
    assert isinstance(blank, Entry)
    assert blank.text == ""
    assert short(bad)[0] == "s.jsonl:2"
    assert short(unasked) == ("s.jsonl:3", "no key 'antwort'")
    assert isinstance(whole, Entry)


def test_rows_without_a_place_have_no_id_but_their_own() -> None:
    columns = read_columns(["F1=bank-conflict"])
    (unnamed,) = told_rows({"F1": "Same bank."}, "", columns)
    assert isinstance(unnamed, Entry)
    assert unnamed.id == ""


@pytest.mark.parametrize("columns", ["F1=bank-conflict", ["F1=bank-conflict"]])
def test_one_word_of_columns_need_not_be_a_list(columns: Any, tmp_path: Path) -> None:
    (entry,) = read(tmp_path, {"F1": "Same bank."}, columns=columns)
    assert short(entry)[0] == "bank-conflict"


def test_a_batch_takes_them_and_grades_what_it_names(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        (tmp_path / "session.jsonl").write_text(json.dumps(OWN), encoding="utf-8")
        words = [word for text in WIDE for word in ("--columns", text)]
        done = here.grade(*words)
        assert done.exit_code == 0, done.output
        lines = here.out.read_text(encoding="utf-8").splitlines()
    graded = [(r["question"], r["answer_id"]) for r in map(json.loads, lines)]
    assert sorted(graded) == [("bank-conflict", "0012"), ("warp-divergence", "0012")]

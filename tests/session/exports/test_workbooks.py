"""A workbook or a list of tasks is a table like any other."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from grader.session.entry import Entry, Problem, Questions
from grader.session.exports.columns import read_columns
from grader.session.read import read_session
from grader.util.files import data_folder
from tests.support.exports import MOODLE, moodle_person

QUESTIONS = Questions((data_folder("rubrics"),))


def read(path: Path, *columns: str) -> tuple[list[Entry], list[Problem]]:
    each = list(read_session([str(path)], QUESTIONS, columns=read_columns(columns)))
    return [e for e in each if isinstance(e, Entry)], [e for e in each if isinstance(e, Problem)]


def workbook(path: Path, *rows: list[object]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_of_moodle_is_read(tmp_path: Path) -> None:
    rows: list[list[object]] = [[*MOODLE, "Response 1"], [*moodle_person(7), 'a, b\nand "c"']]
    (entry,), problems = read(workbook(tmp_path / "q.xlsx", *rows), "Response 1=bank-conflict")
    assert (entry.id, entry.text) == ("0000007", 'a, b\nand "c"')
    assert not problems


def test_numbers_and_dates_of_a_workbook_are_text(tmp_path: Path) -> None:
    heading: list[object] = ["question", "id", "attempted_at", "answer"]
    row: list[object] = ["bank-conflict", 12.0, datetime.fromisoformat("2026-06-03T10:15"), 32]
    (entry,), _ = read(workbook(tmp_path / "s.xlsx", [], heading, [None], row))
    assert (entry.id, entry.text) == ("12", "32")
    assert entry.attempted_at is not None
    assert entry.attempted_at.hour == 10


def test_cells_beyond_the_heading_are_told(tmp_path: Path) -> None:
    rows: list[list[object]] = [["question", "answer"], ["bank-conflict", "a", "b"]]
    _, (problem,) = read(workbook(tmp_path / "s.xlsx", *rows))
    assert problem.message == "3 cells below a heading of 2"


def test_tasks_of_label_studio_are_read(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    data = {"question": "bank-conflict", "text": "Banks.", "candidate": "Ana"}
    path.write_text(json.dumps([{"id": 5, "data": data}, {"id": 6, "data": {}}]), "utf-8")
    entries, problems = read(path)
    assert [(e.id, e.text, e.candidate) for e in entries] == [("5", "Banks.", "Ana")]
    assert len(problems) == 1
    path.write_text(json.dumps([{"id": 5, "essay": "Banks."}]), "utf-8")
    (entry,), _ = read(path, "essay=bank-conflict")
    assert (entry.id, entry.text) == ("5", "Banks.")


@pytest.mark.parametrize("text", ["[", "[1, 2]", '["a"]', "[[]]", "[" * 5000, "[NaN]", "[]"])
def test_what_is_no_list_of_tasks_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text(text, encoding="utf-8")
    entries, problems = read(path)
    assert not entries
    assert all(len(str(problem).splitlines()) == 1 for problem in problems)

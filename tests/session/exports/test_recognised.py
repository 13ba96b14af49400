"""An export is read as the platform wrote it: nobody edits a file to have it graded."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import BadInput
from grader.rubric.files import load_rubric
from grader.session.entry import Entry, Problem, Questions
from grader.session.exports.columns import read_columns
from grader.session.exports.times import time_in
from grader.session.read import read_session
from grader.util.files import data_folder
from tests.support.exports import (
    CANVAS,
    MOODLE,
    MOODLE_IN,
    canvas_person,
    csv_of,
    moodle_person,
    moodle_quiz_in,
)

QUESTIONS = Questions((data_folder("rubrics"),))
WORDS = load_rubric("bank-conflict").question.text("en")


def read(folder: Path, text: str | bytes, *columns: str) -> tuple[list[Entry], list[Problem]]:
    file = folder / "export.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    each = list(read_session([str(file)], QUESTIONS, columns=read_columns(columns)))
    return [e for e in each if isinstance(e, Entry)], [e for e in each if isinstance(e, Problem)]


def test_a_quiz_of_moodle_is_read_with_its_numbers_names_and_times(tmp_path: Path) -> None:
    text = csv_of(
        [*MOODLE, "Question 1", "Response 1", "Response 2"],
        [*moodle_person(7), WORDS, "<p>It has <b>32</b> banks.</p>", "-"],
    )
    (first, second), problems = read(tmp_path, text, "Response 2=warp-divergence")
    assert (first.question, first.text) == ("bank-conflict", "It has 32 banks.")
    assert (first.id, first.candidate) == ("0000007", "Zoë Doe-7")
    assert first.attempted_at == datetime(2026, 6, 3, 10, 15, tzinfo=UTC)
    assert [flag.kind for flag in first.flags] == ["html"]
    assert (second.question, second.text) == ("warp-divergence", "")
    assert not problems


def test_whoever_handed_nothing_in_is_passed_over_and_an_open_attempt_is_told(
    tmp_path: Path,
) -> None:
    state = MOODLE.index("Status")
    rows = [[*moodle_person(n), "An answer."] for n in range(3)]
    rows[1][state], rows[2][state] = "-", "In progress"
    summary = ["Overall average", *[""] * len(MOODLE)]
    entries, problems = read(
        tmp_path, csv_of([*MOODLE, "Response 1"], *rows, summary), "Response 1=bank-conflict"
    )
    assert [entry.id for entry in entries] == ["0000000"]
    assert [p.message for p in problems] == ["the attempt was not handed in: In progress"]


def test_a_worksheet_of_moodle_is_one_question(tmp_path: Path) -> None:
    heading = ("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
               "Online text", "Last modified (grade)", "Feedback comments")  # fmt: skip
    text = csv_of(
        heading,
        ("Participant 12", "Ana", "a@b", "Submitted for grading", "", "5.00", "<p>Hi.</p>", "-"),
        ("Participant 13", "Ben", "b@b", "No submission", "", "5.00", "", "-", ""),
    ).replace(",-\r\n", ",-,\r\n", 1)
    entries, problems = read(tmp_path, text, "Online text=bank-conflict")
    assert [(e.id, e.candidate, e.text) for e in entries] == [("Participant 12", "Ana", "Hi.")]
    assert not problems


def test_a_quiz_of_canvas_finds_its_questions_by_their_words(tmp_path: Path) -> None:
    heading = [*CANVAS, f"123: {WORDS}", "2.5", "124: What is\nlove?", "1.0", "score"]
    row = [*canvas_person(7), "Banks.", "0.0", "Baby.", "0.0", "0.0"]
    entries, problems = read(tmp_path, csv_of(heading, row))
    assert [(e.question, e.id, e.text) for e in entries] == [("bank-conflict", "0000007", "Banks.")]
    assert entries[0].attempted_at == datetime(2026, 6, 3, 10, 15, tzinfo=UTC)
    assert "column '124: what is love?': which question it answers is not known" in str(problems[0])
    assert read(tmp_path, csv_of(heading, row), "124=-") == (entries, [])


def test_each_attempt_of_one_person_has_an_id_of_its_own(tmp_path: Path) -> None:
    row = [*canvas_person(7), "Banks.", "0.0"]
    entries, problems = read(tmp_path, csv_of([*CANVAS, f"123: {WORDS}", "2.5"], row, row))
    assert [entry.id for entry in entries] == ["0000007", "0000007 (attempt 2)"]
    assert not problems


def test_a_form_of_google_is_read(tmp_path: Path) -> None:
    text = csv_of(
        ["Timestamp", "Email Address", "Score", "Student ID", WORDS, f"{WORDS} [Score]"],
        ["2026/11/22 10:00:00 AM GMT+1", "a@b", "0", "0012", "Banks.", "-- / 1"],
    )
    (entry,), problems = read(tmp_path, text)
    assert (entry.question, entry.id, entry.text) == ("bank-conflict", "0012", "Banks.")
    assert entry.attempted_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert not problems


def test_any_table_is_read_by_the_columns_that_are_named(tmp_path: Path) -> None:
    text = f'Frage;Text;Nr;Wer\nbank-conflict;a, b;007;Ana\n"{WORDS}";c;8;Ben\nlove;d;9;Cem\n'
    entries, problems = read(tmp_path, text, "question=Frage,answer=Text,id=Nr,candidate=Wer")
    assert [(e.question, e.id, e.candidate, e.text) for e in entries] == [
        ("bank-conflict", "007", "Ana", "a, b"),
        ("bank-conflict", "8", "Ben", "c"),
    ]
    assert [(p.place[-2:], p.message[:18]) for p in problems] == [(":4", "no question 'love'")]


def test_a_table_may_have_a_column_for_each_question(tmp_path: Path) -> None:
    named = ("Q1, the first=bank-conflict", "Q2=warp-divergence", "id=Nr")
    entries, problems = read(tmp_path, 'Nr,"Q1, the first",Q2\n1,a,b\n2,c,d\n', *named)
    assert [(e.question, e.id, e.text) for e in entries] == [
        ("bank-conflict", "1", "a"), ("warp-divergence", "1", "b"),
        ("bank-conflict", "2", "c"), ("warp-divergence", "2", "d"),
    ]  # fmt: skip
    assert not problems


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("Response 1=bank-conflct", "did you mean bank-conflict"),
        ("Respons 1=bank-conflict", "no column 'respons 1'; did you mean 'response 1'?"),
        ("id=Nr", "no column 'nr'"),
        ("candidate=Email address", "say --columns 'response 1'=QUESTION-ID"),
    ],
)
def test_a_column_that_is_not_known_is_told_once_with_the_way_out(
    named: str, told: str, tmp_path: Path
) -> None:
    rows = [[*moodle_person(n), "An answer."] for n in range(3)]
    _, problems = read(tmp_path, csv_of([*MOODLE, "Response 1"], *rows), named)
    assert [p.place for p in problems] == [f"{tmp_path}/export.csv:1"]
    assert told in problems[0].message


@pytest.mark.parametrize("text", ["Response 1", "=x", "x=", "question=A", "answer=A", '"a=b,c'])
def test_columns_that_are_not_understood_say_how_to_write_them(text: str) -> None:
    with pytest.raises(BadInput, match=r"--columns .*: write question=COLUMN"):
        read_columns([text])


@given(content=st.binary(max_size=400), cut=st.integers(0, 400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_a_broken_export_ends_in_answers_of_its_own_or_in_problems(
    content: bytes, cut: int, tmp_path: Path
) -> None:
    whole = csv_of([*MOODLE, "Response 1"], [*moodle_person(1), "Banks, and\nlines"]).encode()
    entries, problems = read(tmp_path, whole[:cut] + content, "Response 1=bank-conflict")
    assert all(isinstance(each, Problem) for each in problems)
    assert all(entry.question == "bank-conflict" for entry in entries)


@given(cells=st.lists(st.text(max_size=40), min_size=2, max_size=2), end=st.sampled_from("\n\r"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_a_quotation_mark_that_is_lost_gives_no_answer_to_another_person(
    cells: list[str], end: str, tmp_path: Path
) -> None:
    rows = [[*moodle_person(n), f'"{cell}{end}'] for n, cell in enumerate(cells)]
    text = csv_of([*MOODLE, "Response 1"], *rows)
    torn = text.replace('"', "", 1) if text.count('"') else text
    entries, _ = read(tmp_path, torn, "Response 1=bank-conflict")
    assert all("example.org" not in entry.text for entry in entries)


@pytest.mark.parametrize("tag", MOODLE_IN)
def test_a_quiz_of_moodle_is_recognised_in_the_language_of_who_exports_it(
    tag: str, tmp_path: Path
) -> None:
    text = moodle_quiz_in(tag, [WORDS], [["<p>It has 32 banks.</p>"], ["Unfinished."]])
    *_, finished, _, unfinished = MOODLE_IN[tag]
    first, second, *rest = text.splitlines()[1:]
    text = "\n".join([text.splitlines()[0], first, second.replace(finished, unfinished, 1), *rest])
    entries, problems = read(tmp_path, text)
    assert [(e.id, e.candidate, e.text) for e in entries] == [
        ("0000000", "Zoë Doe-0", "It has 32 banks.")
    ]
    assert entries[0].attempted_at == datetime(2026, 6, 3, 10, 15, tzinfo=UTC)
    assert [p.message for p in problems] == [f"the attempt was not handed in: {unfinished}"]


@pytest.mark.parametrize(
    ("time", "email"),
    [
        ("Zeitstempel", "E-Mail-Adresse"),
        ("Horodateur", "Adresse e-mail"),
        ("タイムスタンプ", "メールアドレス"),
    ],
)
def test_the_responses_of_a_form_are_recognised_in_other_languages(
    time: str, email: str, tmp_path: Path
) -> None:
    text = csv_of([time, email, WORDS], ["2026/06/03 10:15:00 AM GMT+2", "z@b.org", "32 banks."])
    (entry,), problems = read(tmp_path, text)
    assert (entry.question, entry.id, entry.text) == ("bank-conflict", "z@b.org", "32 banks.")
    assert entry.attempted_at == datetime(2026, 6, 3, 8, 15, tzinfo=UTC)
    assert not problems


@pytest.mark.parametrize(
    "text",
    ["Mittwoch, 3. Juni 2026, 10:15", "mercredi 3 juin 2026, 10:15", "3 de junio de 2026, 10:15",
     "2026年 6月 3日(水) 10:15"],
)  # fmt: skip
def test_times_are_read_in_the_words_of_the_export(text: str) -> None:
    assert str(time_in(text)) == "2026-06-03 10:15:00"


@pytest.mark.parametrize("text", ["31. Februar 2026, 10:15", "3. Foo 2026, 10:15", "3. Juni"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert time_in(text) is None

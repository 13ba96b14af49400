"""A course goes from the platform's export to the platform's import with two commands."""

import csv
import io
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.rubric.files import load_rubric
from grader.session.entry import Questions
from grader.session.exports.back import handed
from grader.session.exports.columns import read_columns
from grader.session.exports.gradebook import canvas, moodle
from grader.session.read import read_tables
from grader.util.files import data_folder
from tests.support.exports import CANVAS, MOODLE, canvas_person, csv_of, moodle_person
from tests.support.places import ROOT
from tests.support.records import record
from tests.support.sessions import Place, place

QUESTIONS = Questions((data_folder("rubrics"),))
POINTS = (0.5, 1, 2, 2.5, 4, 5, 7.5, 8, 9, 10)
ANSWER = "<p>Threads of a warp hit the <b>same</b> bank, and {} wait.</p><ul><li>So pad</li></ul>"


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path) as each:
        yield each


def grade(stub: Place, path: Path, *more: str) -> Result:
    judge = ("--model", "stub", "--base-url", stub.url)
    words = ["batch", str(path), "--out", str(stub.out), *judge, *more]
    return CliRunner().invoke(app, words, env=stub.environment)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def course(folder: Path, count: int) -> list[str]:
    """Rubrics of a teacher's own; the words of each question."""
    folder.mkdir()
    text = (ROOT / "rubrics" / "bank-conflict.toml").read_text(encoding="utf-8")
    asked = []
    for number in range(count):
        own = tomllib.loads(text)
        own["id"] = f"q-{number + 1}"
        own["question"] = {"en": f"Question {number + 1}, why?", "zh": f"问题 {number + 1}?"}
        (folder / f"q-{number + 1}.toml").write_text(tomli_w.dumps(own), encoding="utf-8")
        asked.append(own["question"]["en"])
    return asked


def test_a_course_of_canvas_comes_back_in_its_gradebooks_shape(tmp_path: Path, stub: Place) -> None:
    asked = course(tmp_path / "own", 20)
    points = [POINTS[n % len(POINTS)] for n in range(20)]
    pairs = zip(asked, points, range(20), strict=True)
    heading = [cell for text, most, n in pairs for cell in (f"{900 + n}: {text}", str(most))]
    rows = [
        [*canvas_person(n), *(c for q in range(20) for c in (ANSWER.format(n * 20 + q), "0"))]
        for n in range(10)
    ]
    file = tmp_path / "Midterm Quiz Student Analysis Report.csv"
    file.write_text(csv_of([*CANVAS, *heading], *rows), encoding="utf-8")
    back = tmp_path / "back.csv"
    own = ("--rubrics", str(tmp_path / "own"))
    first = grade(stub, file, *own)
    assert first.exit_code == 0, first.output
    asked_before = stub.asked
    second = grade(stub, file, *own, "--csv", str(back), "--csv-for", "canvas")
    assert second.exit_code == 0, second.output
    assert stub.asked == asked_before
    possible, *students = table(back)
    assert list(possible)[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert (possible["Student"].strip(), float(possible["Midterm"])) == (
        "Points Possible", sum(points),
    )  # fmt: skip
    assert [(s["ID"], s["SIS User ID"]) for s in students[:2]] == [
        ("1000", "0000000"), ("1001", "0000001"),
    ]  # fmt: skip
    records = [json.loads(line) for line in stub.out.read_text(encoding="utf-8").splitlines()]
    assert len(records) == 200
    mine = {r["question"]: r["score"] for r in records if r["answer_id"] == "0000003"}
    earned = sum(
        mine[f"q-{n + 1}"]["points"] / mine[f"q-{n + 1}"]["out_of"] * points[n] for n in range(20)
    )
    assert float(students[3]["Midterm"]) == pytest.approx(earned, abs=0.006)


def moodle_quiz(tmp_path: Path, *answers: str) -> Path:
    file = tmp_path / "quiz.csv"
    rows = [[*moodle_person(n), text, "-"] for n, text in enumerate(answers)]
    file.write_text(csv_of([*MOODLE, "Response 1", "Response 2"], *rows), encoding="utf-8")
    return file


NAMED = ("--columns", "Response 1=bank-conflict,Response 2=warp-divergence")


def test_a_quiz_of_moodle_comes_back_with_points_for_each_question(
    tmp_path: Path, stub: Place
) -> None:
    back = tmp_path / "back.csv"
    file = moodle_quiz(tmp_path, "Same bank, they wait.", "Threads queue for a bank.")
    done = grade(stub, file, *NAMED, "--csv", str(back), "--csv-for", "moodle")
    assert done.exit_code == 0, done.output
    most = sum(point.weight for point in load_rubric("bank-conflict").key_points)
    ana, _ = table(back)
    assert list(ana)[:5] == ["Last name", "First name", "ID number", "Email address", "Grade/10"]
    assert ana["ID number"] == "0000000"
    assert 0 < float(ana[f"bank-conflict/{most}"]) <= most
    (unanswered,) = (cell for name, cell in ana.items() if name.startswith("warp-divergence/"))
    assert float(unanswered) == 0


def test_what_was_not_graded_is_a_blank_cell_and_never_nought(tmp_path: Path, stub: Place) -> None:
    back = tmp_path / "back.csv"
    file = moodle_quiz(tmp_path, "Same bank stub:refuse", "Threads queue for a bank.")
    grade(stub, file, *NAMED, "--csv", str(back), "--csv-for", "moodle")
    first, second = table(back)
    assert first["Grade/10"] == ""
    assert second["Grade/10"] != ""


def test_a_worksheet_of_moodle_comes_back_with_what_its_import_needs(
    tmp_path: Path, stub: Place
) -> None:
    file, back = tmp_path / "Grades-Course-Essay.csv", tmp_path / "back.csv"
    heading = ("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
               "Online text", "Last modified (grade)", "Feedback comments")  # fmt: skip
    row = ("Participant 12", "Ana", "a@b", "Submitted", "", "5.00", "<p>Same bank.</p>", "-", "")
    file.write_text(csv_of(heading, row), encoding="utf-8")
    named = ("--columns", "Online text=bank-conflict")
    done = grade(stub, file, *named, "--csv", str(back), "--csv-for", "moodle")
    assert done.exit_code == 0, done.output
    (ana,) = table(back)
    assert (ana["Identifier"], ana["Maximum Grade"]) == ("Participant 12", "5.00")
    assert ana["Last modified (grade)"] == "-"
    assert 0 <= float(ana["Grade"]) <= 5


def test_answers_from_any_file_can_go_to_a_gradebook(tmp_path: Path, stub: Place) -> None:
    file, back = tmp_path / "s.csv", tmp_path / "back.csv"
    file.write_text("question,answer,id,candidate\nbank-conflict,Same bank.,0012,Ana\n", "utf-8")
    for platform, number in (("moodle", "ID number"), ("canvas", "SIS User ID")):
        done = grade(stub, file, "--csv", str(back), "--csv-for", platform)
        assert done.exit_code == 0, done.output
        assert table(back)[-1][number] == "0012"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--csv", "x.csv", "--csv-for", "blackboard"), "choose moodle or canvas"),
        (("--csv-for", "moodle"), "say --csv FILE too"),
    ],
)
def test_a_platform_that_is_not_known_or_has_no_file_is_refused(
    words: tuple[str, ...], told: str, tmp_path: Path, stub: Place
) -> None:
    done = grade(stub, moodle_quiz(tmp_path), *words)
    assert done.exit_code == 2
    assert told in done.output


@given(content=st.binary(max_size=300), cut=st.integers(0, 300), name=st.sampled_from(
    ["e.csv", "e.json", "e.xlsx", "e"]))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_whatever_became_of_an_export_every_grade_goes_back(
    content: bytes, cut: int, name: str, tmp_path: Path
) -> None:
    whole = csv_of([*MOODLE, "Response 1"], [*moodle_person(1), "Banks."]).encode()
    (tmp_path / name).write_bytes(whole[:cut] + content)
    columns = read_columns(["Response 1=bank-conflict"])
    tables = read_tables([str(tmp_path / name)], QUESTIONS, columns)
    graded = [record(answer_id="0000001"), record(answer_id="s2@example.org")]
    people = handed(tables, graded, QUESTIONS)
    for rows in (list(moodle(people)), list(canvas(people, "Essay"))):
        assert len({len(row) for row in rows}) == 1
        assert {"0000001", "s2@example.org"} <= {cell for row in rows for cell in row}


def test_an_attempt_that_is_not_graded_leaves_the_whole_open(tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    row = [*moodle_person(1), "Banks."]
    file.write_text(csv_of([*MOODLE, "Response 1"], row, row), encoding="utf-8")
    tables = read_tables([str(file)], QUESTIONS, read_columns(["Response 1=bank-conflict"]))
    (person,) = handed(tables, [record(answer_id="0000001")], QUESTIONS)
    assert person.points is None

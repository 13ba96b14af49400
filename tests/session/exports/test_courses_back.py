"""A course as its teacher has it, in one language, goes from the platform's export to grades in the
platform's own shape with two commands, and every cell is what the judge's verdicts give."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.answer import cleaned
from grader.cli.app import app
from tests.support.courses import ENGLISH, FRENCH, GERMAN, JAPANESE, NAMES, Tongue
from tests.support.exports import MOODLE_IN, canvas_quiz_in, csv_of, moodle_quiz_in
from tests.support.sessions import Place, place
from tests.support.stub import Behaviour, choose, feedback_on

QUESTIONS, STUDENTS = 20, 10
POINTS = [0.5 * (n + 1) for n in range(QUESTIONS)]
"""Of each question: 0.5 to 10."""
REFUSED, BLANK = (3, 4), (5, 6)
"""The student and question whose answer the judge refuses, and that was left blank."""
NOTHING = "There is nothing in the answer that could be graded."
each = pytest.mark.parametrize(
    "tongue", [ENGLISH, GERMAN, FRENCH, JAPANESE], ids=lambda tongue: tongue.tag
)


def course(folder: Path, tongue: Tongue) -> list[str]:
    """The rubrics of a course; gives the words of its questions."""
    folder.mkdir()
    asked = [f"{tongue.question} ({n + 1})" for n in range(QUESTIONS)]
    for number, (text, most) in enumerate(zip(asked, POINTS, strict=True), start=1):
        replace(tongue, question=text).rubric(folder, f"q-{number}", total=most)
    return asked


def cells(tongue: Tongue, blank: str) -> list[list[str]]:
    """What the students wrote, as the platform's editor keeps it."""
    made = [
        [f"<p>{tongue.answer} <b>({s}, {q})</b></p><p>&amp; …</p>" for q in range(QUESTIONS)]
        for s in range(STUDENTS)
    ]
    made[REFUSED[0]][REFUSED[1]] += "<p>stub:refuse</p>"
    made[BLANK[0]][BLANK[1]] = blank
    return made


def share(cell: str) -> float:
    """What the stub's verdicts earn of a question, 0 to 1: two of the last three are enough."""
    text = cleaned(cell).text.strip()
    met = [choose(name, text, ("met", "missed", "contradicted")) == "met" for name in NAMES]
    return (10 * met[0] + 7.5 * min(sum(met[1:]), 2)) / 25


def grade(where: Place, file: Path, *more: str) -> Result:
    judge = ("--model", "stub", "--base-url", where.url, "--rubrics", str(file.parent / "own"))
    words = ["batch", str(file), "--out", str(where.out), *judge, *more]
    return CliRunner().invoke(app, words, env=where.environment)


def with_two_commands(where: Place, file: Path, platform: str) -> list[dict[str, str]]:
    """The table that comes back; nothing is said but that one answer was refused."""
    back = file.with_name("back.csv")
    first = grade(where, file)
    asked = where.asked
    second = grade(where, file, "--csv", str(back), "--csv-for", platform)
    for done in (first, second):
        assert (done.exit_code, done.stderr) == (3, ""), done.output
    assert where.asked == asked, "nothing is asked or paid for twice"
    assert len(where.out.read_text(encoding="utf-8").splitlines()) == QUESTIONS * STUDENTS
    text = back.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def earned(row: Sequence[str], student: int) -> float | None:
    """The points of a student; None where one answer is not graded."""
    if student == REFUSED[0]:
        return None
    shares = [0.0 if (student, number) == BLANK else share(cell) for number, cell in enumerate(row)]
    return sum(part * most for part, most in zip(shares, POINTS, strict=True))


@each
def test_a_quiz_of_moodle_comes_back_with_every_cell_right(tmp_path: Path, tongue: Tongue) -> None:
    given = cells(tongue, "-")
    file = tmp_path / "quiz.csv"
    asked = course(tmp_path / "own", tongue)
    file.write_text(moodle_quiz_in(tongue.tag, asked, given), encoding="utf-8")
    with place(tmp_path, Behaviour(echo=True)) as where:
        back = with_two_commands(where, file, "moodle")
    heads = MOODLE_IN[tongue.tag]
    whole = heads[8].replace(",00", "").replace(".00", "")
    columns = [f"q-{n + 1}/{most:g}" for n, most in enumerate(POINTS)]
    woven = [c for n, name in enumerate(columns) for c in (name, f"q-{n + 1} feedback")]
    assert list(back[0]) == [*heads[:4], whole, *woven]
    assert [row[heads[2]] for row in back] == [f"{n:07}" for n in range(STUDENTS)]
    for student, row in enumerate(back):
        for number, name in enumerate(columns):
            cell, said = given[student][number], row[f"q-{number + 1} feedback"]
            if (student, number) == REFUSED:
                assert row[name] == ""
            elif (student, number) == BLANK:
                assert (float(row[name]), said) == (0, NOTHING)
            else:
                assert float(row[name]) == round(share(cell) * POINTS[number], 2)
                assert said == feedback_on(cleaned(cell).text)
                assert said.strip("„“") in tongue.answer
        total = earned(given[student], student)
        if total is None:
            assert row[whole] == ""
        else:
            assert float(row[whole]) == pytest.approx(total / sum(POINTS) * 10, abs=0.0051)


@each
def test_a_quiz_of_canvas_comes_back_with_every_cell_right(tmp_path: Path, tongue: Tongue) -> None:
    given = cells(tongue, "")
    file = tmp_path / "Midterm Quiz Student Analysis Report.csv"
    asked = course(tmp_path / "own", tongue)
    file.write_text(canvas_quiz_in(tongue.tag, asked, POINTS, given), encoding="utf-8")
    with place(tmp_path, Behaviour(echo=True)) as where:
        possible, *back = with_two_commands(where, file, "canvas")
    assert list(possible) == [
        "Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Midterm",
    ]  # fmt: skip
    assert float(possible["Midterm"]) == sum(POINTS)
    for student, row in enumerate(back):
        who = (row["Student"], row["ID"], row["SIS User ID"], row["Section"])
        assert who == (f"Zoë Doe-{student}", str(1000 + student), f"{student:07}", "Group A")
        total = earned(given[student], student)
        cell = row["Midterm"]
        assert (None if cell == "" else float(cell)) == (
            None if total is None else pytest.approx(total, abs=0.0051)
        )


WORKSHEETS = {
    "de": ("ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung",
           "Texteingabe online", "Zuletzt geändert (Bewertung)", "Feedback als Kommentar"),
    "fr": ("Identifiant", "Nom complet", "Adresse de courriel", "Statut", "Note",
           "Note maximale", "Texte en ligne", "Dernière modification (note)",
           "Feedback par commentaires"),
    "ja": ("ID", "フルネーム", "メールアドレス", "ステータス", "評定", "最大評点",
           "オンラインテキスト", "最終更新日時 (評定)", "フィードバックコメント"),
}  # fmt: skip


@pytest.mark.parametrize("tongue", [GERMAN, FRENCH, JAPANESE], ids=lambda tongue: tongue.tag)
def test_a_worksheet_goes_back_with_the_headings_that_its_import_looks_for(
    tmp_path: Path, tongue: Tongue
) -> None:
    heads = WORKSHEETS[tongue.tag]
    course(tmp_path / "own", tongue)
    file, back = tmp_path / "sheet.csv", tmp_path / "back.csv"
    row = ("Participant 12", "Ana", "a@b", "-", "", "5.00", f"<p>{tongue.answer}</p>", "-", "")
    file.write_text(csv_of(heads, row), encoding="utf-8")
    with place(tmp_path, Behaviour(echo=True)) as where:
        named = ("--columns", f"{heads[6]}=q-4", "--csv", str(back), "--csv-for", "moodle")
        done = grade(where, file, *named)
    assert (done.exit_code, done.stderr) == (0, "")
    (ana,) = csv.DictReader(back.read_text(encoding="utf-8-sig").splitlines())
    assert list(ana) == [*heads[:6], *heads[7:]]
    assert float(ana[heads[4]]) == round(share(row[6]) * 5, 2)
    assert ana[heads[0]] == "Participant 12"
    assert ana[heads[8]] == feedback_on(tongue.answer)

"""What other people's code may rely on: the public names, what they do, and what they cost."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from grader.record import Grade
from tests.support.places import EXAMPLES
from tests.support.stub import running

ANSWER = (EXAMPLES / "answer.txt").read_text(encoding="utf-8")


@pytest.fixture
def judge() -> Iterator[grader.JudgeOptions]:
    """A judge on this machine that answers by rule."""
    with running() as (_, url):
        yield grader.JudgeOptions(model="stub", base_url=url, api_key="none")


def test_these_names_are_public_and_no_others() -> None:
    assert [*grader.__all__] == [
        "__version__",
        *("BadInput", "Calibration", "Document", "Entry", "Finding", "Grade", "Grader"),
        *("GraderError", "JudgeOptions", "KeyPoint", "Misconception", "ModelFailed", "Notes"),
        *(
            "Problem",
            "Rubric",
            "Source",
            "StatedConfidence",
            "TeamLevel",
            "Text",
            "UnknownQuestion",
            "Verdict",
        ),
        *("agrade", "agrade_batch", "calibrate", "check_rubric", "decided", "grade"),
        "grade_batch",
        *("load_rubric", "load_rubrics", "open_grader", "read_answers", "read_confidence"),
        *("read_grades", "read_level", "read_rubric", "save_rubric"),
    ]
    for name in grader.__all__:
        assert getattr(grader, name) is not None
        assert name == "__version__" or getattr(grader, name).__doc__


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'grades'"):
        getattr(grader, "grades")  # noqa: B009 - a type checker refuses it plainly


def test_importing_the_package_loads_nothing_else() -> None:
    code = (
        "import typing, json, sys; before = set(sys.modules); import grader;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['grader']"


def test_one_answer_is_graded_in_three_lines(judge: grader.JudgeOptions) -> None:
    grade = grader.grade(ANSWER, "bank-conflict", judge)
    assert grade.score.percent is not None
    assert {point.id for point in grade.key_points} == {
        point.id for point in grader.load_rubric("bank-conflict").key_points
    }
    assert grader.grade(ANSWER, "bank-conflict", judge).usage.from_ledger


def test_a_notebook_has_an_event_loop_already(judge: grader.JudgeOptions) -> None:
    async def cell() -> Grade:
        return grader.grade(ANSWER, "bank-conflict", judge)

    assert asyncio.run(cell()).key_points
    assert asyncio.run(grader.agrade(ANSWER, "bank-conflict", judge)).key_points


def test_an_unknown_question_names_the_nearest(judge: grader.JudgeOptions) -> None:
    with pytest.raises(grader.UnknownQuestion, match="did you mean bank-conflict"):
        grader.grade(ANSWER, "bank-conflicts", judge)
    with pytest.raises(grader.GraderError):
        grader.grade(" ", "bank-conflict", judge)


def entries(count: int) -> Iterator[grader.Entry]:
    for number in range(count):
        yield grader.Entry("bank-conflict", f"{ANSWER} {number}", f"a{number}", f"row {number}")


def test_many_answers_are_an_iterator(judge: grader.JudgeOptions, tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    wrong = grader.Problem("row 9", "no answer")
    graded = list(grader.grade_batch([*entries(20), wrong], judge, results=results))
    assert wrong in graded
    ids = sorted(each.answer_id for each in graded if isinstance(each, Grade))
    assert ids == sorted(f"a{number}" for number in range(20))
    assert [g.answer_id for g in grader.read_grades(results)] == [
        g.answer_id for g in graded if isinstance(g, Grade)
    ]
    assert list(grader.grade_batch(entries(20), judge, results=results)) == []


def test_whoever_leaves_early_asks_for_no_more(judge: grader.JudgeOptions) -> None:
    read = []

    def watched() -> Iterator[grader.Entry]:
        for entry in entries(5000):
            read.append(entry.id)
            yield entry

    graded = grader.grade_batch(watched(), judge, concurrency=4)
    first = next(graded)
    assert isinstance(first, Grade)
    graded.close()
    time.sleep(0.1)
    assert len(read) < 5000


def test_an_endpoint_that_refuses_ends_the_iterator_with_its_reason(
    judge: grader.JudgeOptions,
) -> None:
    refused = grader.Entry("bank-conflict", "stub:401", "a", "row 1")
    with pytest.raises(grader.ModelFailed, match="key"):
        list(grader.grade_batch([refused], judge))


def test_a_folder_of_answers_is_read(tmp_path: Path) -> None:
    (tmp_path / "session.md").write_text("## bank-conflict\n\n32 banks.\n\n## no-such\n\nx\n")
    [entry, problem] = list(grader.read_answers(tmp_path / "session.md"))
    assert isinstance(entry, grader.Entry)
    assert entry.question == "bank-conflict"
    assert isinstance(problem, grader.Problem)


def made() -> grader.Rubric:
    point = grader.KeyPoint(
        id="stateless",
        weight=3,
        en="HTTP keeps no state between two requests.",
        zh="HTTP 在两个请求之间不保存状态。",
        notes=grader.Notes(met="says that the server forgets", missed="absent"),
        sources=(grader.Source(document="rfc", section="3.3"),),
    )
    link = "https://www.rfc-editor.org/rfc/rfc9110"
    return grader.Rubric(
        schema="rubric/1",
        id="http-stateless",
        question=grader.Text(en="What is stateless about HTTP?", zh="HTTP 的无状态指什么?"),
        documents={"rfc": grader.Document(title="RFC 9110", url=link)},
        key_points=(point,),
    )


def test_a_rubric_is_made_checked_saved_and_used(
    judge: grader.JudgeOptions, tmp_path: Path
) -> None:
    rubric = made()
    assert not [f for f in grader.check_rubric(rubric) if f.severity == "error"]
    path = grader.save_rubric(rubric, tmp_path)
    assert grader.read_rubric(path) == rubric
    assert grader.read_rubric(path).digest == rubric.digest
    by_rubric = grader.grade("The server forgets.", rubric, judge)
    by_folder = grader.grade("The server forgets.", "http-stateless", judge, rubrics=tmp_path)
    assert by_rubric.digests == by_folder.digests


def test_two_tables_are_calibrated() -> None:
    team = EXAMPLES / "team"
    report = grader.calibrate(team / "ratings.csv", team / "results.jsonl", samples=200)
    assert report.decisions

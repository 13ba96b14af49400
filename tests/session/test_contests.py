"""Who answered asks for a second look; it stands open until a person decides."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.errors import BadInput
from grader.record import Override, Verdict
from grader.session.contests import (
    Contest,
    contest_answer,
    contests_file,
    open_contests,
    read_contests,
)
from grader.session.decide import AnswerDecision, decide_in_file
from grader.session.result_lines import read_grades
from tests.support.records import record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WHY = "I said it in the second sentence"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.jsonl"
    grades = [record(text=f"text of {name}", answer_id=name) for name in ("a", "b")]
    path.write_text("".join(g.to_json() + "\n" for g in grades))
    return path


def waiting(results: Path) -> dict[str, list[str]]:
    asked = read_contests(results)
    return {g.answer_id: [*open_contests(g, asked)] for g in read_grades(results)}


def decide(results: Path, at: datetime) -> None:
    by = Override(key_point="broadcast", verdict=Verdict.MET, by="Dana", reason="is", at=at)
    decide_in_file(results, [AnswerDecision("b", by)])


def test_a_contested_key_point_waits_until_a_person_decides_after_that(results: Path) -> None:
    before = results.read_bytes()
    decide(results, NOON - timedelta(days=1))
    contest_answer(results, "b", WHY, point="broadcast", by="Bo", now=NOON)
    assert waiting(results) == {"a": [], "b": ["broadcast"]}
    assert read_contests(results)[0].why == WHY
    decide(results, NOON + timedelta(days=1))
    assert waiting(results) == {"a": [], "b": []}
    assert before != results.read_bytes()
    assert len(read_contests(results)) == 1


def test_who_contests_an_answer_contests_all_that_is_not_met(results: Path) -> None:
    contest_answer(results, "b", WHY, now=NOON)
    grade = [*read_grades(results)][1]
    unmet = [point.id for point in grade.key_points if point.verdict is not Verdict.MET]
    assert waiting(results)["b"] == unmet
    assert unmet


def test_a_contest_is_about_the_text_that_was_graded(results: Path) -> None:
    asked = contest_answer(results, "b", WHY, now=NOON)
    other = record(text="another text", answer_id="b")
    assert open_contests(other, [asked]) == {}


def test_asking_adds_a_line_and_a_torn_one_makes_room(results: Path) -> None:
    contest_answer(results, "a", WHY, now=NOON)
    path = contests_file(results)
    path.write_bytes(path.read_bytes() + b'{"schema":"contest/1","que')
    assert len(read_contests(results)) == 1
    contest_answer(results, "b", WHY, now=NOON)
    assert [asked.answer_id for asked in read_contests(results)] == ["a", "b"]


def test_a_line_of_something_else_is_named(results: Path) -> None:
    contests_file(results).write_text('{"schema":"rating/1"}\n')
    with pytest.raises(BadInput, match=r"results\.jsonl\.contests:1: not a line"):
        read_contests(results)


def test_what_is_not_known_of_a_line_is_kept_and_what_hides_is_escaped(results: Path) -> None:
    asked = contest_answer(results, "a", "see \u202e this", now=NOON)
    assert "\u202e" not in contests_file(results).read_text()
    assert read_contests(results) == (asked,)
    more = {**json.loads(contests_file(results).read_text()), "later": 1}
    assert Contest.model_validate(more).model_dump(by_alias=True)["later"] == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("c", "--why", WHY), "no answer c in"),
        (("b", "--why", WHY, "--point", "x"), "--point x: the grade of b"),
        (("b",), "--why: a second look needs a reason"),
        (("b", "--why", "x" * 2001), "--why: longer than 2,000 characters"),
    ],
)
def test_each_wrong_word_is_one_line_and_exit_code_2(
    results: Path, words: tuple[str, ...], complaint: str
) -> None:
    done = CliRunner().invoke(app, ["contest", *words, "--results", str(results)])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert complaint in done.stderr
    assert not contests_file(results).exists()


def test_the_command_says_where_it_is_noted_and_how_it_is_settled(results: Path) -> None:
    words = ["contest", "b", "--point", "broadcast", "--why", WHY, "--results", str(results)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert f"b (bank-conflict) broadcast: noted in {contests_file(results)}" in done.stdout
    assert f"grade web --settle {results}" in done.stdout
    missing = CliRunner().invoke(app, words[:-2])
    assert (missing.exit_code, "--results is missing" in missing.stderr) == (2, True)

"""Answers that are alike are settled with one look, and it is told which scores that moved."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.decision import decided
from grader.errors import BadInput
from grader.record import Evidence, Grade, PointGrade, Verdict
from grader.session.decide import decide_in_file
from grader.session.result_lines import read_grades
from grader.trust.calibration.alike import AlikeAnswers, alike, settle_alike
from grader.trust.calibration.results import ModelGradings
from tests.support.places import EXAMPLES
from tests.support.records import record

NOON = datetime(2026, 11, 23, tzinfo=UTC)
MET, MISSED, PARTIAL = Verdict.MET, Verdict.MISSED, Verdict.PARTIAL
SAID = [
    ("a", PARTIAL, "Shared memory has 32 banks."),
    ("b", PARTIAL, "shared memory  has 32 BANKS"),
    ("c", PARTIAL, "the shared memory has 32 banks"),
    ("d", PARTIAL, "a warp has 32 threads, that is all"),
    ("e", MET, "Shared memory has 32 banks."),
    ("f", MISSED, ""),
    ("g", MISSED, ""),
    ("h", None, ""),
]


def grade(name: str, verdict: Verdict | None, quote: str) -> Grade:
    evidence = (Evidence(text=quote, start=0, end=len(quote)),) if quote else ()
    points = (
        PointGrade(id="banks", weight=3, verdict=verdict, evidence=evidence),
        PointGrade(id="broadcast", weight=1, verdict=MET),
    )
    return record(name, key_points=points, answer_id=name)


def gradings(grades: list[Grade]) -> ModelGradings:
    points = {"bank-conflict": {"banks": 3.0, "broadcast": 1.0}}
    return ModelGradings(tuple(grades), points, (("m",),) * len(grades))


RESULTS = gradings([grade(*each) for each in SAID])


def ids(groups: tuple[AlikeAnswers, ...]) -> list[str]:
    return ["".join(g.answer_id for g in group.answers) for group in groups]


def test_the_same_verdict_with_nearly_the_same_words_is_alike_the_largest_first() -> None:
    groups = alike(RESULTS, "bank-conflict", "banks")
    assert ids(groups)[:2] == ["abc", "fg"]
    assert sorted(ids(groups)[2:]) == ["d", "e", "h"]
    assert groups[0].quotes == tuple(quote for _, _, quote in SAID[:3])
    assert groups[1].quotes == ()


def test_without_a_point_answers_with_the_same_verdicts_are_alike() -> None:
    assert ids(alike(RESULTS, "bank-conflict"))[:2] == ["abcd", "fg"]


@given(st.randoms(use_true_random=False))
def test_the_groups_and_their_names_do_not_hang_on_the_order_of_the_records(
    dice: random.Random,
) -> None:
    shuffled = [*RESULTS.grades]
    dice.shuffle(shuffled)

    def named(results: ModelGradings) -> dict[str, list[str]]:
        groups = alike(results, "bank-conflict", "banks")
        return {group.id: sorted(g.answer_id for g in group.answers) for group in groups}

    assert named(gradings(shuffled)) == named(RESULTS)


def test_one_verdict_for_a_group_says_which_scores_moved_and_which_across_the_mark() -> None:
    group = alike(RESULTS, "bank-conflict", "banks")[0]
    decisions, shifts = settle_alike(group, "banks", MET, "Ana", "they do", 80, NOON)
    assert [d.answer for d in decisions] == ["a", "b", "c"]
    assert {(s.before.percent, s.after.percent, s.moved, s.crosses, s.by) for s in shifts} == {
        (62.5, 100.0, True, True, 37.5)
    }
    _, same = settle_alike(group, "banks", PARTIAL, "Ana", "half", 80, NOON)
    assert not any(s.moved or s.crosses for s in same)


def test_the_decisions_are_written_as_any_other_is(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("".join(g.to_json() + "\n" for g in RESULTS.grades), encoding="utf-8")
    group = alike(RESULTS, "bank-conflict", "banks")[0]
    decisions, shifts = settle_alike(group, "banks", MET, "Ana", "they do", now=NOON)
    moved = decide_in_file(path, decisions)
    assert [decided(m.after).score for m in moved] == [s.after for s in shifts]
    again = alike(gradings([*read_grades(path)]), "bank-conflict", "banks")
    assert ids(again)[0] == "abce"


@pytest.mark.parametrize(
    ("question", "point", "complaint"),
    [
        ("bank", None, "--q bank: the results are of bank-conflict"),
        ("bank-conflict", "bank", "--point bank: bank-conflict has banks, broadcast"),
    ],
)
def test_what_the_results_do_not_have_is_named(
    question: str, point: str | None, complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        alike(RESULTS, question, point)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / "results.jsonl"
    path.write_bytes((EXAMPLES / "team" / "results.jsonl").read_bytes())
    return path


def run(results: Path, *words: str) -> Result:
    given_words = ("calibrate", "alike", str(results), "--q", "bank-conflict", *words)
    return CliRunner().invoke(app, [*given_words], env={"COLUMNS": "80"})


def test_the_groups_are_listed_and_one_is_settled_by_its_name(results: Path) -> None:
    listed = run(results, "--point", "swizzle")
    assert listed.exit_code == 0
    heading = next(line for line in listed.stdout.splitlines() if line.startswith("1. "))
    assert heading.endswith("7 answers")
    name = heading.split()[1]
    words = ("--verdict", "partial", "--by", "Ana", "--why", "so", "--pass-mark", "60")
    done = run(results, "--point", "swizzle", "--group", name, *words)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("Decided on 7 answers: 7 scores moved")
    assert sum(bool(g.overrides) for g in read_grades(results)) == 7
    gone = run(results, "--point", "swizzle", "--group", name, *words)
    assert (gone.exit_code, gone.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--point", "nowhere"),
        ("--group", "00000000"),
        ("--point", "swizzle", "--group", "00000000"),
        ("--point", "swizzle", "--verdict", "met"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_2(results: Path, words: tuple[str, ...]) -> None:
    done = run(results, *words)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


def test_both_languages_say_it(results: Path) -> None:
    assert "12 份答案" in run(results, "--lang", "zh").stdout

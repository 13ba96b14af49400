"""``grade override`` as people type it, and what the other commands make of it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli.app import app
from grader.ledger.ledger import Ledger
from tests.support.records import record
from tests.support.sessions import answers, place

WORDS = ("--point", "broadcast", "--verdict", "met", "--by", "Ana", "--why", "said aloud")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["override", *words], env={"COLUMNS": "80"})


def test_the_score_before_and_after_is_printed_with_who_why_and_when(ledger: Ledger) -> None:
    ledger.keep_grade(record())
    done = run("a.txt", *WORDS)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "a.txt (bank-conflict)"
    assert lines[1].startswith("broadcast: was missed by m; met by Ana on 20")
    assert lines[1].endswith(": said aloud")
    assert lines[2:] == [
        "Before: 58.3 % — 3.5 of 6 points",
        "Now: 91.7 % — 5.5 of 6 points",
    ]
    assert "91.7" in CliRunner().invoke(app, ["history"]).stdout
    assert "91.7" in CliRunner().invoke(app, ["progress"]).stdout


def test_it_is_said_in_chinese_too(ledger: Ledger) -> None:
    ledger.keep_grade(record())
    done = run("a.txt", *WORDS, "--lang", "zh")
    assert "m 原判:没说到;Ana 于" in done.stdout
    assert "现在:91.7 %" in done.stdout


@pytest.mark.parametrize("left_out", ["--by", "--why", "--verdict", "--point"])
def test_whatever_is_missing_is_one_line_and_exit_code_2(ledger: Ledger, left_out: str) -> None:
    ledger.keep_grade(record())
    place = WORDS.index(left_out)
    done = run("a.txt", *WORDS[:place], *WORDS[place + 2 :])
    assert done.exit_code == 2
    assert left_out in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("b.txt", *WORDS), "no answer b.txt in the history"),
        (("a.txt", *WORDS, "--results", "none.jsonl"), "--results none.jsonl: no such file"),
        (("a.txt", *WORDS, "--point", "bank"), "--point bank: the grade of a.txt"),
        (("a.txt", *WORDS, "--verdict", "yes"), "--verdict yes: on a key point choose one of"),
        (("a.txt", *WORDS, "--q", "warp"), "no answer a.txt to warp in the history"),
    ],
)
def test_every_wrong_word_is_one_line_and_exit_code_2(
    ledger: Ledger, words: tuple[str, ...], complaint: str
) -> None:
    ledger.keep_grade(record())
    done = run(*words)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"grade: {complaint}")


def test_a_second_batch_over_the_same_file_keeps_it_and_counts_it(tmp_path: Path) -> None:
    with place(tmp_path) as here:
        here.write(answers(2), "bank-conflict")
        assert here.grade().exit_code == 0
        point = here.records()["a0"]["key_points"][0]
        verdict = "missed" if point["verdict"] == "met" else "met"
        words = ("--verdict", verdict, "--by", "Ana", "--why", "so", "--results", str(here.out))
        CliRunner().invoke(
            app, ["override", "a0", "--point", point["id"], *words], env=here.environment
        )
        asked = here.asked
        csv = tmp_path / "grades.csv"
        assert here.grade("--csv", str(csv)).exit_code == 0
        assert here.asked == asked
        kept = here.records()["a0"]
        assert [o["verdict"] for o in kept["overrides"]] == [verdict]
        assert kept["key_points"][0]["verdict"] == point["verdict"]
        assert "by Ana on" in csv.read_text(encoding="utf-8-sig")
        history = CliRunner().invoke(app, ["history", "--json"], env=here.environment).stdout
    of_a0 = next(r for r in map(json.loads, history.splitlines()) if r["answer_id"] == "a0")
    assert of_a0["decided"] == kept["decided"] != of_a0["score"]

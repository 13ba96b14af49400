"""What the figures promise: they are right, and no question is judged by curves made of it."""

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.judge.curves import VERDICTS, Curves
from grader.record import Verdict
from tests.training.made import question
from training.figures import expected, groups, table
from training.judged import (
    Judged,
    Row,
    cross_judged,
    judged,
    read,
    rows,
    settle,
    with_all_defences,
)
from training.questions import as_rubric

LEVELS = [verdict.value for verdict in VERDICTS]


def sure(place: int) -> list[float]:
    """The log-probabilities of a judge that is all but certain of one word."""
    return [math.log(0.97 if n == place else 0.01) for n in range(4)]


def item(
    question: str, answer: int, claims: list[tuple[str, list[float]]], lines: int = 3
) -> dict[str, Any]:
    """One item as `training.fit` gives it back: labels with what was found for each."""
    labels = [[f"c{n}", 1.0, label, [2]] for n, (label, _) in enumerate(claims)]
    return {
        "set": "held-out",
        "way": "en",
        "question": question,
        "answer": f"{question}/{answer}",
        "about": {"kind": "strong", "lines": lines},
        "labels": labels,
        "found": [found for _, found in claims],
        "lines": [2 for _ in claims],
    }


def perfect(questions: int = 8) -> list[Row]:
    """A judge that is right of everything."""
    return rows(
        item(
            f"q{number}",
            answer,
            [
                (LEVELS[(answer + n) % 4 if n else answer % 4], sure((answer + n) % 4))
                for n in range(1 + answer % 3)
            ]
            + [("yes", sure(0)), ("no", sure(2))],
        )
        for number in range(questions)
        for answer in range(8)
    )


def test_a_judge_without_fault_has_kappa_1_everywhere() -> None:
    found = dict(table(judged(perfect(), Curves())))
    for name in ("met or not, kappa", "four verdicts, kappa", "misconceptions, kappa"):
        assert found[name].startswith("1.000")
    for verdict in LEVELS:
        assert found[f"recall of {verdict}"].startswith("1.00 of ")
    assert found["score by verdicts, r"].startswith("1.000")
    assert found["score by verdicts, QWK"].startswith("1.000")
    assert found["right sentence"].startswith("1.000 of ")


def test_a_judge_that_always_says_met_has_kappa_0() -> None:
    blind = rows(
        item(f"q{number}", 0, [(level, sure(0)) for level in LEVELS]) for number in range(8)
    )
    found = dict(table(judged(blind, Curves())))
    assert found["met or not, kappa"].startswith("0.000")
    assert found["recall of met"] == "1.00 of 8"
    assert found["recall of missed"] == "0.00 of 8"
    assert found["labels"] == "32 and 0"
    assert "misconceptions, kappa" not in found


def test_the_sentence_is_not_counted_where_its_number_has_two_digits() -> None:
    long = rows(item(f"q{n}", 0, [("met", sure(0)), ("missed", sure(2))], 12) for n in range(4))
    assert "right sentence" not in dict(table(judged(long, Curves())))


def test_every_row_is_cross_judged_once() -> None:
    found = perfect()
    done = cross_judged(found)
    names = [(j.row.item["answer"], j.row.id) for j in done]
    assert sorted(names) == sorted((row.item["answer"], row.id) for row in found)


def test_no_question_is_judged_by_curves_fitted_on_it() -> None:
    # The judge cannot tell met from missed; one question is all the one, the other all the other.
    torn = [math.log(chance) for chance in (0.4, 0.1, 0.4, 0.1)]
    even = [math.log(chance) for chance in (0.5, 0.1, 0.3, 0.1)]
    found = rows(
        item(question, answer, [(label, torn), (claim, even)])
        for question, label, claim in (("a", "met", "yes"), ("b", "missed", "no"))
        for answer in range(40)
    )
    for one in cross_judged(found):
        label = {"met": "missed", "missed": "met", "yes": "no", "no": "yes"}[one.row.label or ""]
        if one.row.is_claim:
            assert one.asserted == (label == "yes")
        else:
            assert one.verdict.value == label


def test_the_credit_expected_lies_between_those_of_the_verdicts() -> None:
    (row,) = rows([item("q", 0, [("met", sure(0))])])
    assert expected(Judged(row, (0.5, 0.2, 0.2, 0.1))) == pytest.approx(0.6)
    assert expected(Judged(row, (0.0, 0.0, 0.5, 0.5))) == 0


def written(path: Path, items: list[dict[str, Any]], without: list[str]) -> Path:
    """A file as `training.fit` writes it."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump({"recipe": {}, "without": without, "items": items}, file)
    return path


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "a.json.gz", [item("q", 0, [("met", sure(0))])], [])
    (row,) = rows(read(path))
    assert (row.question, row.label, row.lines, row.line) == ("q", "met", (2,), 2)


@pytest.mark.parametrize(("without", "sets"), [([], ["held-out"]), (["m"], ["held-out", "group"])])
def test_whole_groups_are_given_only_where_something_was_left_out_of_training(
    without: list[str], sets: list[str], tmp_path: Path
) -> None:
    items = [item("q", 0, [("met", sure(0))]) | {"set": name} for name in ("held-out", "group")]
    assert [i["set"] for i in read(written(tmp_path / "a.json.gz", items, without))] == sets


def test_only_what_all_defences_leave_of_an_answer_is_counted() -> None:
    given = {"all": ["all", "none"], "bare": ["none"], "all but": ["all but off-subject"]}
    items = [item(name, 0, []) for name in (*given, "held-out")]
    for each in items[:3]:
        each["about"]["defences"] = given[each["question"]]
    assert [i["question"] for i in with_all_defences(items)] == ["all", "held-out"]


RUBRIC = as_rubric(question())
"""Key points p1 to p4, misconceptions w1 and w2; w1 is the opposite of p1."""
RUBRIC = RUBRIC.model_copy(
    update={
        "misconceptions": (
            RUBRIC.misconceptions[0].model_copy(update={"contradicts": ("p1",)}),
            RUBRIC.misconceptions[1],
        )
    }
)


def settled(held: bool, *chances: tuple[float, ...]) -> list[Judged]:
    """One answer to the question: what is thought of its key points, and whether w1 is asserted."""
    found = [(LEVELS[0], sure(0)) for _ in chances] + [("yes" if held else "no", sure(0))]
    made = rows([item("cats", 0, found)])
    names = [f"p{n}" for n in range(1, 1 + len(chances))] + ["w1"]
    claim = (0.9, 0.0, 0.1, 0.0) if held else (0.1, 0.0, 0.9, 0.0)
    each = zip(made, names, [*chances, claim], strict=True)
    return settle([Judged(replace(row, id=name), of) for row, name, of in each], {"cats": RUBRIC})


SURE, UNSURE, NOT = (0.9, 0.05, 0.05, 0.0), (0.55, 0.05, 0.3, 0.1), (0.1, 0.1, 0.7, 0.1)


def test_the_figures_count_an_asserted_opposite_as_the_judge_does() -> None:
    first, second, claim = settled(True, NOT, SURE)
    assert (first.verdict, second.verdict) == (Verdict.CONTRADICTED, Verdict.MET)
    assert sum(first.chances) == pytest.approx(1, abs=3e-4)
    assert first.chances[3] > 0.9
    assert claim.asserted
    assert [j.verdict for j in settled(False, NOT, SURE)][:2] == [Verdict.MISSED, Verdict.MET]


def test_the_figures_give_no_credit_where_nothing_is_sure_as_the_judge_does() -> None:
    few = [NOT] * 3
    assert [j.verdict for j in settled(False, UNSURE, *few)][:4] == [Verdict.MISSED] * 4
    assert [j.verdict for j in settled(False, UNSURE, SURE, NOT)][:2] == [Verdict.MET] * 2


def test_settling_loses_no_row_and_looks_at_each_answer_apart() -> None:
    found = judged(perfect(2), Curves())
    done = settle(found, dict.fromkeys(("q0", "q1"), RUBRIC))
    assert [j.row for j in done] == [j.row for j in found]
    assert [j.verdict for j in done] == [j.verdict for j in found]


def test_the_shipped_questions_are_told_whole_and_by_plain_and_harder_kinds() -> None:
    items = [item("q", n, [("met", sure(0))]) for n in range(3)]
    for each, kind in zip(items, ("strong", "analogy", "wrong"), strict=True):
        each["about"]["kind"] = kind
    done = judged(rows(items), Curves())
    parts = {name: [done.index(j) for j in part] for name, part in groups("shipped", done)}
    assert parts == {
        "shipped": [0, 1, 2],
        "shipped, plain kinds": [0, 2],
        "shipped, harder kinds": [1],
    }
    assert [name for name, _ in groups("held-out", done)] == ["held-out"]

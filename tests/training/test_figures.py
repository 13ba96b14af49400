"""What the figures promise: they are right, and no question is judged by curves made of it."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest

from grader.curves import VERDICTS, Curves
from training.figures import Judged, Row, cross_judged, expected, judged, read, rows, table

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


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.json.gz", "wt", encoding="utf-8") as file:
        json.dump({"recipe": {}, "items": [item("q", 0, [("met", sure(0))])]}, file)
    (row,) = rows(read(tmp_path / "a.json.gz"))
    assert (row.question, row.label, row.lines, row.line) == ("q", "met", (2,), 2)

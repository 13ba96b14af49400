"""What a second reading promises: the sheet shows no label, and the comparison is honest."""

import json

from tests.training.made import LABELS, question
from training.questions import Question, read_all
from training.second_reading import compare, draw, keyed


def told_apart(name: str = "cats") -> Question:
    """A question whose answers differ in their words."""
    made = question(name)
    answers = [
        given.model_copy(update={"s": [f"{name} first {n}.", f"{name} second."]})
        for n, given in enumerate(made.answers)
    ]
    return made.model_copy(update={"answers": answers})


ANSWERS = keyed({"a": [told_apart(), told_apart("dogs")], "b": [told_apart("birds")]})


def test_every_answer_has_a_key_of_its_own() -> None:
    assert len(ANSWERS) == 3 * 7
    shipped = read_all()
    assert len(keyed(shipped)) == sum(len(q.answers) for each in shipped.values() for q in each)


def test_a_key_tells_the_question_and_nothing_of_kind_or_place() -> None:
    made = told_apart()
    other = [given.model_copy(update={"kind": "wrong"}) for given in reversed(made.answers)]
    again = keyed({"a": [made.model_copy(update={"answers": other})]})
    assert set(again) == {key for key in ANSWERS if key.startswith("cats/")}
    for key, (asked, given) in again.items():
        assert key.split("/")[0] == asked.id
        assert ANSWERS[key][1].s == given.s


def test_a_sheet_shows_no_label_and_no_kind() -> None:
    sheet = list(draw(ANSWERS, 10_000, seed=0))
    assert {row["key"] for row in sheet} == set(ANSWERS)
    for row in sheet:
        assert set(row) == {"key", "question", "claims", "sentences"}
    text = json.dumps(sheet)
    assert "strong" not in text
    for label in LABELS.values():
        assert f": {json.dumps(label)}" not in text


def test_a_sheet_has_what_the_reader_needs() -> None:
    row = next(draw(ANSWERS, 1, seed=0))
    asked, answer = ANSWERS[str(row["key"])]
    assert row["sentences"] == {1: answer.s[0], 2: answer.s[1]}
    assert isinstance(row["claims"], dict)
    assert list(row["claims"]) == list(asked.claims)
    assert row["claims"]["p1"]["notes"]["partial"] == "only one of both"


def test_a_sheet_ends_when_it_has_the_labels_asked_for() -> None:
    assert [len(list(draw(ANSWERS, labels, seed=0))) for labels in (1, 6, 7, 12)] == [1, 1, 2, 2]


def test_the_same_seed_draws_the_same_sheet() -> None:
    assert list(draw(ANSWERS, 40, seed=3)) == list(draw(ANSWERS, 40, seed=3))
    assert list(draw(ANSWERS, 40, seed=3)) != list(draw(ANSWERS, 40, seed=4))


def test_a_copy_of_the_labels_agrees_fully() -> None:
    said = compare({key: dict(answer.v) for key, (_, answer) in ANSWERS.items()}, ANSWERS)
    assert "key points: 1.000 of 84 agree, kappa 1.000" in said
    assert "misconceptions: 1.000 of 42 agree, kappa 1.000" in said
    assert "same sentence where the label is the same: 1.000 of 84" in said
    assert said.count("differing: []") == 2


def test_a_label_that_differs_is_counted_and_named() -> None:
    read = {key: dict(answer.v) for key, (_, answer) in ANSWERS.items()}
    read[next(key for key in read if key.startswith("cats/"))] |= {
        "p1": "partial 1",
        "p2": "partial 1",
        "w1": "yes 1",
    }
    said = compare(read, ANSWERS)
    assert "key points: 0.988 of 84 agree" in said
    assert "differing: [('met - partial', 1)]" in said
    assert "differing: [('no - yes', 1)]" in said
    assert "same sentence where the label is the same: 0.988 of 83" in said

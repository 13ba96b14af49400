"""What the evaluation sets promise: nothing in them was trained on, and labels come along."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from grader.judge.prompts import prefix
from grader.rubric.files import load_rubrics
from grader.rubric.labelled import labelled_of
from grader.trust.audit.cases import Base, fill
from grader.util.files import data_folder
from tests.training.made import LABELS, POINTS, question
from training import attack_sets, public_sets, sets
from training.prepare import as_ids, held_out
from training.questions import as_rubric
from training.tokens import Tokens


class Letters:
    """A tokeniser whose tokens are code points."""

    class Encoded:
        def __init__(self, text: str) -> None:
            self.ids = [ord(letter) for letter in text]

    def encode(self, text: str, add_special_tokens: bool) -> Encoded:
        assert not add_special_tokens
        return self.Encoded(text)


def test_whole_questions_are_held_out_every_ninth_of_them() -> None:
    questions = [question(f"q{number:02}") for number in range(40)]
    out = held_out(questions)
    assert out == {"q04", "q13", "q22", "q31"}
    assert held_out(reversed(questions)) == out
    left = {q.id for q in questions if q.id not in out}
    held = {item.question for item in sets.of_training([q for q in questions if q.id in out], "x")}
    assert held == out
    assert not held & left


def test_an_item_has_every_claim_of_its_question_with_its_label_and_sentences() -> None:
    (item, *rest) = sets.of_training([question(lang="zh")], "held-out")
    assert len(rest) == 6
    assert (item.set, item.question, item.answer) == ("held-out", "cats", "cats/0")
    assert item.about == {"kind": "strong", "language": "zh"}
    found = {c.id: " ".join([c.label or "", *map(str, c.lines)]) for c in item.claims}
    assert found == LABELS


@pytest.mark.parametrize(
    ("way", "asked", "claim"),
    [
        ("en", "What do cats do?", POINTS["p2"][0]),
        ("zh", "cats会做什么？", POINTS["p2"][1]),
        ("en+", "What do cats do?", POINTS["p2"][0]),
        ("own+", "cats会做什么？", POINTS["p2"][1]),
        ("both+", "cats会做什么？", " / ".join(POINTS["p2"])),
    ],
)
def test_each_way_of_asking_has_its_language_and_its_notes(
    way: str, asked: str, claim: str
) -> None:
    item = next(sets.of_training([question(lang="zh-Hant")], "x"))
    assert item.prefix(way) == prefix(asked, item.lines)
    half = "Half: only one of both\n" if way.endswith("+") else ""
    said = item.suffix(item.claims[1], way)
    assert f"Claim: {claim}\n{half}" in said
    assert ("Half:" in said) == bool(half)


def test_an_item_as_ids_keeps_all_that_the_figures_need() -> None:
    item = next(sets.of_training([question()], "held-out"))
    ids = as_ids(item, "en", Tokens(Letters()))
    assert ids["about"] == {"kind": "strong", "language": "en", "lines": 2}
    assert ids["labels"][3] == ["p4", 1.0, "contradicted", [1, 2]]
    assert "".join(map(chr, ids["prefix"])) == item.prefix("en")
    assert len(ids["claims"]) == len(ids["labels"]) == len(LABELS)


def test_every_labelled_answer_to_a_shipped_question_is_an_item_with_its_labels() -> None:
    items = list(sets.of_shipped())
    folders = (data_folder("rubrics"),)
    for asked in load_rubrics(folders):
        known = labelled_of(asked, folders)
        for one in known.answers if known else ():
            (item,) = (
                i
                for i in items
                if i.answer == f"{asked.id}/{one.id}" and "all" in i.about["defences"]
            )
            labels = {c.id: c.label for c in item.claims}
            for name, label in one.verdicts.items():
                assert labels[name] == label.verdict.value
            for wrong in asked.misconceptions:
                assert labels[wrong.id] == ("yes" if wrong.id in one.misconceptions else "no")


def test_an_attack_names_the_answer_that_it_was_put_beside_and_no_label() -> None:
    seen: set[str] = set()
    for item in islice(attack_sets.of_attacks(), 60):
        assert not any(claim.label for claim in item.claims)
        if base := item.about.get("base"):
            assert base in seen
            assert item.answer == f"bank-conflict/{item.about['attack']}@{base.split('/')[1]}"
        seen.add(item.answer)


def test_a_published_attack_is_read_with_its_place_and_placeholders(tmp_path: Path) -> None:
    row = {"name": "PAY_ME", "kind": "fake_verdict", "lang": "mixed", "expect": "no_change"}
    row |= {"placement": "prepend", "text": "{QUESTION} costs $5, says {WRONG_CLAIM}"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), "utf-8")
    (attack,) = attack_sets.published(tmp_path / "a.jsonl")
    assert (attack.id, attack.kind, attack.place) == ("pay-me", "fake-verdict", "prepend")
    assert (attack.language, attack.expect) == ("any", "no-gain")
    asked = as_rubric(question())
    assert fill(attack, asked, Base("b", "Mine.")) == (
        "What do cats do? costs $5, says A cat has nine lives.\nMine."
    )


def test_without_a_file_there_are_no_published_attacks(tmp_path: Path) -> None:
    assert attack_sets.published(None) == attack_sets.published(tmp_path / "none.jsonl") == ()


def test_an_exam_answer_comes_with_its_human_score(tmp_path: Path) -> None:
    asked = {"question_id": "1.1", "question": "What is\nTCP?"}
    asked_points: dict[str, Any] = {"key_points": [{"id": "k", "text": "Reliable.", "points": 0.5}]}
    answers = [
        {"question_id": "1.1", "answer_id": n, "answer": text, "human_score": 0.5, "small": True}
        | {"split": "test"}
        for n, text in (("a", "It resends. It orders."), ("b", ""))
    ]
    (tmp_path / "saf-en-questions.json").write_text(json.dumps([asked | asked_points]), "utf-8")
    lines = "\n".join(map(json.dumps, answers))
    (tmp_path / "saf-en-answers.jsonl").write_text(lines, "utf-8")
    first, empty = public_sets.of_saf(tmp_path)
    assert first.lines == ("It resends.", "It orders.")
    assert first.about["score"] == 0.5
    assert (first.claims[0].weight, first.claims[0].label) == (0.5, None)
    assert first.asked["en"] == "What is TCP?"
    assert empty.lines == ("-",)


def test_a_fact_is_in_a_summary_where_most_people_say_so() -> None:
    head = "Input.eventId,Input.summary_text,Input.statement_1,Input.statement_2,"
    head += "Answer.S1Answer,Answer.S2Answer"
    sheet = "\n".join(
        [
            head,
            "e1,It rained. We left.,It rained.,It snowed.,p,np",
            "e1,It rained. We left.,It rained.,It snowed.,p,p",
            "e1,It rained. We left.,It rained.,BLANK,np,p",
        ]
    )
    (item,) = public_sets.of_realsumm({"a": sheet}, 1)
    assert item.lines == ("It rained.", "We left.")
    assert [(c.en, c.label) for c in item.claims] == [
        ("It rained.", "met"),
        ("It snowed.", "missed"),
    ]
    assert item.about["people"] == [[True, True, False], [False, True]]

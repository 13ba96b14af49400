"""What labelled questions promise: every fault is named with its place, and none ships."""

import json
from pathlib import Path
from typing import Any

import pytest

from grader.util.files import data_folder
from tests.training.made import question, row
from training.check import describe, main
from training.questions import Question, as_rubric, read_all, read_file


@pytest.fixture(scope="module")
def shipped() -> list[Question]:
    return [each for questions in read_all().values() for each in questions]


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("claim", "label", "fault"),
    [
        ("p2", "maybe 1", "label 'maybe' is none of met, partial, missed, contradicted"),
        ("p2", "yes 1", "label 'yes' is none of met, partial, missed, contradicted"),
        ("w1", "met 1", "label 'met' is none of yes, no"),
        ("p2", "met one", "'met one' has something else than sentence numbers"),
        ("p2", "met", "'met' without a sentence number"),
        ("w1", "yes", "'yes' without a sentence number"),
        ("p2", "missed 1", "'missed' with a sentence number"),
        ("w1", "no 2", "'no' with a sentence number"),
        ("p2", "met 3", "sentence 3 of 2"),
        ("p2", "met 0 1", "sentence 0 of 2"),
        ("p2", "", "label is empty"),
        ("p2", " ", "label is empty"),
    ],
)
def test_a_fault_of_a_label_is_named_with_file_line_answer_and_claim(
    tmp_path: Path, claim: str, label: str, fault: str
) -> None:
    faulty = row("dogs")
    faulty["answers"][2]["v"][claim] = label
    path = written(tmp_path / "a.jsonl", row(), faulty)
    with pytest.raises(ValueError, match="answer") as caught:
        read_file(path)
    assert str(caught.value).startswith("a.jsonl:2: ")
    assert str(caught.value).endswith(f"answer 3: {claim}: {fault}")


def test_every_faulty_label_of_a_question_is_named(tmp_path: Path) -> None:
    faulty = row()
    faulty["answers"][0]["v"] |= {"p1": "met", "w2": "no 1"}
    faulty["answers"][6]["v"]["p3"] = "met 9"
    with pytest.raises(ValueError, match="answer") as caught:
        read_file(written(tmp_path / "a.jsonl", faulty))
    for fault in ("answer 1: p1: ", "answer 1: w2: ", "answer 7: p3: sentence 9 of 2"):
        assert fault in str(caught.value)


def test_a_label_that_lacks_or_that_has_no_claim_is_named(tmp_path: Path) -> None:
    faulty = row()
    del faulty["answers"][1]["v"]["p4"]
    faulty["answers"][1]["v"]["p9"] = "missed"
    with pytest.raises(ValueError, match="answer 2: labels lacking or of no claim: p4, p9"):
        read_file(written(tmp_path / "a.jsonl", faulty))


def test_every_faulty_line_of_a_file_is_named(tmp_path: Path) -> None:
    twice = row("dogs")
    twice["wrong"][0]["id"] = "p1"
    path = written(tmp_path / "a.jsonl", row(), twice, row("birds") | {"answers": []})
    path.write_text(path.read_text("utf-8") + "\n{not JSON\n", "utf-8")
    with pytest.raises(ValueError, match="not JSON") as caught:
        read_file(path)
    second, third, fifth = str(caught.value).splitlines()
    assert second.startswith("a.jsonl:2: ")
    assert second.endswith("two claims have the same id")
    assert third.startswith("a.jsonl:3: answers: ")
    assert fifth.startswith("a.jsonl:5: not JSON")


def test_two_questions_with_one_id_are_refused_in_one_file_and_in_two(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", row(), row())
    with pytest.raises(ValueError, match="cats is in another file or line too"):
        read_all(tmp_path)
    written(tmp_path / "a.jsonl", row())
    written(tmp_path / "b.jsonl", row())
    with pytest.raises(ValueError, match=r"b\.jsonl: cats is in another file or line too"):
        read_all(tmp_path)


def test_questions_are_read_by_their_group(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", row(), row("dogs"))
    written(tmp_path / "b.jsonl", row("birds"))
    read = {name: [q.id for q in questions] for name, questions in read_all(tmp_path).items()}
    assert read == {"a": ["cats", "dogs"], "b": ["birds"]}


def test_the_shipped_questions_are_many_and_without_fault(shipped: list[Question]) -> None:
    assert len(shipped) >= 480


def test_no_shipped_question_is_one_that_measures_the_judge(shipped: list[Question]) -> None:
    measuring = {path.stem for path in data_folder("rubrics").glob("*.toml")}
    assert measuring
    assert not measuring & {each.id for each in shipped}


def test_every_shipped_question_can_be_read_as_a_rubric(shipped: list[Question]) -> None:
    for each in shipped:
        assert [p.id for p in as_rubric(each).key_points] == [p.id for p in each.points]


def test_a_question_as_a_rubric_keeps_its_claims_and_notes() -> None:
    rubric = as_rubric(question())
    assert [p.notes.partial for p in rubric.key_points] == ["only one of both"] * 4
    assert [m.en for m in rubric.misconceptions] == ["A cat has nine lives.", "A cat needs milk."]


def test_a_file_is_described_by_its_numbers_of_labels() -> None:
    said = describe([question(), question("dogs", lang="zh")])
    assert "2 questions, 14 answers" in said
    assert "56 labels of key points: met 25%, partial 25%, missed 25%, contradicted 25%" in said
    assert "28 labels of misconceptions: asserted 50%" in said
    assert "languages: en 7, zh 7" in said


def test_the_check_says_what_is_wrong_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(tmp_path / "a.jsonl", row())
    assert main([str(good)]) == 0
    faulty = row()
    faulty["answers"][0]["v"]["p1"] = "met 7"
    assert main([str(written(tmp_path / "b.jsonl", faulty)), str(good)]) == 1
    assert "b.jsonl:1: answer 1: p1: sentence 7 of 2" in capsys.readouterr().out
